"""The engine by playbooks: what a subscriber types and what comes back."""

import pytest

from tests.unit.menu.playbook import DONE, ERROR, FixedFacts, Player, denied, done, engine_of, menus_of, play
from ussd_gateway.menu.engine import ActionNeeded, Engine, Entry, Finish, Position, Show
from ussd_gateway.vocabulary import Value

GUIDE = """\
menu: guide
service_codes: ["*105#"]
direct: {"*105*0#": ask_sum, "*105*7#": pay}
start: root
screens:
  root:
    choices:
      1: {label: {ru: Счет, en: Account}, to: account}
      2: {label: {ru: Оплатить, en: Pay}, to: ask_sum}
      3: {label: {ru: Бюджет, en: Budget}, when: subscriber.corporate, end: {ru: Бюджет!, en: Budget!}}
  account:
    text: {ru: "Баланс {account.balance_kop|money}р\\n{choices}", en: "Balance\\n{choices}"}
    choices:
      1:
        label: {ru: Тариф, en: Tariff}
        to:
          - {screen: rich, when: account.balance_kop >= 3000}
          - {screen: poor}
      4: {label: {ru: Связь, en: Line}, action: line.ping, on: {done: {to: root}}}
      0: {label: {ru: Назад, en: Back}, back: true}
  rich: {end: "{subscriber.tariff}"}
  poor: {end: {ru: Бедно, en: Poor}, sms: "+{subscriber.msisdn}", from: "000100"}
  ask_sum:
    text: {ru: "Сумма?", en: "Sum?"}
    input: {name: sum, match: amount, min: 1, max: "500.50", error: {ru: "От 1 до 500.50", en: "1-500.50"}}
    to: pay
  pay:
    action: money.pay
    with: {fee_kop: 500, note: "{subscriber.tariff}!"}
    on:
      done: {end: paid, sms: paid}
      denied: {to: refused, sms: {ru: "Отказ: {reason}", en: "Denied: {reason}"}, from: 0011}
  refused:
    text: {ru: "{reason}\\n{choices}", en: "{reason}\\n{choices}"}
    choices:
      1: {label: {ru: Снова, en: Again}, to: ask_sum}
      0: {label: {ru: Назад, en: Back}, back: true}
"""

ROOT = "1 Счет\n2 Оплатить"
ACCOUNT = "Баланс 12345.67р\n1 Тариф\n4 Связь\n0 Назад"


@pytest.fixture(scope="module")
def engine() -> Engine:
    return engine_of(GUIDE)


def test_choices_lead_on_and_back(engine):
    assert play(engine, "*105#", "1", "0", " 1 ", "1") == [
        f"ask: {ROOT}",
        f"ask: {ACCOUNT}",
        f"ask: {ROOT}",
        f"ask: {ACCOUNT}",
        "end: Включайся! Пиши",
    ]


def test_languages(engine):
    assert play(engine, "*105#", "2", "x", language="en") == [
        "ask: 1 Account\n2 Pay",
        "ask: Sum?",
        "ask: 1-500.50\nSum?",
    ]


def test_choices_by_condition(engine):
    corporate = FixedFacts({"subscriber.corporate": True})
    assert play(engine, "*105#", "3", facts=corporate) == [f"ask: {ROOT}\n3 Бюджет", "end: Бюджет!"]
    # A hidden choice cannot be taken either.
    assert play(engine, "*105#", "3") == [f"ask: {ROOT}", f"ask: Неверно\n{ROOT}"]


def test_targets_by_condition_and_sms_of_an_end(engine):
    poor = FixedFacts({"account.balance_kop": 2999})
    assert play(engine, "*105*1#", "1", facts=poor)[1:] == ["sms from 000100: +79261234567", "end: Бедно"]


def test_a_wrong_choice_repeats_the_screen_once_then_ends(engine):
    assert play(engine, "*105#", "9", "") == [f"ask: {ROOT}", f"ask: Неверно\n{ROOT}", "end: Хватит"]


