"""`config.yaml` -> frozen models.  Every mistake is reported at once, with its place; then exit 2.

Every key can be overridden by the environment as `USSDGW_SECTION__KEY` (`USSDGW_SMPP__PORT=0`,
`USSDGW_CLOCK=virtual`); a mistake there is reported under the variable's name.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, field_validator, model_validator

from ussd_gateway.documents import Document, did_you_mean, read_yaml, salvage
from ussd_gateway.errors import ConfigError, Problem
from ussd_gateway.fault_section import FaultsConfig, ProfileNames, check_profiles
from ussd_gateway.link_section import LinkConfig, different_names
from ussd_gateway.msisdn import NumberingPlan
from ussd_gateway.sections import HttpConfig, Port, Seconds, Section, dialled_codes, section_of
from ussd_gateway.ussd.dialects import DIALECTS

ENVIRONMENT_PREFIX = "USSDGW_"
PACKAGED = Path(__file__).parent / "data"
"""Where a wheel keeps the default `config.yaml` and the folders it names."""
CHECKOUT = Path(__file__).parent.parent
"""Where a source checkout keeps them."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")
Status = Annotated[int, Field(ge=1, le=0xFFFFFFFF)]


class SmppAccountConfig(Section):
    """One peer that may bind to us (`smpp.accounts`)."""

    system_id: Annotated[str, Field(min_length=1, max_length=15)]
    """The name it binds with, at most 15 characters (SMPP 3.4 §5.2.1)."""
    password: Annotated[str, Field(max_length=8)]
    """At most 8 characters (SMPP 3.4 §5.2.2)."""
    role: Literal["handsets", "application"]
    """`handsets`: what it submits comes from phones.  `application`: we are its operator."""
    enabled: bool = True
    """A disabled account cannot bind."""
    msisdns: tuple[str, ...] = ()
    """Numbers this peer's phones may have, `*` stands for any digits (role handsets)."""
    service_codes: tuple[str, ...] = ()
    """USSD codes the peer's application serves (role application)."""
    short_codes: tuple[str, ...] = ()
    """Short numbers the peer's application serves and may send from (role application)."""
    addresses: tuple[str, ...] = ()
    """Networks the peer may connect from (`10.0.0.0/8`); empty means anywhere."""
    max_binds: Annotated[int, Field(ge=1)] = 64
    """Simultaneous binds."""
    window: Annotated[int, Field(ge=1, le=10_000)] | None = None
    """Unanswered requests either side may have; default `smpp.window`."""
    dialect: str = "plain"
    """How USSD dialogues look on the wire: a name from `docs/dialects.md`."""
    dialled_string_in: Literal["short_message", "destination", "rest"] | None = None
    """Where the dialled string stands: the text; destination_addr; or the text holds only what follows the
    service code given in destination_addr.  None: as the dialect has it."""
    lenient: bool = False
    """Take ussd_service_op 0x17 for 17, as in clients that mistake the number for hexadecimal (role
    application)."""
    acknowledge: Literal["early", "late"] = "early"
    """A question of the application is answered with submit_sm_resp at once, or when the subscriber has
    answered (role application)."""
    deliver_as: Literal["deliver_sm", "data_sm"] = "deliver_sm"
    """The PDU that carries USSD, messages of phones and receipts to the application."""
    text_in: Literal["short_message", "message_payload"] = "short_message"
    """Where deliver_sm to the application carry the text; of a long message, as parts or as a whole."""
    long_messages: Literal["joined", "parts"] = "joined"
    """A long message of a phone comes to the application as one, or in the parts the phone sent."""
    alerts: Literal["pending", "asked", "never"] = "pending"
    """The application gets alert_notification when a phone comes back that did not take its message: of any
    message, of one that asked for it (set_dpf 1), or never."""
    faults: ProfileNames = ()
    """What goes wrong on purpose: the name of a profile or a list of them, see `docs/faults.md`."""

    @field_validator("service_codes")
    @classmethod
    def _codes_can_be_dialled(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        return dialled_codes(codes)

    @field_validator("dialect")
    @classmethod
    def _dialect_is_known(cls, name: str) -> str:
        if name not in DIALECTS:
            raise ValueError(f"no such dialect; there are: {', '.join(DIALECTS)}")
        return name

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
    """Address to listen on."""
    port: Port = 3550
    """TCP port; 0 takes a free one."""
    certificate: Path
    """PEM file with the certificate chain."""
    key: Path
    """PEM file with the private key."""


class SmppConfig(Section):
    """The SMPP listener: address, timers (SMPP 3.4 §7.2), limits, and who may bind."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Port = 2775
    """TCP port; 0 takes a free one."""
    system_id: Annotated[str, Field(min_length=1, max_length=15)] = "USSDGW"
    """Our own name in bind responses."""
    allow_plaintext: bool = False
    """Let the plain listener leave the loopback interface."""
    tls: TlsConfig | None = None
    """A second listener with TLS."""
    bind_errors: Literal["uniform", "exact"] = "uniform"
    """`uniform`: every refused bind gets ESME_RINVPASWD.  `exact`: 0x0F, 0x0E, 0x0D as they apply."""
    session_init_timer_s: Seconds = 5
    """A connection that has not bound by then is closed."""
    enquire_link_timer_s: Seconds = 30
    """Silence after which we send enquire_link."""
    enquire_link_response_timer_s: Seconds = 10
    """Silence after our enquire_link that closes the connection."""
    inactivity_timer_s: Seconds | None = None
    """Time without any request but enquire_link after which we unbind; none: an idle phone stays bound."""
    response_timer_s: Seconds = 60
    """How long we wait for the answer to a request of ours."""
    window: Annotated[int, Field(ge=1, le=10_000)] = 500
    """Unanswered requests either side may have on one bind; beyond it ESME_RTHROTTLED."""
    max_connections: Annotated[int, Field(ge=1)] = 1000
    """Connections in all."""
    max_connections_per_address: Annotated[int, Field(ge=1)] = 200
    """Connections from one address."""
    max_command_length: Annotated[int, Field(ge=256, le=1_000_000)] = 70_000
    """Longest PDU taken, octets (256 before the bind)."""
    max_unsent_bytes: Annotated[int, Field(ge=4096)] = 262_144
    """Output a bind may leave unread before we stop delivering to it."""
    slow_reader_timer_s: Seconds = 30
    """How long it may stay there before the connection is aborted."""
    max_protocol_violations: Annotated[int, Field(ge=1)] = 10
    """Illegal PDUs after which the connection is closed."""
    drain_timeout_s: Seconds = 10
    """How long work in flight may take when the gateway stops."""
    no_dialogue_status: Annotated[int, Field(ge=0, le=0xFFFFFFFF)] = 0
    """command_status for an answer to a dialogue that is gone; 0 accepts it and shows the phone why."""
    full_error_bodies: bool = False
    """Error responses carry their empty fields, for clients that cannot parse a bare header."""
    accounts: tuple[SmppAccountConfig, ...] = ()
    """Who may bind.  A file that does not say gets `handset` and `app` of the shipped one, on loopback."""

    @field_validator("accounts")
    @classmethod
    def _system_ids_differ(cls, accounts: tuple[SmppAccountConfig, ...]) -> tuple[SmppAccountConfig, ...]:
        seen: set[str] = set()
        for account in accounts:
            if account.system_id in seen:
                raise ValueError(f"system_id {account.system_id!r} stands twice")
            seen.add(account.system_id)
        codes = [code for each in accounts if each.role == "application" for code in each.service_codes]
        for code in codes:
            if codes.count(code) > 1:
                raise ValueError(f"service code {code} is served by two accounts")
        numbers = [code for each in accounts if each.role == "application" for code in each.short_codes]
        for number in numbers:
            if numbers.count(number) > 1:
                raise ValueError(f"short code {number} is served by two accounts")
        return accounts


class RedisConfig(Section):
    """How a Redis is used, when `storage.url` names one."""

    prefix: Annotated[str, Field(pattern=r"^[^{}]*$")] = "ussd:"
    """How the names of all keys begin; another prefix is another subscriber base in the same Redis."""
    timeout_s: Seconds = 2.0
    """A Redis that has not answered for so long counts as gone, until it answers again."""
    wait: Annotated[int, Field(ge=0)] = 0
    """Replicas that must have a commit before it is acknowledged (WAIT)."""
    journal: Path | None = None
    """A folder of this gateway for a journal: commits are on its disk before they are acknowledged, and a
    Redis that has forgotten them (a failover) gets them again, by their keys."""


class StorageConfig(Section):
    """Where accounts, ledger and messages live."""

    url: str = "sqlite:///var/gateway.db"
    """`sqlite:///path` (one process), `memory://` (nothing survives a stop), or a Redis that several gateways
    share: `redis://user:password@host:port/db`, `redis+sentinel://host:port,…/service`,
    `redis+cluster://host:port,…`; `rediss…` for TLS."""
    pepper_file: Path | None = None
    """The secret that password hashes depend on, when `url` names a Redis: a file every gateway has a copy
    of, made at the first start; by default `var/gateway.pepper`.  SQLite has it beside the database."""
    redis: RedisConfig = RedisConfig()
    mailbox: Path = Path("var/mailbox")
    """Where documents that were ordered by e-mail are put, one folder an address."""


class PathsConfig(Section):
    """Folders of the YAML files, relative to the folder of `config.yaml`; by default the shipped ones when
    there are none beside it."""

    menus: Path = Path("menus")
    """USSD menus."""
    sms_commands: Path = Path("sms_commands")
    """SMS commands of the short numbers."""
    catalogue: Path = Path("catalogue")
    """Tariffs, texts, rules and demo subscribers."""


class SubscribersConfig(Section):
    """Who gets an account."""

    auto_provision: bool = True
    """An unknown mobile number of the plan gets the catalogue's default account."""
    country_code: str = "7"
    """Of the home network."""
    national_digits: Annotated[int, Field(ge=4, le=14)] = 10
    """Digits of a national number."""
    trunk_prefix: str = "8"
    """Dialled before a national number at home."""
    mobile_prefix: str = "79"
    """How the mobile numbers of the plan begin."""


class UssdConfig(Section):
    """Dialogue timers and limits."""

    answer_timer_s: Seconds = 180
    """How long the subscriber may think before each answer."""
    dialogue_timer_s: Seconds = 600
    """How long a whole dialogue may last."""
    second_begin: Literal["replace", "busy"] = "replace"
    """A phone dials while its dialogue is open: end the old one, or refuse the new one."""
    max_dialogues: Annotated[int, Field(ge=1)] = 1_000_000
    """Open dialogues in all; beyond it a dialling phone is told to try later."""
    application_timer_s: Seconds = 30
    """How long an application may take for each screen; then the phone is told that it is unavailable."""
    gone_status: Status = 0x400
    """command_status for an application that speaks in a dialogue that is over."""
    busy_status: Status = 0x448
    """command_status for an application when the phone has another dialogue open, or still owes an answer."""
    absent_status: Status = 0x41B
    """command_status for an application when the phone cannot be reached."""
    push_sender: Annotated[str, Field(pattern=r"^[*#0-9]{1,20}$")] = "*100#"
    """The service code that phones see on a screen of the network's own."""
    push_when_busy: Literal["refuse", "queue"] = "refuse"
    """A phone has a dialogue open: the network's own screen is refused, or waits until it is over."""


class SmsConfig(Section):
    """Delivery of short messages to phones and joining of long ones."""

    reassembly_timer_s: Seconds = 60
    """How long the parts of a long message wait for each other."""
    max_reassembly_sets: Annotated[int, Field(ge=1)] = 10_000
    """Long messages being joined at a time."""
    retry_s: tuple[Seconds, ...] = (5, 30, 120, 600)
    """Pauses after a temporary refusal by the phone's side; the last one repeats."""
    default_validity_s: Seconds = 259_200
    """How long a message of an application is tried that does not say (validity_period): three days."""
    max_validity_s: Seconds = 604_800
    """How long any message is tried at most: a week."""
    max_queue_per_phone: Annotated[int, Field(ge=1)] = 1000
    """Messages waiting in memory for one phone; further ones wait in the store."""


class LogConfig(Section):
    """`console` for people, `json` for machines; `auto` looks at the terminal."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important lines shown."""
    format: Literal["auto", "console", "json"] = "auto"
    """The form of a line."""


class Config(Section):
    """The whole of `config.yaml`."""

    smpp: SmppConfig = SmppConfig()
    http: HttpConfig = HttpConfig()
    storage: StorageConfig = StorageConfig()
    clock: Literal["system", "virtual"] = "system"
    """`virtual` starts at now, or where the store's latest commit stands, runs on, can be moved forward."""
    paths: PathsConfig = PathsConfig()
    subscribers: SubscribersConfig = SubscribersConfig()
    ussd: UssdConfig = UssdConfig()
    sms: SmsConfig = SmsConfig()
    log: LogConfig = LogConfig()
    faults: FaultsConfig = FaultsConfig()
    links: tuple[LinkConfig, ...] = ()
    """Message centres of others that we bind to, so that phones behind them reach our menus."""

    folder: Path = Field(default=Path(), exclude=True)
    """Where `config.yaml` was found; relative paths start there.  Never written in the file."""

    @field_validator("links")
    @classmethod
    def _links_differ(cls, links: tuple[LinkConfig, ...]) -> tuple[LinkConfig, ...]:
        return different_names(links)

    @model_validator(mode="after")
    def _profiles_exist(self) -> "Config":
        check_profiles(self.faults, self.smpp.accounts)
        return self

    @model_validator(mode="after")
    def _applications_fit(self) -> "Config":
        taken = {code for account in self.smpp.accounts for code in account.service_codes}
        for application in self.http.applications:
            if application.timeout_s >= self.ussd.application_timer_s:
                raise ValueError(f"{application.name}: timeout_s must be below ussd.application_timer_s")
            for code in application.service_codes:
                if code in taken:
                    raise ValueError(f"service code {code} is served by two applications")
                taken.add(code)
        return self

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
    read = salvage(_Overridden(document, merged, origins), Config)
    problems += read.problems
    if problems or read.model is None:
        raise ConfigError("the configuration is not valid", problems=problems)
    return _completed(read.model.model_copy(update={"folder": file.parent}))


def _completed(config: Config) -> Config:
    """What a short file leaves out, from the shipped one: the folders, and who may bind on loopback."""
    root = next((each for each in (PACKAGED, CHECKOUT) if (each / "config.yaml").is_file()), None)
    if root is None:
        return config
    given, beside = config.paths.model_fields_set, config.folder
    names = [name for name in PathsConfig.model_fields if name not in given and not (beside / name).is_dir()]
    updates: dict[str, Section] = {
        "paths": config.paths.model_copy(update={name: root.absolute() / name for name in names})
    }
    at_home = config.smpp.host in LOOPBACK and config.smpp.tls is None
    if at_home and "accounts" not in config.smpp.model_fields_set:
        shipped = salvage(read_yaml(root / "config.yaml"), Config).model
        assert shipped is not None, "the shipped file is held to be valid by the tests"
        updates["smpp"] = config.smpp.model_copy(update={"accounts": shipped.smpp.accounts})
    return config.model_copy(update=updates)


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
        inner = section_of(annotation)
        if inner is None:
            return None if depth == len(path) - 1 else f"`{part}` has no settings inside"
        model = inner
    return f"`{'.'.join(path)}` is a section; name one of its settings"
