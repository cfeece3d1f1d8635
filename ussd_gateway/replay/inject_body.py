"""What stands after `inject` in a script: a fault as everywhere (`access.fault_rules`), or a profile."""

from typing import Any

from pydantic import GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from ussd_gateway.access.fault_rules import FaultRule
from ussd_gateway.replay.bodies import Body
from ussd_gateway.replay.fields import OneOrMore, is_open

_OPEN = {"type": "string", "pattern": r"\{\{"}
_OF_PROFILES = frozenset({"profile", "account", "seed"})


class Inject(Body):
    """`inject`: have the gateway misbehave towards those who bind to it."""

    SHORT = "fault"

    fault: Any = None
    on: Any = None
    account: Any = None
    code: Any = None
    msisdn: Any = None
    destination: Any = None
    text: Any = None
    times: Any = None
    chance: Any = None
    above_per_s: Any = None
    delay: Any = None
    after: Any = None
    lasts: Any = None
    status: Any = None
    state: Any = None
    error: Any = None
    seed: Any = None
    profile: OneOrMore | None = None
    """Instead of a fault: the name of a profile or a list of them, for `account` or for all."""
    phone: str | None = None
    """Whose phone meets it: a name from `phones` or a number; by default whoever comes first."""

    @model_validator(mode="after")
    def _makes_sense(self) -> "Inject":
        """As far as no variable is still to be filled in."""
        if ("fault" in self.model_fields_set) is ("profile" in self.model_fields_set):
            raise ValueError("expected `fault`, or `profile`")
        if self.profile is not None:
            strange = sorted(self.model_fields_set - _OF_PROFILES)
            if strange:
                raise ValueError(f"`{strange[0]}` does not go with a profile")
        closed = {name: value for name, value in self.values.items() if not _has_place(value)}
        rule = {name: value for name, value in closed.items() if name not in ("profile", "msisdn")}
        if self.profile is not None or "fault" not in rule:
            rule["fault"] = "drop_response"  # any will do to judge the rest by
        FaultRule.model_validate(rule)
        return self

    @property
    def values(self) -> dict[str, Any]:
        """The fault and its members, or the profile and its, but for the phone."""
        return {
            name: getattr(self, name)
            for name in type(self).model_fields
            if name != "phone" and name in self.model_fields_set
        }

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """For editors: the members of a rule, with variables in any of them."""
        schema = handler(core)
        whole = handler.resolve_ref_schema(schema)
        for name, known in FaultRule.model_json_schema()["properties"].items():
            about = {key: known.pop(key) for key in ("description", "default", "title") if key in known}
            choices = [each for each in known.get("anyOf", [known]) if each != {"type": "null"}]
            described = {"description": " ".join(str(about.get("description", "")).split())}
            whole["properties"][name] = {"anyOf": [*choices, _OPEN]} | described
        short = {"anyOf": whole["properties"]["fault"]["anyOf"]}
        return {"anyOf": [short, schema]}


def _has_place(value: Any) -> bool:
    """Whether a variable still has its place somewhere in it."""
    if isinstance(value, str):
        return is_open(value)
    if isinstance(value, dict):
        return any(_has_place(each) for each in value.values())
    return isinstance(value, list | tuple) and any(_has_place(each) for each in value)