def test_a_good_answer_forgives_the_wrong_one(engine):
    transcript = play(engine, "*105#", "9", "1", "x", "0", "y")
    assert transcript[1::2] == [f"ask: Неверно\n{ROOT}", f"ask: Неверно\n{ACCOUNT}", f"ask: Неверно\n{ROOT}"]


def test_an_action_is_asked_for_and_its_results_are_variables(engine):
    assert play(engine, "*105#", "2", "300,5", done(paid_kop=500)) == [
        f"ask: {ROOT}",
        "ask: Сумма?",
        "do: money.pay fee_kop=500 note='Включайся! Пиши!'",
        "sms: Оплачено 5р",
        "end: Оплачено 5р",
    ]


def test_a_refusal_says_why_and_the_branch_sends_its_sms(engine):
    assert play(engine, "*105#", "2", "300", denied("no.money", need_kop=700), "1", "0", "0") == [
        f"ask: {ROOT}",
        "ask: Сумма?",
        "do: money.pay fee_kop=500 note='Включайся! Пиши!'",
        "sms from 0011: Отказ: Мало денег: нужно 7р",
        "ask: Мало денег: нужно 7р\n1 Снова\n0 Назад",
        "ask: Сумма?",
        "ask: Мало денег: нужно 7р\n1 Снова\n0 Назад",
        "ask: Сумма?",
    ]


def test_a_reason_without_a_text_is_shown_as_it_is(engine):
    assert play(engine, "*105*7#", denied("no.such.text"))[1:] == [
        "sms from 0011: Отказ: no.such.text",
        "ask: no.such.text\n1 Снова\n0 Назад",
    ]


def test_an_error_ends_with_the_common_text(engine):
    assert play(engine, "*105*7#", ERROR)[1:] == ["end: Недоступно"]


def test_an_action_on_a_choice(engine):
    assert play(engine, "*105#", "1", "4", DONE) == [
        f"ask: {ROOT}",
        f"ask: {ACCOUNT}",
        "do: line.ping",
        f"ask: {ROOT}",
    ]


@pytest.mark.parametrize("answer", ["0.99", "500.51", "1.234", "-5", "5 5", "٥", "", "1e2", "9" * 200])
def test_bad_sums(engine, answer):
    assert play(engine, "*105*0#", answer) == ["ask: Сумма?", "ask: От 1 до 500.50\nСумма?"]


@pytest.mark.parametrize("answer,kopecks", [("1", 100), ("500.50", 50050), ("7,5", 750), (" 12.34 ", 1234)])
def test_good_sums(engine, answer, kopecks):
    player = Player(engine).dial("*105*0#", answer)
    assert isinstance(player.step, ActionNeeded)
    assert player.position.variables["sum"] == kopecks


# ---------------------------------------------------------------- the way back


def test_back_from_the_first_screen_ends(engine):
    assert play(engine, "*105#", "0") == [f"ask: {ROOT}", "end: Пока"]


def test_back_from_a_direct_code_is_the_start(engine):
    assert play(engine, "*105*0#", "0", "0") == ["ask: Сумма?", f"ask: {ROOT}", "end: Пока"]


def test_back_follows_the_walked_screens(engine):
    assert play(engine, "*105*1#", "0") == [f"ask: {ACCOUNT}", f"ask: {ROOT}"]


# ---------------------------------------------------------------- walking a dialled string


def test_the_rest_of_the_code_is_walked(engine):
    assert play(engine, "*105*1*1#") == ["end: Включайся! Пиши"]


def test_a_segment_that_meets_an_input_is_its_answer(engine):
    assert play(engine, "*105*2*50#") == ["do: money.pay fee_kop=500 note='Включайся! Пиши!'"]


def test_the_walk_goes_on_after_an_action(engine):
    assert play(engine, "*105*1*4*2#", DONE) == ["do: line.ping", "ask: Сумма?"]


def test_an_invalid_segment_shows_its_screen_and_drops_the_rest(engine):
    assert play(engine, "*105*1*7*1*1#", "1") == [f"ask: Неверно\n{ACCOUNT}", "end: Включайся! Пиши"]
    assert play(engine, "*105*2*9999*1#", "9999") == ["ask: От 1 до 500.50\nСумма?", "end: Хватит"]


