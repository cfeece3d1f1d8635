"""What a caller hears for each key, key by key."""

import pytest

from tests.unit.voice.playbook import (
    DONE,
    ERROR,
    SILENCE,
    FixedFacts,
    Player,
    denied,
    done,
    play,
    voice_of,
)
from ussd_gateway.voice.engine import MAX_DIGITS, Listen, Speak

LINE = """\
channel: voice
menu: line
numbers:
  "0505": root
  "0501":
    - {screen: firm, when: subscriber.corporate}
    - {screen: balance}
agent: person
profile: {careful: false, tries: 3}
screens:
  root:
    text: {ru: "Линия. {choices}. Оператор - 0", en: "Line. {choices}"}
    choices:
      1: {label: {ru: Счет, en: Account}, to: account}
      2: {label: {ru: Деньги, en: Money}, to: sum}
      3: {label: {ru: Тариф, en: Tariff}, to: offers}
      4: {label: {ru: Фирма, en: Firm}, to: firm, when: subscriber.corporate}
      5: {label: {ru: Проверка, en: Check}, to: [{screen: check, when: careful}, {screen: account}]}
      6: {label: {ru: Пинг, en: Ping}, action: line.ping, on: {done: {end: {ru: Готово, en: Done}}}}
  account:
    text: "{choices}"
    choices:
      1: {label: {ru: Баланс, en: Balance}, to: balance_said}
      2: {label: {ru: Глубже, en: Deeper}, to: deeper}
      9: {label: {ru: Назад, en: Back}, back: true}
  deeper:
    text: {ru: "Дно. {choices}", en: "Bottom. {choices}"}
    choices:
      1: {label: {ru: Наверх, en: Up}, to: root}
  balance_said:
    text: {ru: "{account.balance_kop|spoken}", en: "{account.balance_kop|spoken}"}
    to: account
  sum:
    text: {ru: Сумма, en: Sum}
    input: {name: sum_kop, match: amount, max: 500}
    to: pay
  pay:
    action: money.pay
    with: {fee_kop: "{sum_kop}", note: "call {tries}"}
    on:
      done: {to: paid, sms: code.sms, from: "0505"}
      denied: {to: refused}
  paid:
    text: {ru: "Снято {paid_kop|money}", en: "{paid_kop|money} taken"}
    to: root
  refused:
    end: "{reason}"
  offers:
    list:
      from: tariffs.available
      text: {ru: "{name} за {fee_kop|money}. Да - 1, дальше - 2", en: "{name} for {fee_kop|money}"}
      to: offer
  offer:
    end: {ru: "Выбран {name}, {code}", en: "{name} it is, {code}"}
  firm:
    end: {ru: Фирма, en: Firm}
  check:
    end: {ru: Проверка, en: Check}
  balance:
    end: {ru: "Баланс {account.balance_kop|money2}", en: "Balance {account.balance_kop|money2}"}
  person:
    end: {ru: Оператор, en: Operator}
"""
ROOT = "Линия. Счет - 1. Деньги - 2. Тариф - 3. Проверка - 5. Пинг - 6. Оператор - 0"
ACCOUNT = "Баланс - 1. Глубже - 2. Назад - 9"
CORPORATE = FixedFacts({"subscriber.corporate": True})
TARIFFS = FixedFacts(
    rows={
        "tariffs.available": [
            {"code": "a", "name": "Первый", "fee_kop": 100},
            {"code": "b", "name": "Второй", "fee_kop": 200},
        ]
    }
)


def test_a_key_leads_on():
    assert play(LINE, "0505", "1") == [ROOT, ACCOUNT]


def test_a_number_may_lead_to_different_screens():
    assert play(LINE, "0501") == ["end: Баланс 12345.67"]
    assert play(LINE, "0501", facts=CORPORATE) == ["end: Фирма"]


def test_a_choice_is_announced_and_taken_only_by_whom_it_is_for():
    assert play(LINE, "0505", "4", facts=CORPORATE)[1] == "end: Фирма"
    assert play(LINE, "0505", "4") == [ROOT, f"Нет такой\n{ROOT}"]


def test_an_announcement_comes_with_what_follows():
    said = "12345 рублей 67 копеек"
    assert play(LINE, "0505", "11") == [ROOT, ACCOUNT, f"{said}\n{ACCOUNT}"]


@pytest.mark.parametrize("keys", ["1*", "19"])
def test_back(keys):
    assert play(LINE, "0505", keys) == [ROOT, ACCOUNT, ROOT]


