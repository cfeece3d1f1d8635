"""The named actions that a menu, an SMS command or the API may ask for, and the facts a menu may ask about.

An action is a pure operation of the billing core, for some with a *prepare* phase before it: chance and
slow hashing, done by the shell, whose results are handed to the pure part as data.

    arguments -> prepare (digits, hashes) -> operation on the account -> Outcome, gathered in the Draft

    base      what an action, a fact and a list are made of
    facts     all facts and lists
    account, password, ...   one module a family: its ACTIONS, FACTS, LISTS
"""

from collections.abc import Mapping

from ussd_gateway.actions import (
    account,
    bonus,
    calls,
    corporate,
    otp,
    password,
    payments,
    services,
    support,
    tariffs,
    usage,
)
from ussd_gateway.actions.base import Action, Registry, Tools
from ussd_gateway.actions.facts import FACTS, LISTS, SubscriberFacts
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.operations.base import NOTHING_PREPARED
from ussd_gateway.billing.operations.bring import bring
from ussd_gateway.billing.passwords import Dice, Hasher
from ussd_gateway.billing.states import AccountState
from ussd_gateway.vocabulary import Outcome, Value, Vocabulary

__all__ = ["ACTIONS", "Action", "Actions", "Registry", "SubscriberFacts", "vocabulary"]

ACTIONS: Mapping[str, Action] = {
    action.spec.name: action
    for family in (
        account.ACTIONS,
        password.ACTIONS,
        otp.ACTIONS,
        payments.ACTIONS,
        bonus.ACTIONS,
        usage.ACTIONS,
        tariffs.ACTIONS,
        services.ACTIONS,
        calls.ACTIONS,
        support.ACTIONS,
        corporate.ACTIONS,
    )
    for action in family
}


class Actions:
    """The actions, ready to be performed."""

    def __init__(self, hasher: Hasher, dice: Dice, registry: Registry) -> None:
        self._tools = Tools(hasher, dice, registry)

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

    async def bring(self, draft: Draft, state: AccountState) -> Outcome:
        """Bring the account into a state; for administration, no file can ask for it."""
        prepared = NOTHING_PREPARED
        if state.password is not None:
            prepared = {"hash": await self._tools.hasher.hash(state.password)}
        return draft.decide(lambda account, args, context: bring(state, account, context), {}, prepared)


def vocabulary() -> Vocabulary:
    """Everything a file may refer to."""
    return Vocabulary(
        actions={name: action.spec for name, action in ACTIONS.items() if not action.internal},
        facts={name: example for name, (example, _) in FACTS.items()},
        lists={name: columns for name, (columns, _) in LISTS.items()},
    )