def test_a_direct_code_wins_over_the_walk(engine):
    assert play(engine, "*105*0#") == ["ask: Сумма?"]


# ---------------------------------------------------------------- starts, dead ends, kinds of input

SMALL = """\
menu: small
service_codes: ["*1#"]
start:
  - {screen: company, when: subscriber.corporate}
  - {screen: person}
repeat_wrong: 0
back: B
screens:
  company: {end: "company"}
  person:
    text: "Hello"
    choices:
      1: {label: x, to: number}
      2: {label: x, to: hidden}
      3: {label: x, to: pin}
      4: {label: x, to: free}
      5: {label: x, to: word}
  hidden:
    choices:
      1: {label: x, when: subscriber.corporate, end: x}
  number:
    text: "Number?"
    input: {name: to, match: msisdn}
    to: shown
  shown: {end: "{to|phone}"}
  pin:
    text: "PIN?"
    input: {name: pin, match: digits, min_length: 4, max_length: 4, secret: true}
    to: pin_shown
  pin_shown: {end: "PIN {pin}", sms: "{pin}"}
  free:
    text: "Say"
    input: {name: said, min_length: 0, max_length: 5}
    to: said
  said: {end: "<{said}>"}
  word:
    text: "Word?"
    input: {name: word, match: regex, pattern: "[a-c]+|x"}
    to: word_shown
  word_shown: {end: "{word}"}
"""


@pytest.fixture(scope="module")
def small() -> Engine:
    return engine_of(SMALL)


def test_the_start_is_chosen_by_condition(small):
    assert play(small, "*1#", facts=FixedFacts({"subscriber.corporate": True})) == ["end: company"]
    assert play(small, "*1#") == ["ask: Hello"]


def test_without_a_placeholder_the_text_stands_alone(small):
    assert play(small, "*1#", "1") == ["ask: Hello", "ask: Number?"]


def test_no_repetition_when_the_menu_wants_none(small):
    assert play(small, "*1#", "9") == ["ask: Hello", "end: Хватит"]


def test_a_screen_without_a_visible_choice_ends(small):
    assert play(small, "*1*2#") == ["end: Ничего"]


@pytest.mark.parametrize("typed", ["+7 926 123-45-67", "89261234567", "9261234567", "79261234567"])
def test_numbers_are_normalised(small, typed):
    assert play(small, "*1*1#", typed)[1:] == ["end: +79261234567"]


@pytest.mark.parametrize("typed", ["123", "number", "+", "7926123456789012"])
def test_what_is_no_number(small, typed):
    assert play(small, "*1*1#", typed)[1:] == ["end: Хватит"]


def test_leading_zeros_survive(small):
    assert play(small, "*1*3#", "0042")[1:] == ["sms: 0042", "end: PIN 0042"]
    assert play(small, "*1*3#", "٠٠٤٢")[1:] == ["end: Хватит"]


def test_lengths_and_patterns(small):
    assert play(small, "*1*4#", "")[1:] == ["end: <>"]
    assert play(small, "*1*4#", "123456")[1:] == ["end: Хватит"]
    assert play(small, "*1*5#", "abcab")[1:] == ["end: abcab"]
    assert play(small, "*1*5#", "abx")[1:] == ["end: Хватит"]


def test_the_back_key_is_configurable_and_yields_to_a_good_answer(small):
    assert play(small, "*1*1#", "B") == ["ask: Number?", "ask: Hello"]
    assert play(small, "*1*4#", "B")[1:] == ["end: <B>"]


def test_secrets_are_marked(small):
    player = Player(small).dial("*1*3#")
    assert isinstance(player.step, Show)
    assert player.step.secret  # the answer to come
    player.send("4321")
    assert isinstance(player.step, Finish)
    assert player.step.secret
    assert [sms.secret for sms in player.step.messages] == [True]
    assert not Player(small).dial("*1*1#").step.secret


