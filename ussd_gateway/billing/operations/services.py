"""Services on and off (`svc.…`), and the ring-back tone.

A code stands for a service that the account then holds, for a yes or no of its own (stop content, the
transfer ban), or for a package, which is then bought.  The first period's fee is taken at once, with what
the connection costs; the following ones are taken as they come due (`rules`).
"""

from collections.abc import Mapping

from ussd_gateway.billing import quotas
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.calendar import period_end_ms
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.files_services import Service
from ussd_gateway.billing.holdings import Service as Held
from ussd_gateway.billing.operations import packages
from ussd_gateway.billing.operations.base import Context, Decision, Operation, denied, done
from ussd_gateway.billing.operations.common import forbidden, pay, per, sms, too_poor, word
from ussd_gateway.billing.operations.content import stop_own_content
from ussd_gateway.billing.operations.transfers import transfer_bar
from ussd_gateway.billing.services import feature_code, first_paid_ms, is_on, service_name
from ussd_gateway.vocabulary import Outcome, Value

_SWITCHES: Mapping[str, Operation] = {"content_ban": stop_own_content, "transfer_bar": transfer_bar}
"""Features that are a yes or no and nothing else."""

SILENT = "0"
"""Instead of a tone: the ordinary ringing signal again."""


def on(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Switch on what the code stands for; a package is bought."""
    code, catalogue = code_of(args), context.catalogue
    service = catalogue.services.get(code)
    if service is None and code in catalogue.packages:
        return _bought(account, code, context)
    switch = _switch(service)
    if service is not None and switch is not None:
        decision = switch(account, {"on": True}, context)
        name = service.name.render(account.language, {})
        return _told(decision, _terms(account, name, service, context))
    refusal = obstacle(account, code, context)
    return refusal or switch_on(account, code, context)


def off(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Switch off what the code stands for; a fee that was paid is not given back."""
    code, catalogue = code_of(args), context.catalogue
    service = catalogue.services.get(code)
    switch = _switch(service)
    if service is not None and switch is not None:
        decision = switch(account, {"on": False}, context)
        return _told(decision, {"name": service.name.render(account.language, {})})
    refusal = obstacle_off(account, code, context)
    return refusal or switch_off(account, code, context)


def once(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Use a service a single time, for its price; nothing to pay while it is on.

    Refused in this order: the number, the code, what cannot be used so, the money.
    """
    code = code_of(args)
    service = context.catalogue.services.get(code)
    refusal = forbidden(account)
    if refusal is not None:
        return refusal
    if service is None:
        return denied("bad.code")
    name = service.name.render(account.language, {})
    if service.kind not in (None, account.kind) or not service.single:
        return denied("svc.unfit", name=name)
    fee_kop = 0 if account.has(code) else service.single
    refusal = too_poor(account, fee_kop)
    if refusal is not None:
        return refusal
    after, entries = pay(account, fee_kop, name, context)
    return Decision(done(name=name, fee_kop=fee_kop), after if fee_kop else None, entries)


def status(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Whether a service is on, since when and until when it is paid (0: not at all, or nothing to pay)."""
    code, catalogue = code_of(args), context.catalogue
    service, held = catalogue.services.get(code), account.service(code)
    if service is None and held is None:
        return denied("bad.code")
    fee_kop, period = (service.fee, service.period) if service else (0, "day")
    outcome = done(
        name=service_name(catalogue, code, account.language),
        on=is_on(account, catalogue, code),
        suspended=held is not None and held.suspended,
        fee_kop=fee_kop,
        per=per(catalogue, period, account.language),
        since_ms=held.since_ms if held else 0,
        paid_until_ms=held.paid_until_ms if held else 0,
    )
    return Decision(outcome)


def code_of(args: Mapping[str, Value]) -> str:
    """The code as the catalogue writes it."""
    return str(args.get("code", "")).strip().upper()


# ---------------------------------------------------------------- on


def obstacle(account: Account, code: str, context: Context) -> Decision | None:
    """Why the service cannot be switched on now; None when it can.

    In this order: the number, the code, what it is for, what stands in its way, the money.
    """
    catalogue, language = context.catalogue, account.language
    service = catalogue.services.get(code)
    refusal = forbidden(account)
    if refusal is not None:
        return refusal
    if service is None:
        return denied("bad.code")
    name = service.name.render(language, {})
    if service.kind not in (None, account.kind):
        return denied("svc.unfit", name=name)
    if service.use:
        return denied("svc.elsewhere", name=name, use=service.use)
    if account.service(code) is not None:
        return denied("svc.already", name=name)
    if service.content and account.content_ban:
        return denied("svc.banned")
    for other in account.services:
        if _conflict(code, other.code, catalogue):
            return denied("svc.conflict", other=service_name(catalogue, other.code, language))
    if len(account.services) >= catalogue.rules.max_services:
        return denied("svc.many", max=catalogue.rules.max_services)
    return too_poor(account, service.connection + _first_fee(account, code, service, context))


def _first_fee(account: Account, code: str, service: Service, context: Context) -> int:
    """The fee of the present period: nothing when it was paid before, or waits until the number is silent."""
    if service.silent_days:
        return 0
    until_ms = period_end_ms(service.period, context.now_ms)
    return 0 if quotas.used(account, f"paid:{code}", until_ms) else service.fee


def _conflict(one: str, other: str, catalogue: Catalogue) -> bool:
    """Whether either of the two says that it cannot stand beside the other."""
    return any(
        code in catalogue.services and against in catalogue.services[code].conflicts
        for code, against in ((one, other), (other, one))
    )


def switch_on(account: Account, code: str, context: Context) -> Decision:
    """Switch on a service that nothing stands in the way of (`obstacle`)."""
    service = context.catalogue.services[code]
    name = service.name.render(account.language, {})
    after, entries = pay(account, service.connection, name, context)
    kind = "daily" if service.period == "day" else "monthly"
    fee_kop = _first_fee(account, code, service, context)
    after, fee_entries = pay(after, fee_kop, name, context, kind=kind)
    paid_until_ms = first_paid_ms(service, context.now_ms)
    after = after._replace(services=(*after.services, Held(code, context.now_ms, paid_until_ms)))
    terms = _terms(account, name, service, context)
    way_out = service.off or f"*105*{code}*0#"
    if service.fee:
        in_full = word(context.catalogue, f"per.{service.period}.full", account.language)
        message = sms(context, "svc.on", **{**terms, "per": in_full}, off=way_out)
    else:
        message = sms(context, "svc.on.free", name=name, off=way_out)
    return Decision(done(**terms), after, [*entries, *fee_entries], [message])


def _terms(account: Account, name: str, service: Service, context: Context) -> dict[str, Value]:
    return {
        "name": name,
        "fee_kop": service.fee,
        "per": per(context.catalogue, service.period, account.language),
    }


def _switch(service: Service | None) -> Operation | None:
    return _SWITCHES.get(service.feature or "") if service else None


def _told(decision: Decision, terms: Mapping[str, Value]) -> Decision:
    """What another operation decided, told in the words of this one."""
    if decision.outcome.name == "done":
        decision.outcome = Outcome("done", terms)
    return decision


def _bought(account: Account, code: str, context: Context) -> Decision:
    """A package bought by its code, told in the words of a service."""
    decision = packages.buy(account, {"code": code}, context)
    name = context.catalogue.packages[code].name.render(account.language, {})
    return _told(decision, {"name": name, "fee_kop": context.catalogue.packages[code].price, "per": ""})


# ---------------------------------------------------------------- off


def obstacle_off(account: Account, code: str, context: Context) -> Decision | None:
    """Why the service cannot be switched off now; None when it can."""
    service, held = context.catalogue.services.get(code), account.service(code)
    refusal = forbidden(account)
    if refusal is not None:
        return refusal
    if service is None and held is None:
        return denied("bad.code")
    name = service_name(context.catalogue, code, account.language)
    if service is not None and service.use:
        return denied("svc.elsewhere", name=name, use=service.use)
    return denied("svc.not_on", name=name) if held is None else None


def switch_off(account: Account, code: str, context: Context) -> Decision:
    """Switch off a service that is on (`obstacle_off`)."""
    service = context.catalogue.services.get(code)
    name = service_name(context.catalogue, code, account.language)
    after = account._replace(services=tuple([held for held in account.services if held.code != code]))
    held = account.service(code)
    if held is not None and not held.suspended and held.paid_until_ms > context.now_ms:
        after = quotas.use(after, f"paid:{code}", held.paid_until_ms)
    if service is not None and service.feature == "tone":
        after = after._replace(tone="")
    return Decision(done(name=name), after, messages=[sms(context, "svc.off", name=name)])


# ---------------------------------------------------------------- the ring-back tone


def tone(account: Account, args: Mapping[str, Value], context: Context) -> Decision:
    """Choose a ring-back tone; that switches its service on, `0` switches it off."""
    catalogue, chosen = context.catalogue, str(args.get("id", ""))
    code = feature_code(catalogue, "tone")
    refusal = forbidden(account)
    if refusal is not None:
        return refusal
    if code is None or (chosen != SILENT and chosen not in catalogue.tones):
        return denied("tone.unknown")
    if chosen == SILENT:
        decision = obstacle_off(account, code, context) or switch_off(account, code, context)
        name = service_name(catalogue, code, account.language)
        return _told(decision, {"name": name, "fee_kop": 0, "per": ""})
    decision = Decision(done(), account)
    if account.service(code) is None:
        decision = obstacle(account, code, context) or switch_on(account, code, context)
        if decision.outcome.name == "denied":
            return decision
    assert decision.account is not None
    decision.account = decision.account._replace(tone=chosen)
    name = catalogue.tones[chosen].name.render(account.language, {})
    terms = _terms(account, name, catalogue.services[code], context)
    decision.outcome = done(**terms)
    decision.messages = [sms(context, "tone.on", **terms)]
    return decision
