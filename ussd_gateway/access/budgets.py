"""Budgets that refill: how many failed binds an address or an account may cause.

A budget holds `capacity` tokens per key and regains `refill_per_s` each second.  A key that is full
again takes no memory; the number of keys is bounded, and with all of them in use new ones get nothing.
"""


class Budget:
    """Token buckets by key; time is an argument (monotonic seconds)."""

    def __init__(self, *, capacity: float, refill_per_s: float, max_keys: int = 10_000) -> None:
        self._capacity = capacity
        self._refill_per_s = refill_per_s
        self._max_keys = max_keys
        # key -> (tokens missing at that time, that time)
        self._missing: dict[str, tuple[float, float]] = {}

    def has(self, key: str, now_s: float) -> bool:
        """Whether `key` may spend one more."""
        if key not in self._missing:
            return len(self._missing) < self._max_keys or self._forget_full(now_s)
        return self._missing_now(key, now_s) + 1 <= self._capacity

    def spend(self, key: str, now_s: float) -> None:
        """Take one token; an empty budget stays empty."""
        if key not in self._missing and len(self._missing) >= self._max_keys:
            return
        missing = self._missing_now(key, now_s) + 1
        self._missing[key] = (min(missing, self._capacity), now_s)

    def _missing_now(self, key: str, now_s: float) -> float:
        missing, since_s = self._missing.get(key, (0.0, now_s))
        return max(0.0, missing - (now_s - since_s) * self._refill_per_s)

    def _forget_full(self, now_s: float) -> bool:
        """Drop the keys that have refilled; whether that made room."""
        for key in [key for key in self._missing if self._missing_now(key, now_s) == 0.0]:
            del self._missing[key]
        return len(self._missing) < self._max_keys
