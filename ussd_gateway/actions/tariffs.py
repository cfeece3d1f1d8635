"""`tariff.…`: the tariff and its change."""

from collections.abc import Mapping, Sequence

from ussd_gateway.actions.base import Action, Fact, List, Row, spec
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.files import Tariff
from ussd_gateway.billing.operations import tariffs
from ussd_gateway.billing.operations.common import per, price
from ussd_gateway.vocabulary import Value

ACTIONS = (
    Action(
        spec(
            "tariff.current",
            "The tariff and its fee, and the change that waits (`effective_ms` 0: none).",
            gives=["code", "name", "fee_kop", "per", "next_name", "effective_ms"],
            can_deny=False,
        ),
        tariffs.current,
    ),
    Action(
        spec("tariff.list", "All tariffs for such a number, by SMS.", gives=["count"], can_deny=False),
        tariffs.offered,
    ),
    Action(
        spec(
            "tariff.change",
            "Order another tariff; it comes at the next midnight, with an SMS.",
            needs=["code"],
            gives=["name", "fee_kop", "effective_ms"],
            denial_gives=["name", "max", "need_kop", "balance_kop"],
        ),
        tariffs.change,
    ),
    Action(spec("tariff.cancel", "Take back the order that waits.", gives=["name"]), tariffs.cancel),
)


def _fee_kop(account: Account, catalogue: Catalogue, now_ms: int) -> Value:
    tariff = catalogue.tariffs.get(account.tariff)
    return tariff.fee if tariff else 0


def _per(account: Account, catalogue: Catalogue, now_ms: int) -> Value:
    tariff = catalogue.tariffs.get(account.tariff)
    return per(catalogue, tariff.period if tariff else "month", account.language)


def _next_name(account: Account, catalogue: Catalogue, now_ms: int) -> Value:
    pending = account.pending_tariff
    return catalogue.tariff_name(pending.code, account.language) if pending else ""


def _effective_ms(account: Account, catalogue: Catalogue, now_ms: int) -> Value:
    return account.pending_tariff.effective_ms if account.pending_tariff else 0


FACTS: Mapping[str, Fact] = {
    "tariff.short": (
        "Переходи на НОЛЬ",
        lambda account, catalogue, now_ms: catalogue.tariff_short(account.tariff, account.language),
    ),
    "tariff.fee_kop": (209000, _fee_kop),
    "tariff.per": ("мес", _per),
    "tariff.unpaid": (False, lambda account, catalogue, now_ms: account.tariff_fee.unpaid),
    "tariff.waiting": (False, lambda account, catalogue, now_ms: account.pending_tariff is not None),
    "tariff.next_name": ("Включайся! Премиум", _next_name),
    "tariff.effective_ms": (1_780_000_000_000, _effective_ms),
}


def _content(tariff: Tariff, catalogue: Catalogue, language: str) -> str:
    """The two volumes a screen has room for: `250мин 3ГБ`."""
    values: dict[str, Value] = {"minutes": tariff.volumes.minutes, "mb": tariff.volumes.mb}
    return catalogue.texts["tariff.content"].render(language, values).strip()


def _available(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
    return [
        {
            "code": code,
            "name": tariff.name.render(account.language, {}),
            "short": catalogue.tariff_short(code, account.language),
            "fee_kop": tariff.fee,
            "per": per(catalogue, tariff.period, account.language),
            "minutes": tariff.volumes.minutes,
            "sms": tariff.volumes.sms,
            "mb": tariff.volumes.mb,
            "price": price(catalogue, tariff.fee, tariff.period, account.language),
            "content": _content(tariff, catalogue, account.language),
        }
        for code, tariff in catalogue.tariffs.items()
        if tariff.kind == account.kind and code != account.tariff
    ]


LISTS: Mapping[str, List] = {
    "tariffs.available": (
        {
            "code": "0618P",
            "name": "Включайся! Премиум",
            "short": "Переходи на НОЛЬ",
            "fee_kop": 209000,
            "per": "мес",
            "minutes": 5000,
            "sms": 3000,
            "mb": 40960,
            "price": "2090р/мес",
            "content": "5000мин 30ГБ",
        },
        _available,
    ),
}
