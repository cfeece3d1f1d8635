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
    "block": frozenset({"until_ms"}),
    "unblock": frozenset(),
    "last5": frozenset({"charges"}),
    "last5.none": frozenset(),
    "sup.answer": frozenset({"question"}),
    "sup.offices": frozenset(),
    # Words that other texts are put together from.
    **dict.fromkeys(("per.day", "per.month", "per.30d"), frozenset()),
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
)
"""The reasons operations refuse with."""
