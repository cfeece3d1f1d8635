"""Screens that a web application shows: what a file may say of them, and where the menu goes on."""

import pytest

from tests.unit.menu.playbook import DONE, App, FixedFacts, engine_of, menus_of, play
from tests.unit.menu.test_lint import mistakes
from ussd_gateway.menu.engine import Engine, Finish, Position
from ussd_gateway.menu.graph import Edge, edges, to_dot, to_json, to_mermaid
from ussd_gateway.menu.model import AppScreen

MENU = """\
menu: shop
service_codes: ["*384#"]
direct: {"*384*0#": plain}
start: root
languages: [ru]
screens:
  root:
    choices:
      1: {label: Опрос, to: survey}
      2: {label: Просто, to: plain}
  survey:
    app: {http: "https://apps.example.com/ussd?key=1", profile: hubtel, timeout: 1500ms}
    on:
      done: {to: thanks, sms: "Ответ: {said}"}
      failed: {to: sorry}
  thanks:
    text: "{said}\\n{choices}"
    choices:
      1: {label: Еще раз, to: survey}
      2: {label: Платить, to: pay}
  pay:
    action: money.pay
    with: {fee_kop: 100}
    on: {done: {to: survey}, denied: {end: "{reason}"}}
  plain:
    app: {http: "http://localhost:9000/"}
  sorry: {end: Не вышло}
"""


def test_an_address_is_all_it_needs():
    assert mistakes(MENU.replace("https://apps.example.com/ussd?key=1", "https://localhost:9000/ussd")) == []
    plain = menus_of(MENU).by_name["shop"].screens["plain"]
    assert isinstance(plain, AppScreen)
    assert (plain.profile, plain.timeout_ms) == ("africastalking", 10_000)


def test_the_menu_goes_on_where_the_file_says():
    assert play(engine_of(MENU), "*384#", "1", App("Спасибо"), "1", App(None)) == [
        "ask: 1 Опрос\n2 Просто",
        "app: survey",
        "sms: Ответ: Спасибо",
        "ask: Спасибо\n1 Еще раз\n2 Платить",
        "app: survey",
        "end: Не вышло",
    ]


def test_without_branches_its_last_text_is_that_of_the_dialogue():
    engine = engine_of(MENU)
    assert play(engine, "*384*0#", App("Готово {said}")) == ["app: plain", "end: Готово {said}"]
    assert play(engine, "*384*0#", App("")) == ["app: plain", "end: "]
    assert play(engine, "*384*0#", App(None)) == ["app: plain", "end: Недоступно"]


def test_what_was_dialled_behind_it_is_the_applications():
    assert play(engine_of(MENU), "*384*1*7*8#", App("Да"), "2", DONE) == [
        "app: survey 7 8",
        "sms: Ответ: Да",
        "ask: Да\n1 Еще раз\n2 Платить",
        "do: money.pay fee_kop=100",
        "app: survey",
    ]


def test_the_way_back_leads_past_it():
    assert play(engine_of(MENU), "*384#", "1", App("Да"), "0")[-1] == "ask: 1 Опрос\n2 Просто"


def test_a_menu_that_knows_it_no_longer_ends():
    engine = engine_of(MENU)
    position = Position("shop", "an older one", "root")
    assert engine.app_at(position) is None
    assert engine.app_at(Position("gone", "1", "survey")) is None
    step = engine.come_back(position, "Да", FixedFacts(), "ru")
    assert isinstance(step, Finish)
    assert step.text == "Недоступно"


def test_an_open_dialogue_keeps_the_application_it_began_with():
    engine = Engine(menus_of(MENU))
    version = engine.menus.by_name["shop"].version
    engine.reload(menus_of(MENU.replace("apps.example.com", "new.example.com")))
    before = engine.app_at(Position("shop", version, "survey"))
    assert before is not None
    assert (before.host, before.timeout_ms, before.profile) == ("apps.example.com", 1500, "hubtel")
    now = engine.app_at(Position("shop", engine.menus.by_name["shop"].version, "survey"))
    assert now is not None
    assert now.host == "new.example.com"


def test_drawings_show_it_without_its_address():
    menu = menus_of(MENU).by_name["shop"]
    found = edges(menu, "ru")
    assert Edge("survey", "thanks", "done", sms=True) in found
    assert Edge("survey", "sorry", "failed") in found
    assert Edge("plain", "plain.done", "done") in found
    assert not [edge for edge in found if edge.source == "plain" and edge.on == "failed"]
    assert {"name": "survey", "kind": "app", "text": {}} in to_json(menu)["screens"]
    assert '[["survey<br/>apps.example.com"]]' in to_mermaid(menu, "ru")
    assert "shape=component" in to_dot(menu, "ru")
    for drawing in (str(to_json(menu)), to_mermaid(menu, "ru"), to_dot(menu, "ru"), repr(menu.screens)):
        assert "key=1" not in drawing


NO_ADDRESS = "is no address of a web application; write https://example.com/ussd"
NO_TIME = "is no time to wait for an answer; write 10s, from 100ms to 60s"


@pytest.mark.parametrize(
    "app, problem",
    [
        ("{http: ftp://x/}", f"12:17: `ftp://x/` {NO_ADDRESS}"),
        ("{http: 'http://x:99999/'}", f"12:17: `http://x:99999/` {NO_ADDRESS}"),
        ("{http: 'http://x/#a'}", f"12:17: `http://x/#a` {NO_ADDRESS}"),
        ("{profile: hubtel}", "12:5: missing key `http`"),
        (
            "{http: 'http://x/', profile: hubtell}",
            "12:39: unknown profile `hubtell` (did you mean `hubtel`?)",
        ),
        ("{http: 'http://x/', timeout: 2h}", f"12:39: `2h` {NO_TIME}"),
        ("{http: 'http://x/', timeout: 61s}", f"12:39: `61s` {NO_TIME}"),
        ("{http: 'http://x/', url: x}", "12:30: unknown key `url`"),
    ],
)
def test_mistakes_at_their_places(app, problem):
    assert mistakes(MENU.replace(MENU.splitlines()[11], f"    app: {app}")) == [problem]


def test_names_and_variables_after_it_are_checked():
    assert mistakes(MENU.replace("failed: {to: sorry}", "failed: {to: sory}")) == [
        "15:20: screen `sory` does not exist (did you mean `sorry`?)",
        "27:3: unreachable: nothing leads to screen `sorry`",
    ]
    assert mistakes(MENU.replace("sorry: {end: Не вышло}", 'sorry: {end: "{said}"}')) == [
        "27:16: variable `said` is not set on every way to this screen"
    ]
    assert mistakes(MENU.replace("{said}\\n", "{said|money}\\n")) == [
        "17:11: `said` is a text, not a sum of kopecks"
    ]


def test_an_application_that_is_asked_for_ever_is_a_mistake():
    source = MENU.replace("failed: {to: sorry}", "failed: {to: survey}")
    assert mistakes(source.replace("  sorry: {end: Не вышло}\n", "")) == [
        "12:5: `survey` leads back to itself without waiting for anybody"
    ]


def test_a_list_of_targets_after_it():
    source = MENU.replace(
        "failed: {to: sorry}", "failed: {to: [{screen: sorry, when: subscriber.corporate}, {screen: root}]}"
    )
    assert mistakes(source) == []
    screen = menus_of(source).by_name["shop"].screens["survey"]
    assert isinstance(screen, AppScreen)
    assert [case.screen for case in screen.failed.target] == ["sorry", "root"]
    assert play(engine_of(source), "*384*1#", App(None))[-1] == "ask: 1 Опрос\n2 Просто"
