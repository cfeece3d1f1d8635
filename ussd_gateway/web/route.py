"""One call as data: what the server serves, and what the OpenAPI document says of it."""

from dataclasses import dataclass

from ussd_gateway.web.bodies import Body
from ussd_gateway.web.problems import Handler


@dataclass(frozen=True, slots=True)
class Query:
    """One parameter of an address; `kind` is its type in JSON Schema."""

    name: str
    about: str
    kind: str = "string"


@dataclass(frozen=True, slots=True)
class Route:
    """One call; `body` is the model its JSON must fit, None when it takes none.

    `gives` names the members that every good answer has; `statuses` are those of good answers.  A call that
    is `keyed` takes an Idempotency-Key; `kind` is the media type of good answers.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    body: type[Body] | None = None
    gives: str = ""
    query: tuple[Query, ...] = ()
    keyed: bool = False
    statuses: tuple[int, ...] = (200,)
    kind: str = "application/json"
