"""Ways to a Redis other than one open server: a user of its own, the master that a sentinel names."""

from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from tests.patience import once_there, until
from tests.redis_servers import Running, Server, free_port
from tests.unit.billing.kit import ALICE, charge_commit, individual, opening_commit
from ussd_gateway.errors import StoreUnavailable
from ussd_gateway.storage import RedisSettings, open_store
from ussd_gateway.storage.redis import RedisStore
from ussd_gateway.storage.redis_url import parse

SENTINEL = """\
port {port}
bind 127.0.0.1
dir {folder}
sentinel monitor base 127.0.0.1 {master} 1
sentinel down-after-milliseconds base 500
sentinel failover-timeout base 5000
"""


async def test_a_user_with_no_more_rights_than_needed(redis_server: Running) -> None:
    assert isinstance(redis_server, Server)
    redis_server.flush()
    with redis_server.client() as client:
        rights = ["+@all", "-@admin", "-@dangerous", "-client|kill", "+info"]
        client.execute_command("ACL", "SETUSER", "gate", "reset", "on", ">s3cret", "~ussd:*", *rights)
    address = f"127.0.0.1:{redis_server.port}"
    store = open_store(f"redis://gate:s3cret@{address}/0")
    await store.open()
    await store.commit(opening_commit(individual()))
    assert (await store.audit()).accounts == 1
    await store.close()
    with pytest.raises(StoreUnavailable) as caught:
        await open_store(f"redis://gate:mistaken@{address}/0").open()
    assert "mistaken" not in str(caught.value)


async def test_the_master_moves(redis_servers: Callable[..., Server], tmp_path: Path) -> None:
    master = redis_servers("--repl-diskless-sync-delay", "0")
    master.start()
    replica = redis_servers("--replicaof", f"127.0.0.1 {master.port}")
    replica.start()
    with master.client() as client:
        await until(lambda: client.incr("unrelated") > 0 and client.execute_command("WAIT", 1, 100) == 1)
    sentinel = redis_servers("--sentinel", port=free_port())
    file = tmp_path / "sentinel.conf"
    file.write_text(SENTINEL.format(port=sentinel.port, folder=tmp_path, master=master.port))
    sentinel.command = [sentinel.command[0], str(file), "--sentinel"]
    sentinel.start()

    url = f"redis+sentinel://127.0.0.1:{sentinel.port}/base/0"
    store = RedisStore(parse(url), RedisSettings(timeout_s=1, wait=1))
    await store.open()
    account = individual(balance_kop=1_000)
    await store.commit(opening_commit(account))
    master.kill()

    def moved() -> bool:
        with Redis(port=sentinel.port, protocol=2) as client:
            try:
                found = client.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "base")
            except RedisError:
                return False
        return int(found[1]) == replica.port

    await until(moved)
    # Nobody follows the new master, so nothing can be promised but by one who does not ask for that.
    await until(lambda: "0 of 1 replicas" in str(store.trouble()))
    assert await once_there(lambda: store.account(ALICE)) == account
    await store.close()
    alone = RedisStore(parse(url), RedisSettings(timeout_s=1))
    await once_there(alone.open)
    commit = charge_commit(account, 300, "k")
    await alone.commit(commit)
    assert await alone.account(ALICE) == commit.accounts[0]
    await alone.close()
