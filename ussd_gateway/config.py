"""`config.yaml` -> frozen models.  Every mistake is reported at once, with its place; then exit 2.

Every key can be overridden by the environment as `USSDGW_SECTION__KEY` (`USSDGW_SMPP__PORT=0`,
`USSDGW_CLOCK=virtual`); a mistake there is reported under the variable's name.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ussd_gateway.documents import Document, did_you_mean, read_yaml, salvage
from ussd_gateway.errors import ConfigError, Problem
from ussd_gateway.msisdn import NumberingPlan

ENVIRONMENT_PREFIX = "USSDGW_"
PACKAGED = Path(__file__).parent / "data"
"""Where a wheel keeps the default `config.yaml` and the folders it names."""
CHECKOUT = Path(__file__).parent.parent
"""Where a source checkout keeps them."""
Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0)]


class Section(BaseModel):
    """Base of every section: unknown keys are mistakes, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SmppAccountConfig(Section):
    """One peer that may bind to us (`smpp.accounts`)."""

    system_id: Annotated[str, Field(min_length=1, max_length=15)]
    password: Annotated[str, Field(max_length=8)]
    role: Literal["handsets", "application"]
    enabled: bool = True
    msisdns: tuple[str, ...] = ()
    """Numbers this peer's phones may have, `*` stands for any digits (role handsets)."""
    service_codes: tuple[str, ...] = ()
    """USSD codes the peer's application serves (role application)."""
    short_codes: tuple[str, ...] = ()
    """Short numbers the peer's application serves and may send from (role application)."""
    addresses: tuple[str, ...] = ()
    """Networks the peer may connect from (`10.0.0.0/8`); empty means anywhere."""
    max_binds: Annotated[int, Field(ge=1)] = 64
    window: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Unanswered requests either side may have; default `smpp.window`."""
    dialect: str = "plain"
    dialled_string_in: Literal["short_message", "destination", "rest"] = "short_message"
    """Where the peer puts the dialled string: the text; destination_addr; or the text holds only what
    follows the service code given in destination_addr."""

    @model_validator(mode="after")
    def _role_has_its_keys(self) -> "SmppAccountConfig":
        if self.role == "handsets" and not self.msisdns:
            raise ValueError("an account with role handsets needs msisdns, for example ['79*']")
        if self.role == "application" and not (self.service_codes or self.short_codes):
            raise ValueError("an account with role application needs service_codes or short_codes")
        return self


class TlsConfig(Section):
    """The TLS listener beside the plain one; TLS 1.2 or newer."""

    host: str = "127.0.0.1"
    port: Port = 3550
    certificate: Path
    key: Path


class SmppConfig(Section):
    """The SMPP listener: address, timers (SMPP 3.4 §7.2), limits, and who may bind."""

    host: str = "127.0.0.1"
    port: Port = 2775
    system_id: Annotated[str, Field(min_length=1, max_length=15)] = "USSDGW"
    """Our own name in bind responses."""
    allow_plaintext: bool = False
    """Let the plain listener leave the loopback interface."""
    tls: TlsConfig | None = None
    bind_errors: Literal["uniform", "exact"] = "uniform"
    session_init_timer_s: Seconds = 5
    enquire_link_timer_s: Seconds = 30
    enquire_link_response_timer_s: Seconds = 10
    inactivity_timer_s: Seconds = 300
    response_timer_s: Seconds = 60
    window: Annotated[int, Field(ge=1, le=10_000)] = 500
    max_connections: Annotated[int, Field(ge=1)] = 1000
    max_connections_per_address: Annotated[int, Field(ge=1)] = 200
    max_command_length: Annotated[int, Field(ge=256, le=1_000_000)] = 70_000
    max_unsent_bytes: Annotated[int, Field(ge=4096)] = 262_144
    """Output a bind may leave unread before we stop delivering to it."""
    slow_reader_timer_s: Seconds = 30
    """How long it may stay there before the connection is aborted."""
    max_protocol_violations: Annotated[int, Field(ge=1)] = 10
    drain_timeout_s: Seconds = 10
    no_dialogue_status: Annotated[int, Field(ge=0, le=0xFFFFFFFF)] = 0x400
    """command_status for an answer to a dialogue that is gone (vendor range, SMPP 3.4 §5.1.3)."""
    accounts: tuple[SmppAccountConfig, ...] = ()

    @field_validator("accounts")
    @classmethod
    def _system_ids_differ(cls, accounts: tuple[SmppAccountConfig, ...]) -> tuple[SmppAccountConfig, ...]:
        seen: set[str] = set()
        for account in accounts:
            if account.system_id in seen:
                raise ValueError(f"system_id {account.system_id!r} stands twice")
            seen.add(account.system_id)
        return accounts


class HttpConfig(Section):
    """The HTTP listener.  A token is obligatory when it leaves the loopback interface."""

    host: str = "127.0.0.1"
    port: Port = 8080
    token: str | None = None


class StorageConfig(Section):
    """Where accounts, ledger and messages live."""

    url: str = "sqlite:///var/gateway.db"


class PathsConfig(Section):
    """Folders of the YAML files, relative to the folder of `config.yaml`."""

    menus: Path = Path("menus")
    sms_commands: Path = Path("sms_commands")
    catalogue: Path = Path("catalogue")


class SubscribersConfig(Section):
    """Who gets an account."""

    auto_provision: bool = True
    country_code: str = "7"
    national_digits: Annotated[int, Field(ge=4, le=14)] = 10
    trunk_prefix: str = "8"
    mobile_prefix: str = "79"


class UssdConfig(Section):
    """Dialogue timers and limits."""

    answer_timer_s: Seconds = 180
    dialogue_timer_s: Seconds = 600
    second_begin: Literal["replace", "busy"] = "replace"
    """A phone dials while its dialogue is open: end the old one, or refuse the new one."""
    busy_status: Annotated[int, Field(ge=0, le=0xFFFFFFFF)] = 0x401
    max_dialogues: Annotated[int, Field(ge=1)] = 1_000_000


class SmsConfig(Section):
    """Delivery of short messages to phones and joining of long ones."""

    reassembly_timer_s: Seconds = 60
    max_reassembly_sets: Annotated[int, Field(ge=1)] = 10_000
    retry_s: tuple[Seconds, ...] = (5, 30, 120, 600)
    """Pauses after a temporary refusal by the phone's side; the last one repeats."""
    max_queue_per_phone: Annotated[int, Field(ge=1)] = 1000


