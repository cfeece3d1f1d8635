"""The gateway's steps as the happenings that a `Watch` tells; called only while somebody watches."""

from typing import Any

from ussd_gateway import disguise
from ussd_gateway.billing.store import OutMessage
from ussd_gateway.menu.engine import Finish, Position, Show
from ussd_gateway.ports import MoSms, Visit
from ussd_gateway.sms.concat import split_sms
from ussd_gateway.sms.keywords import CommandMatch
from ussd_gateway.ussd.dialogue import Dialogue
from ussd_gateway.ussd.lately import LastScreen
from ussd_gateway.ussd.primitives import Begin, Continue
from ussd_gateway.watch import Asked, Happening, SmsSent, SmsTaken, StepTaken, Trail, Watch


def asked_by(request: Begin | Continue) -> Asked:
    """What the phone did."""
    return "dial" if isinstance(request, Begin) else "answer"


def sent_by(request: Begin | Continue) -> str:
    """What the phone sent."""
    return request.dialled if isinstance(request, Begin) else request.text


def menu_step(
    dialogue: Dialogue,
    request: Begin | Continue,
    position: Position,
    step: Show | Finish,
    trail: Trail,
    now_ms: int,
    cloak: disguise.Disguise,
    *,
    secret_text: bool,
) -> Happening:
    """A menu was moved and its screen shown; `secret_text`: what the phone sent must not be told."""
    sent = sent_by(request)
    places = disguise.dialled if isinstance(request, Begin) else disguise.typed
    return bare_step(
        dialogue,
        asked_by(request),
        now_ms,
        text="" if secret_text else sent,
        text_like=cloak.over(sent, places) if secret_text else "",
        menu=position.menu,
        version=position.version,
        moves=tuple(trail.moves),
        actions=tuple(trail.actions),
        screen=step.screen,
        op="ask" if type(step) is Show else "end",
        shown="" if step.secret else step.text,
        shown_like=cloak.over(step.text, disguise.shown) if step.secret else "",
        secret=secret_text or step.secret,
    )


def visit(position: Position, trail: Trail | None) -> Visit:
    """What is kept of a step whose screen comes from a web application: it is told with that screen."""
    moves, actions = (trail.moves, trail.actions) if trail is not None else ([], [])
    return Visit(position=position.to_json(), moves=list(moves), actions=list(actions))


def last_words(asked: Asked, text: str, last: LastScreen) -> Happening:
    """The gateway ended a dialogue with a text of its own."""
    return bare_step(
        last.dialogue, asked, last.at_ms, text=text, screen=last.screen, op="end", shown=last.text
    )


def bare_step(dialogue: Dialogue, asked: Asked, now_ms: int, **rest: Any) -> Happening:
    """A step of a dialogue; `rest` are further members of `StepTaken`."""
    whose = (dialogue.access, dialogue.id, dialogue.service_code)
    return StepTaken(now_ms, dialogue.msisdn, "ussd", *whose, asked, **rest)


def sms(
    message: MoSms, match: CommandMatch | None, outcome: str, now_ms: int, cloak: disguise.Disguise
) -> Happening:
    """A message of a phone; `match` None for a text to another phone."""
    if match is None:
        short_code, line, action, secret = "", 0, "", False
    else:
        command = match.command
        short_code, line, action, secret = match.short_code, command.line, command.action or "", match.secret
    text = "" if secret else message.text
    text_like = cloak.over(message.text, disguise.sms) if secret else ""
    to = message.destination
    return SmsTaken(now_ms, message.source, to, text, secret, short_code, line, action, outcome, text_like)


def sms_sent(message: OutMessage, now_ms: int, watch: Watch) -> None:
    """A message is about to reach its phone."""
    try:
        parts = len(split_sms(message.text, 0))
    except ValueError:
        return  # it will be refused for its length
    secret = message.secret
    watch.tell(
        SmsSent(
            now_ms,
            message.destination,
            message.message_id,
            message.source,
            "" if secret else message.text,
            secret,
            parts,
            watch.disguise.over(message.text, disguise.shown) if secret else "",
        )
    )
