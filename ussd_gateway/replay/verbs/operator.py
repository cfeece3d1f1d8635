"""`push`, `switch`, `login`, `assert`, `account`, `topup` and the like: what the operator does and sees."""

from collections import Counter
from collections.abc import Awaitable

from ussd_gateway.phone.events import Failure
from ussd_gateway.replay.bodies import (
    Account,
    Assert,
    ChangePassword,
    Ledger,
    Login,
    LoginCode,
    Perform,
    Push,
    Switch,
    Topup,
    Usage,
)
from ussd_gateway.replay.inject_body import Inject
from ussd_gateway.replay.lab import BackRoom, Refused
from ussd_gateway.replay.lab import Login as Answer
from ussd_gateway.replay.matching import Match, match_account, match_ledger
from ussd_gateway.replay.stage import Act, Failed, new_lines


async def push(act: Act, body: Push) -> None:
    """A USSD message of the network's own; a refusal is for the step that waits for its screen."""
    back_room = act.back_room("push")
    handset = await act.handset(body.phone)
    act.tell("script", "push", body.text, handset.msisdn, op="ask" if body.ask else "notify")
    for screen in handset.drop_screens():
        act.show_screen(screen, handset.msisdn)
    handset.ask_for_screen()
    try:
        await back_room.push(handset.msisdn, body.text, ask=bool(body.ask))
    except Refused as refused:
        handset.refuse(Failure(str(refused)))


async def switch(act: Act, body: Switch) -> None:
    """The phone is switched off or on, leaves the network or comes back, fills its memory or has room."""
    msisdn = act.number(body.phone)
    act.tell("script", "check", f"phone {body.state}", msisdn)
    await _obey(act, act.back_room("switch").switch(msisdn, body.state))


async def login(act: Act, body: Login) -> None:
    """Try the login form."""
    back_room = act.back_room("login")
    act.stage.secrets.learn("password", body.password or "")
    act.stage.secrets.learn("code", body.code or "")
    who = _who(act, body)
    answer = await back_room.login(who, password=body.password, code=body.code)
    _judge_form(act, body, who, answer)


async def login_code(act: Act, body: LoginCode) -> None:
    """Have a one-time code sent."""
    await _obey(act, act.back_room("login_code").login_code(_who(act, body)))


async def change_password(act: Act, body: ChangePassword) -> None:
    """Fill in the form that changes the password."""
    back_room = act.back_room("change_password")
    repeat = body.new if body.repeat is None else body.repeat
    for password in (body.old, body.new, repeat):
        act.stage.secrets.learn("password", password)
    who = _who(act, body)
    answer = await back_room.change_password(who, body.old, body.new, repeat)
    _judge_form(act, body, who, answer)


def _who(act: Act, body: Login | LoginCode | ChangePassword) -> str:
    """What is typed as the login: the phone's number, if nothing is said."""
    return act.number(body.phone) if body.login is None else act.destination(body.login)


def _judge_form(act: Act, body: Login | ChangePassword, who: str, answer: Answer) -> None:
    act.tell("script", "check", f"login {who}: {answer.result}", who)
    match = Match()
    match.compare("result", body.result, answer.result)
    match.compare("attempts_left", body.attempts_left, answer.attempts_left)
    if isinstance(body, ChangePassword):
        match.compare("reason", body.reason, answer.reason)
    act.judge(match)


async def check(act: Act, body: Assert) -> None:
    """How the account stands."""
    back_room = act.back_room("assert")
    msisdn = act.number(body.phone)
    await act.lab.settle()
    if body.model_fields_set - {"phone", "ledger"}:
        act.judge(match_account(body, await back_room.account(msisdn)))
    for wanted in body.ledger:
        act.judge(await _match_ledger(act, back_room, msisdn, wanted))
    if act.outcome.status == "passed":
        act.tell("script", "check", "as expected", msisdn)


async def account(act: Act, body: Account) -> None:
    """Bring the account into a state."""
    back_room = act.back_room("account")
    msisdn = act.number(body.msisdn if body.phone is None else body.phone)
    for name, value in body.values.items():
        if value is not None:
            act.stage.secrets.learn(name, str(value))
    await _obey(act, back_room.set_account(msisdn, body.values))


async def topup(act: Act, body: Topup) -> None:
    """Money comes in."""
    msisdn = act.number(body.phone)
    await _obey(act, act.back_room("topup").topup(msisdn, body.amount))


async def usage(act: Act, body: Usage) -> None:
    """Charge what the network would report."""
    back_room = act.back_room("usage")
    values = dict(body.values)
    if "to" in values:
        values["to"] = act.destination(values["to"])
    await _obey(act, back_room.usage(act.number(body.phone), values), body.refused)


async def perform(act: Act, body: Perform) -> None:
    """Any operation, as if the subscriber had asked for it."""
    msisdn = act.number(body.phone)
    for name, value in body.values.items():
        act.stage.secrets.learn(name, str(value))
    await _obey(act, act.back_room("perform").perform(msisdn, body.action, body.values), body.refused)


async def inject(act: Act, body: Inject) -> None:
    """Have the gateway misbehave, towards one phone or whoever comes first."""
    values = dict(body.values)
    if "msisdn" in values:
        values["msisdn"] = act.destination(str(values["msisdn"]))
    if body.phone is not None:
        values["msisdn"] = act.number(body.phone)
    await _obey(act, act.back_room("inject").inject(values))


async def _obey(act: Act, asked: Awaitable[object], refusal: bool | str | None = None) -> None:
    """The gateway does it, or the step fails with its reason; unless a `refusal` is wanted."""
    match = Match()
    try:
        await asked
    except Refused as refused:
        if refusal is None:
            raise Failed(f"the gateway refused: {refused}") from None
        if isinstance(refusal, str) and refusal.casefold() not in str(refused).casefold():
            match.differ("refused", refusal, str(refused))
    else:
        if refusal is not None:
            match.differ("refused", refusal if isinstance(refusal, str) else "a refusal", "done")
    act.judge(match)
    await act.lab.settle()


async def _match_ledger(act: Act, back_room: BackRoom, msisdn: str, wanted: Ledger) -> Match:
    entries = await back_room.ledger(msisdn, wanted.kind)
    return match_ledger(wanted, new_lines(entries, act.stage.ledgers.get(msisdn, Counter())))