class LogConfig(Section):
    """`console` for people, `json` for machines; `auto` looks at the terminal."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"


class Config(Section):
    """The whole of `config.yaml`."""

    smpp: SmppConfig = SmppConfig()
    http: HttpConfig = HttpConfig()
    storage: StorageConfig = StorageConfig()
    clock: Literal["system", "virtual"] = "system"
    paths: PathsConfig = PathsConfig()
    subscribers: SubscribersConfig = SubscribersConfig()
    ussd: UssdConfig = UssdConfig()
    sms: SmsConfig = SmsConfig()
    log: LogConfig = LogConfig()

    folder: Path = Field(default=Path(), exclude=True)
    """Where `config.yaml` was found; relative paths start there.  Never written in the file."""

    def path(self, relative: Path) -> Path:
        """A path of the file as a path of this process."""
        return self.folder / relative

    def numbering_plan(self) -> NumberingPlan:
        """The home network's numbers."""
        plan = self.subscribers
        return NumberingPlan(plan.country_code, plan.national_digits, plan.trunk_prefix, plan.mobile_prefix)


def find_config(path: Path | None) -> Path:
    """The file to read: the one asked for, else `config.yaml` here, else the packaged one."""
    if path is not None:
        return path
    for candidate in (Path("config.yaml"), PACKAGED / "config.yaml", CHECKOUT / "config.yaml"):
        if candidate.is_file():
            return candidate
    return Path("config.yaml")


def load_config(path: Path | None, environment: Mapping[str, str]) -> Config:
    """Read and check the configuration; ConfigError with every mistake of file and environment."""
    file = find_config(path)
    document = read_yaml(file)
    value = {} if document.value is None else document.value
    if not isinstance(value, dict):
        raise ConfigError(f"{file} is not valid", problems=[document.problem((), "expected a mapping")])
    problems = []
    if "folder" in value:
        problems.append(document.problem(("folder",), "unknown key `folder`", key=True))
    origins, merged, strays = _with_environment(value, environment)
    problems += strays
    config, found, _ = salvage(_Overridden(document, merged, origins), Config)
    problems += found
    if problems or config is None:
        raise ConfigError("the configuration is not valid", problems=problems)
    return config.model_copy(update={"folder": file.parent})


class _Overridden(Document):
    """The file's document with values of the environment in it, which are placed under their variable."""

    def __init__(self, document: Document, value: Any, origins: Mapping[tuple[str, ...], str]) -> None:
        super().__init__(document.file_name, value, document._marks, document._key_marks)
        self._origins = origins

    def problem(self, path: Any, message: str, *, key: bool = False) -> Problem:
        variable = self._origins.get(tuple(path))
        if variable is not None:
            return Problem(f"${variable}", 1, 1, message)
        return super().problem(path, message, key=key)


def _with_environment(
    value: dict[str, Any], environment: Mapping[str, str]
) -> tuple[dict[tuple[str, ...], str], dict[str, Any], list[Problem]]:
    """`value` with `USSDGW_SECTION__KEY` put in; also which path came from which variable, and strays."""
    origins: dict[tuple[str, ...], str] = {}
    strays: list[Problem] = []
    merged = {key: dict(part) if isinstance(part, dict) else part for key, part in value.items()}
    for variable, text in sorted(environment.items()):
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        path = tuple(variable.removeprefix(ENVIRONMENT_PREFIX).lower().split("__"))
        if (message := _no_such_key(path)) is not None:
            strays.append(Problem(f"${variable}", 1, 1, message))
            continue
        section: dict[str, Any] = merged
        for part in path[:-1]:
            inner = section.get(part)
            section[part] = dict(inner) if isinstance(inner, dict) else {}
            section = section[part]
        section[path[-1]] = text
        origins[path] = variable
    return origins, merged, strays


def _no_such_key(path: tuple[str, ...]) -> str | None:
    """Why `path` names no scalar setting; None when it does."""
    model: type[BaseModel] = Config
    for depth, part in enumerate(path):
        known = {name for name in model.model_fields if name != "folder"}
        if part not in known:
            return f"no such setting `{'.'.join(path)}`{did_you_mean(part, known)}"
        annotation = model.model_fields[part].annotation
        inner = _section_of(annotation)
        if inner is None:
            return None if depth == len(path) - 1 else f"`{part}` has no settings inside"
        model = inner
    return f"`{'.'.join(path)}` is a section; name one of its settings"


def _section_of(annotation: Any) -> type[BaseModel] | None:
    candidates = [annotation, *getattr(annotation, "__args__", ())]
    for candidate in candidates:
        if isinstance(candidate, type) and issubclass(candidate, Section):
            return None if candidate is SmppAccountConfig else candidate
    return None
