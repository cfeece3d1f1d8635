"""Acceptance scenario 13: changing the password on the web needs the old one, and the new one twice."""

import re
from typing import Any

import pytest

from tests.world import Handset, World

IVANOV = "79261234567"
OLD, NEW = "Secret77", "Another88"


async def with_password(world: World) -> Handset:
    phone = await world.handset(IVANOV)
    await phone.sms("000105", f"PAS {OLD}")
    assert "изменен" in (await phone.expect_sms()).text
    return phone


async def change(world: World, old: str, new: str, repeat: str) -> tuple[int, dict[str, Any]]:
    form = {"login": "8 926 123-45-67", "old": old, "new": new, "repeat": repeat}
    return await world.call("POST", "/api/v1/lk/password", form)


async def test_13_the_old_password_and_the_new_one_twice_change_it(world: World) -> None:
    phone = await with_password(world)
    assert await change(world, OLD, NEW, NEW) == (200, {"msisdn": IVANOV})
    message = await phone.expect_sms()
    assert message.source == "000110"
    assert message.text == "Пароль Личного кабинета изменен. Если это не вы, наберите *105*00#"
    assert await world.login(IVANOV, NEW) == 200
    assert await world.login(IVANOV, OLD) == 401


@pytest.mark.parametrize(
    "old, new, repeat, status, reason",
    [
        (OLD, NEW, "Another89", 422, "pw.mismatch"),
        (OLD, "abc12", "abc12", 422, "pas.bad"),
        (OLD, "x" * 27, "x" * 27, 422, "pas.bad"),
        (OLD, "", "", 422, "pas.bad"),
        (OLD, "пароль77", "пароль77", 422, "pas.bad"),
        (OLD, OLD, OLD, 422, "pw.same"),
        ("Secret78", NEW, NEW, 401, None),
    ],
)
async def test_13b_a_form_that_is_refused_changes_nothing(
    world: World, old: str, new: str, repeat: str, status: int, reason: str | None
) -> None:
    phone = await with_password(world)
    answered, problem = await change(world, old, new, repeat)
    assert (answered, problem.get("reason")) == (status, reason)
    assert {"title", "detail"} <= problem.keys()
    assert not re.search("Secret|Another|abc12", str(problem)), "a password in the answer"
    await phone.expect_silence()
    assert await world.login(IVANOV, NEW) == 401
    assert await world.login(IVANOV, OLD) == 200


async def test_13c_wrong_old_passwords_count_as_at_the_login_form(world: World) -> None:
    phone = await with_password(world)
    for left in (5, 4, 3):
        status, problem = await change(world, "wrong1", NEW, NEW)
        assert (status, problem["attempts_left"]) == (401, left)
    # A slip of the form is no guess.
    assert (await change(world, "wrong1", NEW, "other"))[0] == 422
    for _ in range(2):
        assert await world.login(IVANOV, "wrong1") == 401
    assert (await change(world, "wrong1", NEW, NEW))[0] == 423
    assert "6 неверных паролей" in (await phone.expect_sms()).text
    assert (await change(world, OLD, NEW, NEW))[0] == 423
    assert await world.login(IVANOV, OLD) == 423
    await phone.expect_silence()


async def test_13d_the_right_old_password_sets_the_count_back(world: World) -> None:
    await with_password(world)
    for _ in range(5):
        assert (await change(world, "wrong1", NEW, NEW))[0] == 401
    assert (await change(world, OLD, NEW, NEW))[0] == 200
    assert await world.login(IVANOV, "wrong1") == 401
    assert await world.login(IVANOV, NEW) == 200


async def test_13e_strangers_are_answered_alike(world: World) -> None:
    forms = [{"new": "abc", "repeat": "abc"}, {"new": NEW, "repeat": OLD}] + [{"new": NEW, "repeat": NEW}] * 7
    answers = []
    for login in ("79269999999", "79261234568"):
        answers.append(
            [
                await world.call("POST", "/api/v1/lk/password", {"login": login, "old": "wrong1", **form})
                for form in forms
            ]
        )
    assert answers[0] == answers[1]
    assert [status for status, _ in answers[0]] == [422, 422, 401, 401, 401, 401, 401, 423, 423]
    assert await world.app.store.account("79269999999") is None


async def test_13f_a_login_form_without_the_old_password_is_no_form(world: World) -> None:
    body = {"login": IVANOV, "new": NEW, "repeat": NEW}
    assert (await world.call("POST", "/api/v1/lk/password", body))[0] == 422
