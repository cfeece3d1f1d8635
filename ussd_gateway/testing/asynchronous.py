"""`AsyncGateway` and `AsyncPhone`: a gateway and its phones inside the caller's loop.

phone.dial("*105#") -> the verbs `dial` and `expect` of a session script -> a Screen, or an AssertionError
"""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Self, Unpack

from ussd_gateway.replay.bodies import (
    Assert,
    Body,
    Call,
    Cancel,
    Dial,
    Expect,
    ExpectSms,
    ExpectVoice,
    NoSms,
    Press,
    Push,
    Send,
    Sms,
    Switch,
    Wait,
)
from ussd_gateway.replay.inject_body import Inject
from ussd_gateway.replay.lab import BackRoom, Login
from ussd_gateway.replay.loader import load_scripts
from ussd_gateway.replay.verdict import Verdict
from ussd_gateway.testing.failures import CannotCheck, NotAsExpected, told_story
from ussd_gateway.testing.options import Options, where
from ussd_gateway.testing.scene import Scene, open_scene
from ussd_gateway.testing.scripts import play
from ussd_gateway.testing.texts import Heard, Screen, ShortMessage

DEFAULT_MSISDN = "79261234567"
"""A demo subscriber of the shipped files."""


class AsyncGateway:
    """A gateway under test, between `start` and `close`, which `async with` does.

    The options are those of `Options`: without an address it is a gateway of its own in this process, with
    an empty store and a clock that stands still until `advance`.  Numbers are taken in any form.  Every
    method raises GatewayError when the gateway is gone, `CannotCheck` where nobody can look into it and
    `Refused` when it says no.
    """

    def __init__(self, **options: Unpack[Options]) -> None:
        """Nothing happens yet; TypeError and ValueError for options that make no sense."""
        self._where = where(options)
        self._open = AsyncExitStack()
        self._scene: Scene | None = None

    # ------------------------------------------------------------ life

    async def start(self) -> Self:
        """Start it, or knock at its door; ConfigError for files that are not valid."""
        if self._scene is None:
            self._scene = await self._open.enter_async_context(open_scene(self._where))
        return self

    async def close(self) -> None:
        """Switch the phones off and stop it; a gateway that ran before goes on running."""
        self._scene = None
        await self._open.aclose()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    # ------------------------------------------------------------ phones, scripts

    async def phone(self, msisdn: str = DEFAULT_MSISDN) -> "AsyncPhone":
        """The phone with this number, switched on."""
        scene = self.scene
        number = scene.number(msisdn)
        await scene.handset(number)
        return AsyncPhone(self, number)

    async def replay(self, *paths: str | Path) -> Verdict:
        """Play session scripts, files or folders; what fails is an AssertionError with its transcript.

        Phones that are on are switched off before: the scripts have their own.
        """
        scene = self.scene
        await scene.stage.close()
        scripts = load_scripts(map(Path, paths), scene.stage.script.plan)
        return await play(scripts, scene.stage.lab, realtime=self._where.realtime)

    # ------------------------------------------------------------ time

    async def advance(self, time: str) -> None:
        """Let time pass, `24h`; `next day` and `next month` are midnights by the subscriber's calendar."""
        midnight = time in ("next day", "next month")
        await self._perform("wait", Wait.model_validate({"until" if midnight else "time": time}))

    async def now(self) -> datetime:
        """The gateway's time."""
        return datetime.fromtimestamp(await self._back_room("now").now_ms() / 1000, UTC)

    # ------------------------------------------------------------ accounts

    async def balance(self, msisdn: str = DEFAULT_MSISDN) -> Decimal:
        """Money of a subscriber, in roubles."""
        return Decimal((await self._account("balance", msisdn))["balance"])

    async def account(self, msisdn: str = DEFAULT_MSISDN) -> Mapping[str, Any]:
        """The account as `GET /api/v1/subscribers/{msisdn}` tells it, once all under way has been done."""
        return await self._account("account", msisdn)

    async def set_account(self, msisdn: str = DEFAULT_MSISDN, **values: Any) -> None:
        """Bring an account into a state: members of `POST /api/v1/subscribers/{msisdn}`."""
        await self._back_room("set_account").set_account(self.scene.number(msisdn), _plain(values))
        await self.scene.stage.lab.settle()

    async def expect_account(self, msisdn: str = DEFAULT_MSISDN, **wanted: Any) -> None:
        """How the account stands: `balance`, `tariff`, `language`, `password_set`, `locked`, `package`;
        any other name is a member of the account."""
        own = {name: value for name, value in wanted.items() if name in Assert.model_fields}
        others = {name: value for name, value in wanted.items() if name not in own}
        body = Assert.model_validate(_plain({**own, **({"account": others} if others else {})}))
        await self._perform("assert", body, self.scene.number(msisdn))

    async def topup(self, msisdn: str, amount: str | int | Decimal) -> None:
        """Money comes in, in roubles."""
        await self._back_room("topup").topup(self.scene.number(msisdn), str(amount))
        await self.scene.stage.lab.settle()

    async def usage(self, msisdn: str = DEFAULT_MSISDN, **used: Any) -> Mapping[str, Any]:
        """Charge what the network would report: `kind` is `call` (`to`, `minutes`, `direction`), `sms` (`to`)
        or `data` (`mb`)."""
        charged = await self._back_room("usage").usage(self.scene.number(msisdn), used)
        await self.scene.stage.lab.settle()
        return charged

    async def perform(self, msisdn: str, action: str, **arguments: Any) -> None:
        """Any operation of docs/actions.md."""
        await self._back_room("perform").perform(self.scene.number(msisdn), action, _plain(arguments))
        await self.scene.stage.lab.settle()

    async def ledger(
        self, msisdn: str = DEFAULT_MSISDN, kind: str | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Lines of the ledger, newest first."""
        back_room = self._back_room("ledger")
        await self.scene.stage.lab.settle()
        return await back_room.ledger(self.scene.number(msisdn), kind)

    async def login(self, login: str, password: str | None = None, code: str | None = None) -> Login:
        """Try the login form of the personal account: `result` is `ok`, `wrong` or `locked`."""
        self.scene.learn(password, code)
        return await self._back_room("login").login(login, password=password, code=code)

    async def push(self, msisdn: str, text: str, ask: bool = False) -> None:
        """A USSD message of the network's own; the phone, which is switched on for it, expects its screen."""
        await self._perform(
            "push", Push.model_validate({"text": text, "ask": ask}), self.scene.number(msisdn)
        )

    async def switch(self, msisdn: str, state: str) -> None:
        """The network state of a phone: `on`, `off`, `out_of_coverage`, `memory_full`."""
        await self._perform("switch", Switch.model_validate({"state": state}), self.scene.number(msisdn))

    async def inject(self, fault: str | None = None, **members: Any) -> None:
        """Have the gateway misbehave: a fault with its members, or `profile` (docs/faults.md)."""
        body = members if fault is None else {"fault": fault, **members}
        await self._perform("inject", Inject.model_validate(body))

    # ------------------------------------------------------------ inside

    @property
    def story(self) -> str:
        """What happened lately, a line or a few for each thing: what a failure tells, too."""
        scene = self._scene
        return scene.stage.secrets.mask("\n".join(told_story(scene.story))) if scene is not None else ""

    @property
    def scene(self) -> Scene:
        """What phones act on; for this package."""
        if self._scene is None:
            raise RuntimeError("the gateway is not started")
        return self._scene

    def _back_room(self, what: str) -> BackRoom:
        back_room = self.scene.stage.lab.back_room
        if back_room is None:
            raise CannotCheck(
                f"{what}: nobody here can look into this gateway; one of ours tells it over `http`"
            )
        return back_room

    async def _account(self, what: str, msisdn: str) -> Mapping[str, Any]:
        back_room = self._back_room(what)
        await self.scene.stage.lab.settle()
        return await back_room.account(self.scene.number(msisdn))

    async def _perform(self, verb: str, body: Body, msisdn: str = DEFAULT_MSISDN) -> None:
        await self.scene.perform(verb, body, msisdn)


class AsyncPhone:
    """One phone of a gateway.  What is not as expected is an AssertionError that tells what was seen."""

    def __init__(self, gateway: AsyncGateway, msisdn: str) -> None:
        """As `AsyncGateway.phone` makes it."""
        self.gateway = gateway
        self.msisdn = msisdn

    # ------------------------------------------------------------ USSD

    async def dial(self, code: str) -> Screen:
        """Dial a USSD string and return the screen that comes; NetworkRefused."""
        await self._perform("dial", Dial(code=code))
        return await self.expect()

    async def send(self, text: str) -> Screen:
        """Answer the screen, with the text as it is, and return the next one; NetworkRefused."""
        await self._perform("send", Send(text=text))
        return await self.expect()

    async def cancel(self) -> None:
        """Hang up: the dialogue, the call."""
        await self._perform("cancel", Cancel())

    async def expect(self, contains: str | Sequence[str] | None = None, **wanted: Any) -> Screen:
        """A screen that comes by itself (a push, a timeout), else another look at the last one.

        `text`, `not_contains`, `regex`, `op`, `screen`, `fits`, `within`, `service_code`: as in scripts.
        """
        seen, captured = await self._look("expect", Expect, contains, wanted)
        return Screen.of(seen.text, captured, op=seen.op, service_code=seen.peer, dialogue=seen.dialogue)

    # ------------------------------------------------------------ short messages

    async def sms(self, to: str, text: str = "") -> None:
        """Send a short message; NetworkRefused."""
        await self._perform("sms", Sms(to=to, text=text))

    async def expect_sms(
        self,
        contains: str | Sequence[str] | None = None,
        *,
        sender: str | None = None,
        within: str = "30s",
        **wanted: Any,
    ) -> ShortMessage:
        """The earliest message not yet looked at, of this `sender` if one is named.

        `text`, `not_contains`, `regex`, `parts`: as in scripts.  A clock that can be moved is moved, little
        by little, no further than `within`.
        """
        if sender is not None:
            wanted["from"] = sender
        seen, captured = await self._look("expect_sms", ExpectSms, contains, {"within": within, **wanted})
        return ShortMessage.of(seen.text, captured, sender=seen.peer, parts=seen.parts)

    async def no_sms(self, within: str = "30s", *, sender: str | None = None) -> None:
        """No message comes that was not looked at before, for so long."""
        given = {"within": within, **({"from": sender} if sender is not None else {})}
        await self._perform("no_sms", NoSms.model_validate(given))

    # ------------------------------------------------------------ calls

    async def call(self, number: str) -> Heard:
        """Call a voice menu and return what is heard; NetworkRefused."""
        await self._perform("call", Call(number=number))
        return await self.expect_voice()

    async def press(self, keys: str) -> Heard:
        """Press keys one after another, `2 4 2`, and return what is heard at last."""
        await self._perform("press", Press(keys=keys))
        return await self.expect_voice()

    async def silence(self) -> Heard:
        """Let the time pass in which nobody presses a key."""
        await self._perform("press", Press(silence=True))
        return await self.expect_voice()

    async def expect_voice(self, contains: str | Sequence[str] | None = None, **wanted: Any) -> Heard:
        """Another look at what was said last: `text`, `not_contains`, `regex`, `state`, `within`."""
        seen, captured = await self._look("expect_voice", ExpectVoice, contains, wanted)
        return Heard.of(seen.text, captured, state=seen.op)

    # ------------------------------------------------------------ its account

    async def balance(self) -> Decimal:
        """Its money, in roubles."""
        return await self.gateway.balance(self.msisdn)

    async def topup(self, amount: str | int | Decimal) -> None:
        """Money comes in, in roubles."""
        await self.gateway.topup(self.msisdn, amount)

    async def switch(self, state: str) -> None:
        """Its network state: `on`, `off`, `out_of_coverage`, `memory_full`."""
        await self.gateway.switch(self.msisdn, state)

    async def close(self) -> None:
        """Switch it off; whatever it does next switches it on again."""
        await self.gateway.scene.switch_off(self.msisdn)

    # ------------------------------------------------------------ inside

    async def _perform(self, verb: str, body: Body) -> None:
        await self.gateway.scene.perform(verb, body, self.msisdn)

    async def _look(
        self, verb: str, kind: type[Body], contains: str | Sequence[str] | None, wanted: Mapping[str, Any]
    ) -> tuple[Any, Mapping[str, str]]:
        """Expect something: what was seen, and what its regex captured."""
        members = {**wanted, **({"contains": contains} if contains is not None else {})}
        done = await self.gateway.scene.perform(verb, kind.model_validate(members), self.msisdn)
        if not done.happenings:
            raise NotAsExpected(f"{self.msisdn}: {verb}: nothing was seen")
        return done.happenings[-1], done.captured


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Sums as JSON carries them."""
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in values.items()}