def test_back_from_the_first_prompt_says_it_again():
    assert play(LINE, "0505", "**") == [ROOT, ROOT, ROOT]


def test_what_an_announcement_led_back_to_is_not_behind():
    # account, announcement, account again: one step back is the root, not the account once more.
    assert play(LINE, "0505", "11*")[-1] == ROOT
    assert play(LINE, "0505", "121*")[-1] == ROOT


def test_zero_asks_for_a_person_where_it_means_nothing_else():
    assert play(LINE, "0505", "0") == [ROOT, "end: Оператор"]
    assert play(LINE, "0505", "10") == [ROOT, ACCOUNT, "end: Оператор"]
    assert play(LINE, "0505", "30", facts=TARIFFS)[-1] == "end: Оператор"


def test_zero_is_a_digit_of_an_input():
    assert play(LINE, "0505", "2", "100#") == [ROOT, "Сумма", "do: money.pay fee_kop=10000 note='call 3'"]


def test_without_a_person_zero_is_a_wrong_key():
    source = LINE.replace("agent: person\n", "").replace(
        "      6:", "      7: {label: П, to: person}\n      6:"
    )
    assert play(source, "0505", "0")[-1].startswith("Нет такой\n")


def test_hash_ends_an_input_and_a_wrong_one_is_asked_again():
    assert play(LINE, "0505", "2", "501#", "#", "500#") == [
        ROOT,
        "Сумма",
        "Не то\nСумма",
        "Не то\nСумма",
        "do: money.pay fee_kop=50000 note='call 3'",
    ]


def test_star_leaves_an_input_and_forgets_its_digits():
    assert play(LINE, "0505", "2", "77*", "2", "1#")[-1] == "do: money.pay fee_kop=100 note='call 3'"


def test_done_sends_what_the_branch_declares_and_goes_on():
    transcript = play(LINE, "0505", "2", "1#", done(paid_kop=100))
    assert transcript[-2:] == ["sms: Код", f"Снято 1\n{ROOT}"]


def test_denied_says_why():
    assert play(LINE, "0505", "2", "1#", denied("no.money", need_kop=100))[-1] == "end: Мало денег: нужно 1р"


def test_what_a_file_says_once_goes_for_every_action():
    source = LINE.replace("      denied: {to: refused}\n", "").replace(
        "agent: person", "agent: person\non: {denied: {to: said}, error: {end: {ru: Сломано, en: Broken}}}"
    )
    source = source.replace("  refused:\n    end:", "  said:\n    back: true\n    text:")
    refusal = denied("no.money", need_kop=100)
    assert play(source, "0505", "2", "1#", refusal, "*")[-2:] == ["Мало денег: нужно 1р\nСумма", ROOT]
    assert play(source, "0505", "2", "1#", ERROR)[-1] == "end: Сломано"


def test_an_announcement_may_lead_back_and_ends_the_call_where_nothing_was_asked():
    source = LINE.replace("    to: account\n  sum:", "    back: true\n  sum:")
    source = source.replace('"0505": root', '"0505": root\n  "0502": balance_said')
    said = "12345 рублей 67 копеек"
    assert play(source, "0505", "11*") == [ROOT, ACCOUNT, f"{said}\n{ACCOUNT}", ROOT]
    assert play(source, "0502") == [f"end: {said}"]


def test_a_screen_that_says_nothing_only_leads_on_and_may_set_variables():
    source = LINE.replace(
        "en: Check}, to: [{screen: check, when: careful}, {screen: account}]}",
        "en: Check}, to: {screen: crossing, set: {careful: true}}}",
    ).replace(
        "  check:\n", "  crossing:\n    to: [{screen: check, when: careful}, {screen: account}]\n  check:\n"
    )
    assert play(source, "0505", "5") == [ROOT, "end: Проверка"]


def test_an_action_that_could_not_run_ends_the_call():
    assert play(LINE, "0505", "2", "1#", ERROR)[-1] == "end: Недоступно"
    assert play(LINE, "0505", "6", ERROR)[-1] == "end: Недоступно"
    assert play(LINE, "0505", "6", DONE)[-1] == "end: Готово"


def test_offers_are_read_one_by_one():
    first, second = "Первый за 1. Да - 1, дальше - 2", "Второй за 2. Да - 1, дальше - 2"
    assert play(LINE, "0505", "3221", facts=TARIFFS) == [ROOT, first, second, first, "end: Выбран Первый, a"]
    assert play(LINE, "0505", "321", facts=TARIFFS)[-1] == "end: Выбран Второй, b"
    assert play(LINE, "0505", "3*", facts=TARIFFS)[-1] == ROOT
    assert play(LINE, "0505", "35", facts=TARIFFS)[-1] == f"Нет такой\n{first}"


