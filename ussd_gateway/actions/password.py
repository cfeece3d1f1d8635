"""`password.…`, `autologin.set`, `auth.login`: the password of the personal account."""

from collections.abc import Mapping

from ussd_gateway.actions.base import Action, Fact, Prepared, Tools, spec
from ussd_gateway.billing import passwords
from ussd_gateway.billing.draft import Draft
from ussd_gateway.billing.operations import passwords as secrets
from ussd_gateway.billing.operations.base import NOTHING_PREPARED
from ussd_gateway.vocabulary import Value

# ---------------------------------------------------------------- prepare phases


async def generate(draft: Draft, args: Mapping[str, Value], earlier: Prepared, tools: Tools) -> Prepared:
    """Digits for a new password, and their hash."""
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


async def verify(draft: Draft, args: Mapping[str, Value], earlier: Prepared, tools: Tools) -> Prepared:
    """Compare with the present hash; an earlier comparison holds as long as the hash is the same."""
    present = draft.account.password.hash
    if earlier and earlier["against"] == (present or ""):
        return earlier
    right = await tools.hasher.verify(str(args.get("password", "")), present)
    return {"right": "yes" if right else "", "against": present or ""}


async def _verify_and_hash(
    draft: Draft, args: Mapping[str, Value], earlier: Prepared, tools: Tools
) -> Prepared:
    """Compare the old password, and hash the new one; nothing for a form that is refused as it is."""
    wanted = str(args.get("new", ""))
    rules = draft.catalogue.settings.password
    if not passwords.acceptable(wanted, rules) or str(args.get("repeat", "")) != wanted:
        return NOTHING_PREPARED
    found = await verify(draft, {"password": args.get("old", "")}, earlier, tools)
    if found.get("hash") or not found["right"]:
        return found
    return {**found, "hash": await tools.hasher.hash(wanted)}


# ---------------------------------------------------------------- the list

ACTIONS = (
    Action(
        spec(
            "password.new",
            "A generated password, by SMS or as the catalogue says to who has a `screen`; unlocks the login.",
            takes=["screen"],
            gives=["password"],
            secret=["password"],
        ),
        secrets.new,
        generate,
    ),
    Action(
        spec(
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
        spec(
            "password.change",
            "The subscriber's own password for whoever knows the old one; a wrong one counts as a guess.",
            needs=["old", "new", "repeat"],
            denial_gives=["min_length", "max_length", "attempts_left"],
            secret=["old", "new", "repeat"],
        ),
        secrets.change,
        _verify_and_hash,
        internal=True,
    ),
    Action(
        spec(
            "password.status",
            "Whether a password is set, whether the login is locked, wrong answers so far.",
            gives=["set", "locked", "wrong"],
            can_deny=False,
        ),
        secrets.status,
    ),
    Action(
        spec(
            "autologin.set",
            "Automatic login from the phone on or off.",
            needs=["on"],
            gives=["on"],
            can_deny=False,
        ),
        secrets.autologin,
    ),
    Action(
        spec(
            "auth.login",
            "One answer at the login form of the personal account.",
            needs=["password"],
            denial_gives=["attempts_left"],
            secret=["password"],
        ),
        secrets.login,
        verify,
    ),
)

FACTS: Mapping[str, Fact] = {
    "password.set": (True, lambda account, catalogue, now_ms: account.password.hash is not None),
    "password.on_screen": (
        False,
        lambda account, catalogue, now_ms: catalogue.settings.password.deliver != "sms",
    ),
    "password.resend": (
        False,
        lambda account, catalogue, now_ms: catalogue.settings.password.code_01 == "resend",
    ),
    "password.locked": (False, lambda account, catalogue, now_ms: account.password.locked),
    "password.wrong": (5, lambda account, catalogue, now_ms: account.password.wrong),
    "autologin.on": (False, lambda account, catalogue, now_ms: account.autologin),
}
