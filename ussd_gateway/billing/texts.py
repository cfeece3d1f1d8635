"""The texts of the catalogue that billing names by itself: messages with their values, reasons of refusals.

Every catalogue must have them (`catalogue.load_catalogue` says which are missing).  One block a family.
"""

from collections.abc import Mapping

MESSAGE_TEXTS: Mapping[str, frozenset[str]] = {
    "pw.new": frozenset({"password"}),
    "pw.changed": frozenset(),
    "lock": frozenset({"wrong"}),
    "remains": frozenset({"minutes", "sms", "gb", "renews_ms", "tariff"}),
    # Tariffs, services, packages, calls, support.
    "svc.on": frozenset({"name", "fee_kop", "per", "off"}),
    "svc.on.free": frozenset({"name", "off"}),
    "svc.off": frozenset({"name"}),
    "svc.content.off": frozenset({"count"}),
    "svc.banned.on": frozenset({"count"}),
    "svc.banned.off": frozenset(),
    "tone.on": frozenset({"name", "fee_kop", "per"}),
    "tariff.all": frozenset({"tariffs"}),
    "pkg.on": frozenset({"name", "price_kop", "expires_ms"}),
    "bl.list": frozenset({"numbers"}),
    "bl.list.none": frozenset(),
    "block": frozenset({"until_ms"}),
    "unblock": frozenset(),
    "last5": frozenset({"charges"}),
    "last5.none": frozenset(),
    "spending": frozenset({"period", "to"}),
    "sup.answer": frozenset(),
    "sup.offices": frozenset(),
    # Payments, bonus, usage, one-time codes.
    "otp": frozenset({"code"}),
    "pay.received": frozenset({"amount_kop", "balance_kop"}),
    "pay.sent": frozenset({"amount_kop", "to"}),
    "card.code": frozenset({"code", "last4"}),
    "card.bound": frozenset({"last4"}),
    "autopay.on": frozenset({"threshold_kop", "amount_kop"}),
    "promised.done": frozenset({"amount_kop", "fee_kop", "total_kop", "due_ms"}),
    "transfer.code": frozenset({"amount_kop", "to", "code"}),
    "transfer.sent": frozenset({"amount_kop", "to", "balance_kop"}),
    "money.received": frozenset({"amount_kop", "from", "balance_kop"}),
    "money.returned": frozenset({"amount_kop", "to", "balance_kop"}),
    "call.me": frozenset({"msisdn"}),
    "pay.me": frozenset({"msisdn", "amount_kop"}),
    "pay.me.any": frozenset({"msisdn"}),
    "relatives.ask": frozenset({"msisdn"}),
    "relatives.agreed": frozenset({"msisdn"}),
    "relatives.refused": frozenset({"msisdn"}),
    "relatives.low": frozenset({"msisdn", "balance_kop"}),
    "bonus.join": frozenset({"spend_kop", "months"}),
    "bonus.left": frozenset({"points"}),
    "bonus.spent": frozenset({"name", "points", "left"}),
    "bonus.money": frozenset({"amount_kop", "points", "left"}),
    "bonus.sent": frozenset({"name", "points", "left", "to"}),
    "bonus.received": frozenset({"name", "from"}),
    "bonus.returned": frozenset({"points", "to"}),
    **dict.fromkeys(
        [f"relatives.role.{role}" for role in ("asked", "watches", "invited", "watched")], frozenset()
    ),
    **dict.fromkeys(
        ("note.transfer", "note.call", "note.forwarded", "note.sms", "note.data"), frozenset({"to"})
    ),
    # What time and top-ups bring.
    "tariff.done": frozenset({"tariff", "fee_kop", "per"}),
    "tariff.refused": frozenset({"tariff", "need_kop", "balance_kop"}),
    "tariff.unpaid": frozenset({"tariff", "need_kop"}),
    "tariff.paid": frozenset({"tariff", "fee_kop"}),
    "svc.suspended": frozenset({"name"}),
    "svc.resumed": frozenset({"name"}),
    "pkg.renewed": frozenset({"name", "price_kop", "expires_ms"}),
    "pkg.not_renewed": frozenset({"name", "need_kop"}),
    "promised.repaid": frozenset({"total_kop", "balance_kop"}),
    "autopay": frozenset({"amount_kop", "last4", "balance_kop"}),
    "autopay.declined": frozenset({"last4"}),
    "bonus.month": frozenset({"points", "total", "expiring", "expires_ms"}),
    "block.end": frozenset(),
    "detail": frozenset({"period", "to"}),
    "document.ready": frozenset({"period", "to"}),
    **dict.fromkeys(("note.block", "note.charges", "note.promised"), frozenset()),
    "trust.on": frozenset({"amount_kop"}),
    "trust.ended": frozenset(),
    # Companies.
    "corp.joined": frozenset({"company"}),
    "corp.not_joined": frozenset({"number"}),
    "corp.left": frozenset({"company", "tariff"}),
    "corp.password": frozenset({"login", "password"}),
    "corp.lock": frozenset({"login"}),
    "corp.service_failed": frozenset({"name"}),
    "sim.done": frozenset({"last4"}),
    "paper.done": frozenset({"order", "name", "period", "to"}),
    "paper.password": frozenset({"order", "password"}),
    "paper.status": frozenset({"papers"}),
    # Words that other texts are put together from.
    **dict.fromkeys(("paper.none", "paper.ready", "paper.waiting"), frozenset()),
    **dict.fromkeys(
        [f"paper.kind.{kind}" for kind in ("report", "reconciliation", "payments", "numbers", "detail")],
        frozenset(),
    ),
    **dict.fromkeys(("per.day", "per.month", "per.30d", "per.day.full", "per.month.full"), frozenset()),
    "price": frozenset({"fee_kop", "per"}),
    "tariff.content": frozenset({"minutes", "mb"}),
    **dict.fromkeys(("cf.none", "cf.all", "cf.busy", "cf.no_answer", "cf.unreachable"), frozenset()),
    **dict.fromkeys(("cb.none", "cb.33", "cb.331", "cb.332", "cb.35", "cb.351"), frozenset()),
}
"""The messages operations send by themselves, and the values their texts may use."""

