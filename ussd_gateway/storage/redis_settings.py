"""How a Redis is used: `storage.redis` of the configuration."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RedisSettings:
    """Names and patience; the configuration tells what each is for."""

    prefix: str = "ussd:"
    timeout_s: float = 2.0
    wait: int = 0
    journal: Path | None = None
