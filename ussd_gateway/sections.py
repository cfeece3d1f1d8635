"""Sections of `config.yaml` about HTTP: the listener, and the web applications behind service codes."""

import ipaddress
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from ussd_gateway.ussd.http_profiles import (
    PROFILES,
    Hop,
    HttpProfile,
    JsonReply,
    TextReply,
    unknown_variables,
)
from ussd_gateway.ussd.routing import pattern_problem

Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0)]
Scalar = str | bool | int | None


def _are_networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    for network in networks:
        ipaddress.ip_network(network)  # ValueError says what is wrong
    return networks


Networks = Annotated[tuple[str, ...], AfterValidator(_are_networks)]
"""Where HTTP calls may lead (`127.0.0.0/8`)."""


class Section(BaseModel):
    """Base of every section: unknown keys are mistakes, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class HttpHopConfig(Section):
    """One request of a profile (`begin`, `answer`, `over`, `timed_out`)."""

    method: Literal["GET", "POST", "PUT"] = "POST"
    """The HTTP method."""
    carried: Literal["query", "form", "json"] = "form"
    """Where the fields stand."""
    path: str = ""
    """Put behind the address of the application; variables in braces."""
    fields: dict[str, Scalar]
    """Name -> value, with variables in braces; a value that is one variable keeps its type."""

    @model_validator(mode="after")
    def _variables_are_known(self) -> "HttpHopConfig":
        templates = [self.path, *(value for value in self.fields.values() if isinstance(value, str))]
        unknown = [name for template in templates for name in unknown_variables(template)]
        if unknown:
            raise ValueError(f"no such variable: {', '.join(unknown)}")
        if self.carried != "query" and self.method == "GET":
            raise ValueError("a GET carries its fields in the query")
        return self

    def hop(self) -> Hop:
        """As the profiles have it."""
        return Hop(self.fields, self.method, self.carried, self.path)


class HttpReplyConfig(Section):
    """How the replies of a profile are read."""

    text: str | None = None
    """The member of a JSON object that holds the screen; none: the body is a word and the screen."""
    kind: str | None = None
    """The member that says whether the screen asks (obligatory with `text`)."""
    ask: tuple[Scalar, ...] = ("CON",)
    """Its values for a screen that asks; without `text` the first word of the body, exactly one."""
    end: tuple[Scalar, ...] = ("END",)
    """The same for the last screen."""
    state: str = ""
    """The member whose value comes back as `{state}`."""

    @model_validator(mode="after")
    def _kinds_fit(self) -> "HttpReplyConfig":
        if (self.text is None) != (self.kind is None):
            raise ValueError("text and kind belong together")
        if self.text is None and not all(len(words) == 1 for words in (self.ask, self.end)):
            raise ValueError("without text, ask and end are one word each")
        return self

    def reply(self) -> TextReply | JsonReply:
        """As the profiles have it."""
        if self.text is None or self.kind is None:
            return TextReply(str(self.ask[0]), str(self.end[0]))
        return JsonReply(self.text, self.kind, self.ask, self.end, self.state)


class HttpProfileConfig(Section):
    """How one kind of web application is spoken to (`http.profiles`)."""

    begin: HttpHopConfig
    """The request when a phone has dialled."""
    answer: HttpHopConfig
    """The request when the subscriber has answered."""
    reply: HttpReplyConfig = HttpReplyConfig()
    """How the body of the reply is read."""
    over: HttpHopConfig | None = None
    """The request when the dialogue is over."""
    timed_out: HttpHopConfig | None = None
    """The same when a timer was the reason; by default `over`."""
    every_end: bool = False
    """Send `over` also when the application ended the dialogue itself, or failed."""

    def profile(self) -> HttpProfile:
        """As the way to the applications has it."""
        return HttpProfile(
            self.begin.hop(),
            self.answer.hop(),
            self.reply.reply(),
            self.over.hop() if self.over is not None else None,
            self.timed_out.hop() if self.timed_out is not None else None,
            self.every_end,
        )


class HttpApplicationConfig(Section):
    """A web application that serves service codes (`http.applications`)."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,32}$")]
    """What it is called in logs and events: `http:NAME`."""
    url: str
    """Its address, http or https."""
    profile: str = "africastalking"
    """The form of requests and replies: `africastalking`, `generic-get`, `hubtel`, `nalo`, `infobip`, or one
    of `http.profiles`."""
    service_codes: Annotated[tuple[str, ...], Field(min_length=1)]
    """USSD codes it serves."""
    timeout_s: Seconds = 10
    """Longest wait for each reply; shorter than `ussd.application_timer_s`."""
    addresses: Networks = ()
    """Networks its address may be in (`127.0.0.0/8`).  Empty: public ones only; private, loopback and
    link-local addresses are taken only where they stand here."""
    events_url: str | None = None
    """Where it is told that a dialogue is over; by default `url`."""
    secret: str | None = None
    """Requests are signed with it (HMAC-SHA256)."""
    signature_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] = "X-Ussd-Signature"
    """The header that carries the signature."""
    network: str = "99999"
    """The network code or name that it is told."""

    @field_validator("service_codes")
    @classmethod
    def _codes_can_be_dialled(cls, codes: tuple[str, ...]) -> tuple[str, ...]:
        return dialled_codes(codes)

    @field_validator("url", "events_url")
    @classmethod
    def _address_can_be_called(cls, url: str | None) -> str | None:
        if url is not None:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
                raise ValueError("expected an address like https://example.com/ussd")
        return url


