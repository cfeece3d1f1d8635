"""What a store knows beyond the account in hand: `actions.base.Registry`.

A claim is a commit that changes nothing and leaves its key behind.  A key stands for one request for ever,
and the request is who holds the thing: whoever else comes finds the key in use.
"""

from ussd_gateway.billing.operations.transfers import untransferable
from ussd_gateway.billing.store import Commit, Store, request_hash
from ussd_gateway.errors import KeyReused


class StoreRegistry:
    """Claims kept among the keys of a store, and whose numbers its accounts are."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def claim(self, thing: str, holder: str, now_ms: int) -> bool:
        """Whether `thing` is the holder's, now or since an earlier claim; StoreUnavailable."""
        try:
            claim = Commit(f"claim:{thing}", request_hash(holder), now_ms, {}, home=thing)
            await self._store.commit(claim)
        except KeyReused:
            return False
        return True

    async def company_of(self, msisdn: str) -> str | None:
        """The company whose number it is; StoreUnavailable."""
        account = await self._store.account(msisdn)
        return account.company if account else None

    async def takes_transfers(self, msisdn: str) -> bool:
        """Whether the number would take a mobile transfer now; StoreUnavailable."""
        account = await self._store.account(msisdn)
        return account is None or untransferable(account) is None