def test_a_result_declared_secret_marks_what_shows_it():
    engine = engine_of("""\
menu: codes
service_codes: ["*2#"]
start: make
screens:
  make:
    action: code.make
    on: {done: {to: shown, sms: code.sms}}
  shown: {end: "{code}"}
""")
    player = Player(engine).dial("*2#").send(done(code="77"))
    assert isinstance(player.step, Finish)
    assert (player.step.text, player.step.secret) == ("77", True)
    assert [sms.secret for sms in player.step.messages] == [True]


# ---------------------------------------------------------------- lists and paging

TARIFFS = """\
menu: tariffs
service_codes: ["*3#"]
start: list
screens:
  list:
    list: {from: tariffs.available, label: "{name} {fee_kop|money}р", to: confirm}
    choices:
      0: {label: {ru: Назад, en: Back}, back: true}
  confirm:
    text: "{name}: {code}?\\n{choices}"
    choices:
      1:
        label: Да
        action: money.pay
        with: {fee_kop: "{fee_kop}"}
        on: {done: {end: ok}, denied: {end: x}}
      0: {label: Нет, back: true}
"""


def tariffs(count: int) -> FixedFacts:
    rows: list[dict[str, Value]] = [
        {"code": f"t{n}", "name": f"Включайся! {n}", "fee_kop": n * 1000} for n in range(1, count + 1)
    ]
    return FixedFacts(rows={"tariffs.available": rows})


@pytest.fixture(scope="module")
def tariff_engine() -> Engine:
    return engine_of(TARIFFS)


def test_rows_are_numbered_through_all_pages(tariff_engine):
    page_1 = "1 Включайся! 1 10р\n2 Включайся! 2 20р\n3 Включайся! 3 30р\n99 Далее\n0 Назад"
    page_2 = "4 Включайся! 4 40р\n5 Включайся! 5 50р\n99 Далее\n98 Обратно\n0 Назад"
    page_3 = "6 Включайся! 6 60р\n7 Включайся! 7 70р\n8 Включайся! 8 80р\n98 Обратно\n0 Назад"
    transcript = play(tariff_engine, "*3#", "99", "99", "98", "8", facts=tariffs(8))
    assert transcript == [
        f"ask: {page_1}",
        f"ask: {page_2}",
        f"ask: {page_3}",
        f"ask: {page_2}",
        "ask: Включайся! 8: t8?\n1 Да\n0 Нет",
    ]


def test_the_row_chosen_gives_the_variables(tariff_engine):
    assert play(tariff_engine, "*3*2*1#", facts=tariffs(5)) == ["do: money.pay fee_kop=2000"]


@pytest.mark.parametrize("answer", ["6", "00", "01", "99", "98", "-1", "1.0", "²", "9999999999"])
def test_what_is_no_row(tariff_engine, answer):
    shown = "1 Включайся! 1 10р\n2 Включайся! 2 20р\n0 Назад"
    assert play(tariff_engine, "*3#", answer, facts=tariffs(2)) == [f"ask: {shown}", f"ask: Неверно\n{shown}"]


def test_back_returns_to_the_first_page(tariff_engine):
    transcript = play(tariff_engine, "*3#", "99", "3", "0", facts=tariffs(5))
    assert transcript[3] == transcript[0]


def test_a_list_without_rows_ends(tariff_engine):
    assert play(tariff_engine, "*3#", facts=tariffs(0)) == ["end: Пусто"]


def test_a_list_that_shrank_shows_its_last_page(tariff_engine):
    player = Player(tariff_engine, tariffs(5)).dial("*3#", "99")
    player.facts = tariffs(1)
    assert player.send("77").transcript[-1] == "ask: Неверно\n1 Включайся! 1 10р\n0 Назад"


LONG = """\
menu: long
service_codes: ["*4#"]
start: root
paging: {more: "+", back: "-", more_label: {ru: Еще, en: More}, back_label: {ru: Раньше, en: Less}}
screens:
  root:
    choices:
      1: {label: {ru: Черный список один рубль в сутки, en: a}, end: long_text}
      2: {label: {ru: Живой баланс два рубля в сутки, en: b}, end: x}
      3: {label: {ru: Детский интернет по два рубля в сутки, en: c}, end: x}
      0: {label: {ru: Назад, en: Back}, back: true}
""".replace("long_text", '"' + "слово " * 30 + 'конец"')


