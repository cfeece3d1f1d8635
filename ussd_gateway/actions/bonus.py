"""`bonus.…`: the bonus programme.  `bonus.receive` and `bonus.returned` are what orders of gifts ask for."""

from collections.abc import Mapping, Sequence

from ussd_gateway.actions.base import Action, Fact, List, Row, spec
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.operations import bonus

_GIFT = ["from", "to", "code", "lots"]

ACTIONS = (
    Action(spec("bonus.join", "Join the programme, with an SMS.", gives=["points"]), bonus.join),
    Action(spec("bonus.leave", "Leave the programme; points are lost.", gives=["points"]), bonus.leave),
    Action(
        spec("bonus.balance", "The points, and whether one is a member.", gives=["points", "member"]),
        bonus.balance,
    ),
    Action(
        spec("bonus.expiring", "How many points vanish next, and when.", gives=["points", "at_ms"]),
        bonus.expiring,
    ),
    Action(
        spec(
            "bonus.redeem",
            "Buy a reward by its code, for oneself or for another member.",
            needs=["code"],
            takes=["to"],
            gives=["name", "points", "left"],
            denial_gives=["need", "points"],
        ),
        bonus.redeem,
    ),
    Action(
        spec(
            "bonus.redeem_money",
            "Turn points into so many roubles on the account.",
            needs=["amount"],
            gives=["amount_kop", "points", "left"],
            denial_gives=["need", "points"],
        ),
        bonus.redeem_money,
    ),
    Action(
        spec(
            "bonus.gift",
            "Buy a reward for another member.",
            needs=["to", "code"],
            gives=["name", "points", "left"],
            denial_gives=["need", "points"],
        ),
        bonus.gift,
    ),
    Action(spec("bonus.receive", "Take a gift.", needs=_GIFT), bonus.receive, internal=True),
    Action(
        spec("bonus.returned", "Take back the points of a gift.", needs=_GIFT, can_deny=False),
        bonus.returned,
        internal=True,
    ),
)


def _groups(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
    return [
        {"group": group, "name": name.render(account.language, {})}
        for group, name in catalogue.bonus.groups.items()
    ]


def _rewards(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
    """Rewards of every group, cheapest first; a menu shows those of one with `when`."""
    rewards = sorted(catalogue.bonus.rewards.items(), key=lambda item: item[1].points)
    return [
        {
            "code": code,
            "name": reward.name.render(account.language, {}),
            "points": reward.points,
            "group": reward.group,
        }
        for code, reward in rewards
    ]


def _money(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
    return [
        {"amount": str(amount_kop // 100), "amount_kop": amount_kop, "points": points}
        for amount_kop, points in sorted(catalogue.bonus.money.items())
    ]


FACTS: Mapping[str, Fact] = {
    "bonus.member": (False, lambda account, catalogue, now_ms: account.bonus.member),
    "bonus.points": (12345, lambda account, catalogue, now_ms: account.bonus.points),
}

LISTS: Mapping[str, List] = {
    "bonus.groups": ({"group": "partners", "name": "Рубли на счет"}, _groups),
    "bonus.rewards": (
        {"code": "606", "name": "Скидка 5% в салонах", "points": 270, "group": "partners"},
        _rewards,
    ),
    "bonus.money": ({"amount": "150", "amount_kop": 15000, "points": 250}, _money),
}