REFUSAL_TEXTS = frozenset(
    {
        "number.blocked",
        "amount.bad",
        "no.money",
        "corp.only",
        "language.unknown",
        "pas.bad",
        "pw.mismatch",
        "pw.same",
        "login.wrong",
        "login.locked",
    }
    # Tariffs, services, packages, calls, support.
    | {"corp.restricted", "bad.code", "email.bad", "email.none"}
    | {"svc.unfit", "svc.already", "svc.not_on", "svc.elsewhere", "svc.conflict", "svc.banned", "svc.many"}
    | {"tone.unknown"}
    | {"tariff.unknown", "tariff.same", "tariff.waiting", "tariff.often", "tariff.nothing"}
    | {"pkg.unknown", "pkg.unfit", "pkg.many"}
    | {"bl.bad", "bl.own", "bl.already", "bl.absent", "bl.full"}
    | {"cf.bad_kind", "cf.bad_number", "cf.own", "cf.barred"}
    | {"cb.bad_kind", "cb.bad_password", "cb.wrong", "cb.wrong_change", "cb.dead", "cb.mismatch"}
    | {"num.days", "num.already", "num.not_blocked"}
    | {"spend.period", "detail.month", "detail.waiting"}
    | {"sup.empty", "sup.long"}
    # Payments, bonus, usage, one-time codes.
    | {"individual.only", "number.bad", "number.own", "request.often", "code.none", "code.wrong"}
    | {"otp.often", "otp.none", "otp.wrong"}
    | {"card.limits", "card.none", "card.bad", "card.declined", "autopay.threshold", "autopay.is_off"}
    | {"scratch.bad", "scratch.used", "scratch.locked"}
    | {"promised.running", "promised.often", "promised.unknown", "promised.low", "promised.early"}
    | {"transfer.barred", "transfer.declined", "transfer.limits", "transfer.month"}
    | {"trust.sum", "trust.debt", "trust.off", "pkg.minutes"}
    | {"relatives.already", "relatives.many", "relatives.none"}
    | {"bonus.corp", "bonus.already", "bonus.not_member", "bonus.empty"}
    | {"bonus.unknown", "bonus.points", "bonus.sum"}
    | {"usage.bad", "call.barred", "call.rejected"}
    # Companies.
    | {"corp.nothing"}
    | {"corp.foreign", "corp.words", "corp.tag", "corp.tags"}
    | {"corp.already", "corp.full", "corp.taken", "corp.debt", "corp.no_contract", "corp.no_control"}
    | {"corp.control", "paper.kind", "paper.period"}
    | {"corp.time", "sim.often", "sim.unknown", "sim.puk", "sim.same", "sim.used"}
)
"""The reasons operations refuse with."""
