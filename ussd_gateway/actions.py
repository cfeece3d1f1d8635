"""The named actions that a menu, an SMS command or the API may ask for, and the facts a menu may ask about.

An action is a pure operation of the billing core, for some with a *prepare* phase before it: chance and
slow hashing, done by the shell, whose results are handed to the pure part as data.

    arguments -> prepare (digits, hashes) -> operation on the account -> Outcome, gathered in the Draft
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass

from ussd_gateway.billing import passwords, purse
from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.operations import accounts as money
from ussd_gateway.billing.operations import passwords as secrets
from ussd_gateway.billing.operations.base import NOTHING_PREPARED, Operation
from ussd_gateway.billing.passwords import Dice, Hasher
from ussd_gateway.vocabulary import ActionSpec, Outcome, Value, Vocabulary

Prepared = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Tools:
    """What a prepare phase may use."""

    hasher: Hasher
    dice: Dice


Prepare = Callable[[Draft, Mapping[str, Value], Prepared, Tools], Coroutine[None, None, Prepared]]
"""(draft, arguments, what an earlier try of the same request prepared, tools) -> what the operation needs."""


@dataclass(frozen=True, slots=True)
class Action:
    """One name of the vocabulary and what stands behind it."""

    spec: ActionSpec
    decide: Operation
    prepare: Prepare | None = None


# ---------------------------------------------------------------- prepare phases


async def _generate(draft: Draft, args: Mapping[str, Value], earlier: Prepared, tools: Tools) -> Prepared:
    if earlier:
        return earlier
    password = tools.dice.digits(draft.catalogue.settings.password.generated_digits)
    return {"password": password, "hash": await tools.hasher.hash(password)}


async def _hash_own(draft: Draft, args: Mapping[str, Value], earlier: Prepared, tools: Tools) -> Prepared:
    """Hash the wanted password and see whether it is the present one; nothing for one that is refused."""
    present = draft.account.password.hash
    if earlier and earlier["against"] == (present or ""):
        return earlier
    wanted = str(args.get("password", ""))
    if not passwords.acceptable(wanted, draft.catalogue.settings.password):
        return NOTHING_PREPARED
    same = present is not None and await tools.hasher.verify(wanted, present)
    fresh = await tools.hasher.hash(wanted)
    return {"hash": fresh, "same": "yes" if same else "", "against": present or ""}


async def _verify(draft: Draft, args: Mapping[str, Value], earlier: Prepared, tools: Tools) -> Prepared:
    """Compare with the present hash; an earlier comparison holds as long as the hash is the same."""
    present = draft.account.password.hash
    if earlier and earlier["against"] == (present or ""):
        return earlier
    right = await tools.hasher.verify(str(args.get("password", "")), present)
    return {"right": "yes" if right else "", "against": present or ""}


# ---------------------------------------------------------------- the list


def _spec(
    name: str,
    doc: str,
    *,
    needs: Sequence[str] = (),
    takes: Sequence[str] = (),
    gives: Sequence[str] = (),
    denial_gives: Sequence[str] = (),
    secret: Sequence[str] = (),
    can_deny: bool = True,
) -> ActionSpec:
    return ActionSpec(
        name,
        doc,
        params={**dict.fromkeys(needs, True), **dict.fromkeys(takes, False)},
        results=frozenset(gives),
        denied_results=frozenset(denial_gives),
        secret=frozenset(secret),
        can_deny=can_deny,
    )


_ALL = (
    Action(
        _spec("account.balance", "The main balance.", gives=["balance_kop"], can_deny=False),
        money.balance,
    ),
    Action(
        _spec(
            "account.budget",
            "Of a corporate number: what is left of the company's budget, and the personal account.",
            gives=["left_kop", "limit_kop", "personal_kop"],
        ),
        money.budget,
    ),
    Action(_spec("account.remains", "What is left of the packages, by SMS.", can_deny=False), money.remains),
    Action(_spec("account.number", "The own number.", gives=["msisdn"], can_deny=False), money.number),
    Action(
        _spec("account.language", "Choose ru or en.", needs=["language"], gives=["language"]),
        money.language,
    ),
    Action(
        _spec(
            "account.charge",
            "Take a fee of so many kopecks.",
            needs=["fee_kop"],
            takes=["note"],
            gives=["fee_kop", "balance_kop"],
            denial_gives=["need_kop", "balance_kop"],
        ),
        money.charge,
    ),
    Action(
        _spec(
            "account.topup",
            "Add money of the subscriber's own.",
            needs=["amount_kop"],
            takes=["note"],
            gives=["amount_kop", "balance_kop"],
            denial_gives=["max_kop"],
        ),
        money.topup,
    ),
    Action(
        _spec(
            "account.set_balance",
            "Set the subscriber's own money to a sum (administration).",
            needs=["balance_kop"],
            takes=["note"],
            gives=["balance_kop", "difference_kop"],
            denial_gives=["min_kop"],
        ),
        money.set_balance,
    ),
    Action(_spec("password.new", "A generated password by SMS; unlocks the login."), secrets.new, _generate),
    Action(
        _spec(
            "password.set",
            "The subscriber's own password, perhaps typed twice; unlocks the login.",
            needs=["password"],
            takes=["repeat"],
            denial_gives=["min_length", "max_length"],
            secret=["password", "repeat"],
        ),
        secrets.set_own,
        _hash_own,
    ),
    Action(
        _spec(
            "password.status",
            "Whether a password is set, whether the login is locked, wrong answers so far.",
            gives=["set", "locked", "wrong"],
            can_deny=False,
        ),
        secrets.status,
    ),
    Action(
        _spec(
            "autologin.set",
            "Automatic login from the phone on or off.",
            needs=["on"],
            gives=["on"],
            can_deny=False,
        ),
        secrets.autologin,
    ),
    Action(
        _spec(
            "auth.login",
            "One answer at the login form of the personal account.",
            needs=["password"],
            denial_gives=["attempts_left"],
            secret=["password"],
        ),
        secrets.login,
        _verify,
    ),
)

ACTIONS: Mapping[str, Action] = {action.spec.name: action for action in _ALL}


class Actions:
    """The actions, ready to be performed."""

    def __init__(self, hasher: Hasher, dice: Dice) -> None:
        self._tools = Tools(hasher, dice)

    async def perform(self, draft: Draft, name: str, args: Mapping[str, Value]) -> Outcome:
        """Prepare, decide, take the decision into the draft; KeyError for an unknown name.

        Nothing is true before the draft is committed.  After a Conflict the same action on `draft.again`
        reuses what was prepared, so that a generated password stays the same and nothing is hashed twice.
        """
        action = ACTIONS[name]
        if action.prepare is None:
            return draft.decide(action.decide, args, NOTHING_PREPARED)
        request = (name, *args.items())
        earlier = draft.prepared.get(request, NOTHING_PREPARED)
        prepared = await action.prepare(draft, args, earlier, self._tools)
        draft.prepared[request] = prepared
        return draft.decide(action.decide, args, prepared)


# ---------------------------------------------------------------- facts and lists

Fact = Callable[[Account, Catalogue, int], Value]
Row = Mapping[str, Value]
Rows = Callable[[Account, Catalogue, int], Sequence[Row]]


def _tariffs(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
    return [
        {"code": code, "name": tariff.name.render(account.language, {}), "fee_kop": tariff.fee}
        for code, tariff in catalogue.tariffs.items()
        if tariff.kind == account.kind and code != account.tariff
    ]


def _charges(account: Account, catalogue: Catalogue, now_ms: int) -> Sequence[Row]:
    return [charge._asdict() for charge in account.last_charges]


def _company(account: Account, catalogue: Catalogue, now_ms: int) -> Value:
    company = catalogue.companies.get(account.company or "")
    return company.name if company else ""


def _control_number(account: Account, catalogue: Catalogue, now_ms: int) -> Value:
    company = catalogue.companies.get(account.company or "")
    return company is not None and account.msisdn in company.control_numbers


# Name -> (a long but possible value, for checking that texts fit; how to find it out).
_FACTS: Mapping[str, tuple[Value, Fact]] = {
    "subscriber.msisdn": ("79261234567", lambda account, catalogue, now_ms: account.msisdn),
    "subscriber.language": ("ru", lambda account, catalogue, now_ms: account.language),
    "subscriber.corporate": (False, lambda account, catalogue, now_ms: account.corporate),
    "subscriber.blocked": (False, lambda account, catalogue, now_ms: account.status == "blocked"),
    "subscriber.company": ("ООО Ромашка", _company),
    "subscriber.control_number": (False, _control_number),
    "subscriber.tariff": (
        "Включайся! Пиши",
        lambda account, catalogue, now_ms: catalogue.tariff_name(account.tariff, account.language),
    ),
    "account.balance_kop": (-1234567, lambda account, catalogue, now_ms: account.balance_kop),
    "account.spendable_kop": (1234567, lambda account, catalogue, now_ms: purse.spendable_kop(account)),
    "account.budget_kop": (123456, lambda account, catalogue, now_ms: account.budget_kop),
    "account.budget_limit_kop": (123456, lambda account, catalogue, now_ms: account.budget_limit_kop),
    "account.personal_kop": (123456, lambda account, catalogue, now_ms: account.personal_kop),
    "remains.minutes": (12345, lambda account, catalogue, now_ms: account.left_of("minutes", now_ms)),
    "remains.sms": (12345, lambda account, catalogue, now_ms: account.left_of("sms", now_ms)),
    "remains.mb": (123456, lambda account, catalogue, now_ms: account.left_of("mb", now_ms)),
    "password.set": (True, lambda account, catalogue, now_ms: account.password.hash is not None),
    "password.locked": (False, lambda account, catalogue, now_ms: account.password.locked),
    "password.wrong": (5, lambda account, catalogue, now_ms: account.password.wrong),
    "autologin.on": (False, lambda account, catalogue, now_ms: account.autologin),
}

# Name -> (columns with long but possible values, how to find the rows).
_LISTS: Mapping[str, tuple[Row, Rows]] = {
    "tariffs.available": ({"code": "0618P", "name": "Включайся! Пиши", "fee_kop": 209000}, _tariffs),
    "charges.last": ({"at_ms": 1_780_000_000_000, "amount_kop": 123456, "note": "Черный список"}, _charges),
}


class SubscriberFacts:
    """`vocabulary.Facts` about one account; reads of already loaded state, nothing else."""

    __slots__ = ("_account", "_catalogue", "_now_ms")

    def __init__(self, account: Account, catalogue: Catalogue, now_ms: int) -> None:
        self._account = account
        self._catalogue = catalogue
        self._now_ms = now_ms

    def value(self, name: str) -> Value:
        """The value of a fact; KeyError for an unknown name."""
        return _FACTS[name][1](self._account, self._catalogue, self._now_ms)

    def rows(self, name: str) -> Sequence[Row]:
        """The rows of a list; KeyError for an unknown name."""
        return _LISTS[name][1](self._account, self._catalogue, self._now_ms)


def vocabulary() -> Vocabulary:
    """Everything a file may refer to."""
    return Vocabulary(
        actions={name: action.spec for name, action in ACTIONS.items()},
        facts={name: example for name, (example, _) in _FACTS.items()},
        lists={name: columns for name, (columns, _) in _LISTS.items()},
    )
