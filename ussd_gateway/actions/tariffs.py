"""`tariff.…`: the tariff and its change."""

from collections.abc import Mapping, Sequence

from ussd_gateway.actions.base import List, Row
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue


def _tariffs(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
    return [
        {"code": code, "name": tariff.name.render(account.language, {}), "fee_kop": tariff.fee}
        for code, tariff in catalogue.tariffs.items()
        if tariff.kind == account.kind and code != account.tariff
    ]


LISTS: Mapping[str, List] = {
    "tariffs.available": ({"code": "0618P", "name": "Включайся! Пиши", "fee_kop": 209000}, _tariffs),
}