def test_choices_are_paged_with_the_way_back_on_every_page():
    engine = engine_of(LONG)
    page_1 = "1 Черный список один рубль в сутки\n+ Еще\n0 Назад"
    page_2 = "2 Живой баланс два рубля в сутки\n+ Еще\n- Раньше\n0 Назад"
    page_3 = "3 Детский интернет по два рубля в сутки\n- Раньше\n0 Назад"
    transcript = play(engine, "*4#", "+", "+", "-", "+", "+")
    assert transcript == [
        f"ask: {page_1}",
        f"ask: {page_2}",
        f"ask: {page_3}",
        f"ask: {page_2}",
        f"ask: {page_3}",
        f"ask: Неверно\n{page_3}",
    ]
    assert play(engine, "*4#", language="en") == ["ask: 1 a\n2 b\n3 c\n0 Back"]


def test_a_choice_of_another_page_may_be_taken():
    assert play(engine_of(LONG), "*4#", "3")[1:] == ["end: x"]


def test_a_long_last_text_is_leafed_through():
    player = Player(engine_of(LONG)).dial("*4*1#")
    assert player.transcript == ["ask: " + " ".join(["слово"] * 12) + "\n+ Еще"]
    player.send("+")
    assert player.transcript[-1] == "ask: " + " ".join(["слово"] * 11) + "\n+ Еще\n- Раньше"
    player.send("-", "+", "+")
    assert player.transcript[-1] == "end: " + " ".join(["слово"] * 7) + " конец"


# ---------------------------------------------------------------- versions


OLD_VERSION = """\
menu: guide
service_codes: ["*105#"]
start: root
screens:
  root:
    choices: {1: {label: old, to: gone}}
  gone:
    choices: {1: {label: end, end: the old end}}
"""
NEW_VERSION = """\
menu: guide
service_codes: ["*105#"]
start: root
screens:
  root:
    choices: {1: {label: new, end: the new end}}
"""


def test_a_reload_leaves_open_dialogues_in_their_version():
    engine = engine_of(OLD_VERSION)
    player = Player(engine).dial("*105#")
    engine.reload(menus_of(NEW_VERSION))
    assert play(engine, "*105#", "1") == ["ask: 1 new", "end: the new end"]
    assert player.send("1", "1").transcript == ["ask: 1 old", "ask: 1 end", "end: the old end"]


def test_a_dialogue_of_a_forgotten_version_goes_on_where_the_present_one_knows_its_screen():
    engine = engine_of(GUIDE)
    position = Position("guide", "long-ago", state="account", history=("root",))
    step = engine.advance(position, "0", FixedFacts(), "ru")
    assert isinstance(step, Show)
    assert step.text == ROOT
    assert position.version == engine.menus.by_name["guide"].version


@pytest.mark.parametrize("menu,state", [("guide", "gone"), ("gone", "root")])
def test_a_dialogue_nobody_knows_ends(menu, state):
    engine = engine_of(GUIDE)
    step = engine.advance(Position(menu, "long-ago", state=state), "1", FixedFacts(), "ru")
    assert isinstance(step, Finish)
    assert step.text == "Недоступно"
    step = engine.resume(Position(menu, "long-ago", state=state), DONE, FixedFacts(), "ru")
    assert isinstance(step, Finish)


def test_replaced_versions_are_kept_up_to_a_limit():
    engine = engine_of(GUIDE)
    first = Player(engine).dial("*105#")
    for number in range(70):
        engine.reload(menus_of(GUIDE.replace("Счет", f"Счет {number}")))
    assert len(engine._books) <= 65
    assert first.send("1").transcript[-1] == f"ask: {ACCOUNT}"


def test_an_answer_while_an_action_runs_is_a_bug_of_the_caller(engine):
    position, step = engine.begin(Entry("guide", "*105*7#", direct=True), [], FixedFacts(), "ru")
    assert isinstance(step, ActionNeeded)
    with pytest.raises(ValueError, match="waits for no answer"):
        engine.advance(position, "1", FixedFacts(), "ru")
