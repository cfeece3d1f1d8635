"""The HTML report: one file that asks nobody for anything, whatever stands on the screens."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.replay.verdicts import all_kinds, dialled, green, run, screen, sms, step
from ussd_gateway.replay.html import to_html
from ussd_gateway.replay.html.layout import NODE_HEIGHT, NODE_WIDTH, lay_out
from ussd_gateway.replay.menu_map import Coverage, MenuMap, Road, Spot, Tally
from ussd_gateway.replay.verdict import Difference, Verdict

MAP = MenuMap(
    "demo",
    "A small menu",
    [Spot("root", "choices", "1 Счет", 3), Spot("left", "end", "Ваш счет", 2), Spot("never", "end")],
    [
        Road("*105#", "root", "", 3),
        Road("root", "left", "1 Счет", 2),
        Road("root", "never", "2 Нет", 0),
        Road("left", "root", "0", 0),
        Road("root", "root", "error", 1),
        Road("*105*1#", "left", "", 0),
    ],
)


class Page(HTMLParser):
    """A page read by a parser: its elements, the texts in them, and whether every element is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def full() -> str:
    return to_html(all_kinds(), made="today", coverage=Coverage([MAP], [Tally("SMS commands", [("PAS", 1)])]))


def test_it_asks_nobody_for_anything() -> None:
    page = Page(full())
    assert not {"script", "link", "img", "iframe", "object", "base", "form"} & set(page.tags)
    assert {
        name for name, _ in page.attributes if name in ("src", "srcset", "style", "data", "action")
    } == set()
    assert all((value or "").startswith("#") for name, value in page.attributes if name == "href")
    assert not re.search(r"https?:|url\(|@import", full())


def test_its_policy_allows_its_own_style_and_nothing_else() -> None:
    style = full().split("<style>")[1].split("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src &#x27;none&#x27;; style-src &#x27;sha256-{digest}&#x27;; base-uri"
    assert policy in full()


def test_every_link_leads_somewhere() -> None:
    attributes = Page(full()).attributes
    ids = [value for name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value for name, value in attributes if name == "href"} <= {f"#{each}" for each in ids}


def test_it_tells_counts_screens_and_differences() -> None:
    texts = Page(full()).texts
    assert {"failed", "1 Баланс\n2 Услуги\n0 Выход", "Пароль изменен", "✉ SMS from 000110"} <= set(texts)
    assert {"и", "а", "life.yaml:4:5", "40 ms"} <= set(texts)
    assert "- 2 Услуг<mark>и</mark>" in full()


def test_a_verdict_without_runs_or_screens_is_a_page_too() -> None:
    assert "latency" not in re.findall(r'id="(\w+)"', to_html(Verdict("smpp")))
    assert Page(to_html(Verdict("smpp", [run(step(3, "topup 100"))]))).tags.count("details") == 1


@given(st.text(max_size=30))
def test_no_text_becomes_markup(text: str) -> None:
    evil = f"</style><script>{text}</script>\"'<img src=x onerror=y>"
    bad = step(3, evil, dialled(evil), screen(evil), sms(evil), status="failed", message=evil,
               differences=(Difference(evil, evil, evil),), latency_ms=1.0)  # fmt: skip
    menu = MenuMap(evil, evil, [Spot(evil, evil, evil)], [Road(evil + "!", evil, evil)])
    verdict = Verdict(evil, [run(bad, script=evil, note=evil), green()])
    page = Page(to_html(verdict, made=evil, coverage=Coverage([menu], [Tally(evil, [(evil, 0)])])))
    assert not {"script", "img"} & set(page.tags)
    assert page.tags.count("style") == 1


def test_screens_of_a_map_do_not_lie_on_each_other() -> None:
    nodes = lay_out(MAP).nodes
    assert {node.name for node in nodes} == {"*105#", "*105*1#", "root", "left", "never"}
    for index, one in enumerate(nodes):
        for other in nodes[index + 1 :]:
            apart = abs(one.x - other.x) >= NODE_WIDTH or abs(one.y - other.y) >= NODE_HEIGHT
            assert apart, (one.name, other.name)


def test_a_map_says_what_was_visited() -> None:
    page = full()
    assert "67 % screens (2 of 3)" in page
    assert "50 % choices (3 of 6)" in page
    assert "never (end), shown 0 times" in page
    assert "root → never: 2 Нет, taken 0 times" in page
    assert "1 screens never shown" not in page
    assert "1 screen never shown" in page


def test_a_circle_without_a_code_and_a_road_to_nowhere_are_drawn() -> None:
    menu = MenuMap("odd", "", [Spot("a", "end"), Spot("b", "end")],
                   [Road("a", "b"), Road("b", "a"), Road("b", "gone")])  # fmt: skip
    drawing = lay_out(menu)
    assert [(link.source.name, link.target.name, link.across) for link in drawing.links] == [
        ("a", "b", False),
        ("b", "a", True),
    ]
