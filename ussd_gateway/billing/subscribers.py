"""Whose request is it: the account behind a number, opened at first sight when the rules allow it."""

from ussd_gateway.billing.account import Account
from ussd_gateway.billing.catalogue import Catalogue
from ussd_gateway.billing.operations.opening import opening
from ussd_gateway.billing.store import Store
from ussd_gateway.errors import Conflict
from ussd_gateway.msisdn import NumberingPlan, mask


class UnknownSubscriber(LookupError):
    """The number has no account and may not get one."""

    def __init__(self, msisdn: str) -> None:
        super().__init__(f"no account for {mask(msisdn)}")
        self.msisdn = msisdn


class Subscribers:
    """The accounts of a store, and how new ones come to be there."""

    def __init__(self, store: Store, plan: NumberingPlan, *, auto_provision: bool) -> None:
        self._store = store
        self._plan = plan
        self._auto_provision = auto_provision

    async def account(self, msisdn: str, catalogue: Catalogue, now_ms: int) -> Account:
        """The account, newly opened if need be; UnknownSubscriber when it does not and may not exist."""
        account = await self._store.account(msisdn)
        if account is not None:
            return account
        described = msisdn in catalogue.subscribers or catalogue.company_of(msisdn) is not None
        if not described and not (self._auto_provision and self._plan.is_mobile(msisdn)):
            raise UnknownSubscriber(msisdn)
        return await self._open(msisdn, catalogue, now_ms)

    async def provision(self, catalogue: Catalogue, now_ms: int) -> int:
        """Open the accounts the catalogue describes and the store lacks; how many they were."""
        opened = 0
        for msisdn in catalogue.subscribers:
            if await self._store.account(msisdn) is None:
                await self._open(msisdn, catalogue, now_ms)
                opened += 1
        return opened

    async def _open(self, msisdn: str, catalogue: Catalogue, now_ms: int) -> Account:
        commit = opening(msisdn, catalogue, now_ms)
        try:
            committed = await self._store.commit(commit)
        except Conflict:
            # Somebody opened it between our look and our commit.
            committed = None
        if committed is not None and not committed.replayed:
            return commit.accounts[0]
        account = await self._store.account(msisdn)
        if account is None:
            raise UnknownSubscriber(msisdn)
        return account