def test_the_offer_heard_is_the_offer_taken():
    facts = FixedFacts(rows=TARIFFS.lists)
    player = Player(voice_of(LINE), facts).dial("0505", "32")
    facts.lists["tariffs.available"] = [{"code": "c", "name": "Третий", "fee_kop": 300}]
    assert player.send("1").transcript[-1] == "end: Выбран Второй, b"


def test_a_list_that_became_shorter_is_read_from_its_start():
    facts = FixedFacts(rows=TARIFFS.lists)
    player = Player(voice_of(LINE), facts).dial("0505", "32")
    facts.lists["tariffs.available"] = [{"code": "c", "name": "Третий", "fee_kop": 300}]
    assert player.send("2").transcript[-1] == "Третий за 3. Да - 1, дальше - 2"
    facts.lists["tariffs.available"] = []
    assert player.send("2").transcript[-1] == "end: Пусто"


def test_a_list_without_rows_ends_the_call():
    assert play(LINE, "0505", "3") == [ROOT, "end: Пусто"]


def test_silence_repeats_twice_then_ends():
    assert play(LINE, "0505", SILENCE, SILENCE, SILENCE) == [ROOT, ROOT, ROOT, "end: Тишина"]


def test_any_key_ends_the_silence():
    assert play(LINE, "0505", SILENCE, SILENCE, "1", SILENCE, SILENCE)[-1] == ACCOUNT
    assert play(LINE, "0505", SILENCE, SILENCE, "7", SILENCE, SILENCE)[-1] == ROOT
    transcript = play(LINE, "0505", "2", SILENCE, SILENCE, "1", SILENCE, SILENCE)
    assert transcript == [ROOT, *["Сумма"] * 5]


def test_silence_forgets_a_begun_input():
    assert play(LINE, "0505", "2", "9", SILENCE, "1#")[-1] == "do: money.pay fee_kop=100 note='call 3'"


def test_too_many_wrong_keys_end_the_call():
    assert play(LINE, "0505", "777") == [ROOT, f"Нет такой\n{ROOT}", f"Нет такой\n{ROOT}", "end: Хватит"]
    assert play(LINE, "0505", "2", "##", "#")[-1] == "end: Хватит"


def test_a_good_key_forgives_wrong_ones():
    assert play(LINE, "0505", "77", "1", "77")[-1] == f"Нет такой\n{ACCOUNT}"


def test_silence_and_wrong_keys_can_be_set():
    source = LINE.replace("agent: person", "agent: person\nsilence: {after: 5, repeat: 0}\nrepeat_wrong: 0")
    menus = voice_of(source)
    assert menus.by_name["line"].silence_ms == 5_000
    assert Player(menus).dial("0505", SILENCE).transcript[-1] == "end: Тишина"
    assert Player(menus).dial("0505", "7").transcript[-1] == "end: Хватит"


def test_a_profile_is_read_by_conditions():
    assert play(LINE, "0505", "5")[-1] == ACCOUNT
    assert play(LINE.replace("careful: false", "careful: true"), "0505", "5")[-1] == "end: Проверка"


def test_the_language_is_the_callers():
    assert Player(voice_of(LINE), language="en").dial("0505", "11").transcript[-1] == (
        "12345 roubles 67 kopecks\nBalance - 1. Deeper - 2. Back - 9"
    )


def test_an_input_takes_no_more_digits_than_anybody_enters():
    player = Player(voice_of(LINE)).dial("0505", "2", "1" * 1000)
    assert isinstance(player.step, Listen)
    assert len(player.position.digits) == MAX_DIGITS


def test_secrets_are_marked():
    source = LINE.replace("match: amount, max: 500}", "match: amount, max: 500, secret: true}").replace(
        'text: {ru: "Снято {paid_kop|money}"', 'text: {ru: "Снято {sum_kop|money}"'
    )
    player = Player(voice_of(source)).dial("0505", "2")
    assert isinstance(player.step, Speak)
    assert player.step.secret
    player.send("1#", done(paid_kop=100))
    assert isinstance(player.step, Speak)
    assert player.step.secret, "an announcement that says a secret"
    player.send("1")
    assert isinstance(player.step, Speak)
    assert not player.step.secret


def test_a_step_taken_again_from_a_copy_changes_nothing():
    player = Player(voice_of(LINE)).dial("0505", "1")
    before = player.position.copy()
    player.send("2")
    assert before.state == "account"
    assert before.history == ["root"]
