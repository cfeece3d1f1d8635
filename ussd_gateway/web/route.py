"""One call as data: what the server serves, and what the OpenAPI document says of it."""

from dataclasses import dataclass

from ussd_gateway.web.bodies import Body
from ussd_gateway.web.problems import PROBLEM, Handler


@dataclass(frozen=True, slots=True)
class Query:
    """One parameter of an address, or field of a form; `kind` is its type in JSON Schema.

    `least` and `most` bound an integer.
    """

    name: str
    about: str
    kind: str = "string"
    least: int = 0
    most: int | None = None


AFTER = Query("after", "`next` of the answer before.")
"""Where a page begins: behind the last line of another."""


def up_to(most: int) -> Query:
    """How long a page may be."""
    return Query("limit", "How many at most.", "integer", 1, most)


@dataclass(frozen=True, slots=True)
class Route:
    """One call; `body` is the model its JSON must fit, None when it takes none.

    `form` names the fields of a call that takes a form instead.  `gives` names the members that every good
    answer has; `statuses` are those of good answers.  A call that is `keyed` takes an Idempotency-Key;
    `kind` is the media type of good answers, empty when they have no body, and `refused` that of refusals by
    the call itself, where it is not a problem.
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
    form: tuple[Query, ...] = ()
    refused: str = PROBLEM