class HttpMenusConfig(Section):
    """Web applications that screens of menus are handed to (`http.menus`)."""

    addresses: Networks = ("127.0.0.0/8", "::1/128")
    """Networks their addresses may be in, besides public ones."""
    secret: str | None = None
    """Requests are signed with it (HMAC-SHA256)."""
    signature_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] = "X-Ussd-Signature"
    """The header that carries the signature."""
    network: str = "99999"
    """The network code or name that they are told."""


class HttpSenderConfig(Section):
    """Who may send short messages by `/cgi-bin/sendsms` (`http.senders`)."""

    username: Annotated[str, Field(min_length=1, max_length=64)]
    """The name it gives."""
    password: Annotated[str, Field(min_length=1)]
    """Its password."""
    short_codes: Annotated[tuple[str, ...], Field(min_length=1)]
    """Short numbers it may send from; the first one when it names none."""
    addresses: Networks = ()
    """Networks that `dlr-url` may lead to; see `addresses` of web applications."""


class HttpConfig(Section):
    """The HTTP listener.  A token is obligatory when it leaves the loopback interface."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Port = 8080
    """TCP port; 0 takes a free one."""
    token: str | None = None
    """What `Authorization: Bearer` must carry; obligatory beyond the loopback interface."""
    applications: tuple[HttpApplicationConfig, ...] = ()
    """Web applications that serve service codes."""
    menus: HttpMenusConfig = HttpMenusConfig()
    """Web applications that screens of menus are handed to."""
    senders: tuple[HttpSenderConfig, ...] = ()
    """Who may send short messages in the form of Kannel's smsbox."""
    profiles: dict[str, HttpProfileConfig] = Field(default={})
    """More forms of requests and replies, by name; see `docs/http_applications.md`."""

    @model_validator(mode="after")
    def _profiles_exist(self) -> "HttpConfig":
        names = [application.name for application in self.applications]
        for application in self.applications:
            if application.profile not in self.known_profiles():
                raise ValueError(f"{application.name}: no such profile {application.profile!r}")
            if names.count(application.name) > 1:
                raise ValueError(f"two applications are called {application.name!r}")
        return self

    def known_profiles(self) -> dict[str, HttpProfile]:
        """Those that come with the gateway, and those of the file."""
        return {**PROFILES, **{name: each.profile() for name, each in self.profiles.items()}}


def dialled_codes(codes: tuple[str, ...]) -> tuple[str, ...]:
    """The same codes; ValueError when one cannot be dialled."""
    for code in codes:
        problem = pattern_problem(code) or (not code.endswith("#") and f"{code!r} must end in #")
        if problem:
            raise ValueError(problem)
    return codes


def section_of(annotation: Any) -> type[BaseModel] | None:
    """The section that a setting of this type is; None for a value, and for lists of sections."""
    candidates = [annotation]
    if not hasattr(annotation, "__origin__"):
        candidates += getattr(annotation, "__args__", ())
    for candidate in candidates:
        if isinstance(candidate, type) and issubclass(candidate, Section):
            return candidate
    return None
