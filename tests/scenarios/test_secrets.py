"""What the database remembers of secrets: the text of the SMS that carried one, and nothing else anywhere."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.scenarios.test_between_subscribers import POOR, VISA, code_in, do
from tests.world import REPOSITORY, World, running_world

IVANOV = "79261234567"
OWN, OTHER, GUESS = "Secret77", "Another88", "Mistaken99"


async def live_with_secrets(world: World) -> list[str]:
    """Everything that makes, carries or takes a secret, each by the channel it has; the secrets."""
    phone = await world.handset(IVANOV)
    shown = re.findall(r"\b\d{6}\b", (await phone.dial("*105*00#")).text)
    made_up = re.findall(r"\b\d{6}\b", (await phone.expect_sms()).text)
    assert shown == made_up
    await phone.dial("*105*01#")
    await phone.send(OWN)
    await phone.send(OWN)
    await phone.expect_sms()
    await phone.sms("000105", f"PAS {OTHER}")
    await phone.expect_sms()
    form = {"login": IVANOV, "old": OTHER, "new": OWN + "x", "repeat": OWN + "x"}
    assert (await world.call("POST", "/api/v1/lk/password", form))[0] == 200
    assert await world.login(IVANOV, GUESS) == 401
    await world.call("POST", "/api/v1/lk/otp", {"login": IVANOV})
    codes = [await code_in(world, IVANOV, r"входа: (\d{8})\.")]
    await do(world, IVANOV, "pay.card_bind", number=VISA)
    codes.append(await code_in(world, IVANOV, r": (\d{8})\."))
    await do(world, IVANOV, "pay.transfer", to=POOR, amount_kop=1_000)
    codes.append(await code_in(world, IVANOV, r"\*109\*(\d{8})#"))
    return [*made_up, OWN, OTHER, GUESS, VISA, *codes]


def everywhere(database: Path, secret: str) -> set[tuple[str, str]]:
    """The tables and columns that hold it, as a word of its own."""
    word = re.compile(rf"(?<![0-9A-Za-z]){re.escape(secret)}(?![0-9A-Za-z])")
    found = set()
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in map(dict, connection.execute(f'SELECT * FROM "{table}"')):
                for column, value in row.items():
                    if word.search(str(value)):
                        found.add((table, "the text of a secret message" if row.get("secret") else column))
    return found


async def test_only_the_outbox_holds_secrets_and_marks_them(tmp_path: Path) -> None:
    catalogue, database = tmp_path / "catalogue", tmp_path / "gateway.db"
    shutil.copytree(REPOSITORY / "catalogue", catalogue)
    # A password on the screen too, and codes so long that no other number looks like one.
    for file, usual, other in (
        ("settings.yaml", "deliver: sms", "deliver: both"),
        ("payments.yaml", "code_digits: 4", "code_digits: 8"),
        ("payments.yaml", "one_time_code: {digits: 4", "one_time_code: {digits: 8"),
    ):
        text = (catalogue / file).read_text(encoding="utf-8")
        (catalogue / file).write_text(text.replace(usual, other), encoding="utf-8")
    environment = {"USSDGW_PATHS__CATALOGUE": str(catalogue)}
    async with running_world(f"sqlite:///{database}", environment) as world:
        secrets = await live_with_secrets(world)
    kept = {secret: everywhere(database, secret) for secret in secrets}
    assert all(places <= {("outbox", "the text of a secret message")} for places in kept.values()), kept
    assert not any(kept[secret] for secret in (OWN, OTHER, GUESS, VISA)), kept
    assert kept[secrets[0]], "the inbox shows the message"
