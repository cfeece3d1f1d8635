"""Templates: substitution, filters, bounds, languages, and the catalogue of texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ussd_gateway.documents import FileModel, read_yaml, validate
from ussd_gateway.errors import ConfigError
from ussd_gateway.filters import FILTERS
from ussd_gateway.templates import MAX_FIELDS, MAX_TEMPLATE, MAX_VALUE, LocalText, Template, Texts
from ussd_gateway.vocabulary import Value

JUNE_14_0930_UTC = 1_781_429_400_000


@pytest.mark.parametrize(
    "source,values,expected",
    [
        ("", {}, ""),
        ("Счет", {}, "Счет"),
        ("{x}", {"x": 5}, "5"),
        ("{ x }", {"x": "a"}, "a"),
        ("{subscriber.msisdn|phone}", {"subscriber.msisdn": "79261234567"}, "+79261234567"),
        ("{{x}} {x}{x}", {"x": "1"}, "{x} 11"),
        ("{x|money}р", {"x": 15320}, "153.20р"),
        ("{x|money}", {"x": 100}, "1"),
        ("{x|money}", {"x": 0}, "0"),
        ("{x|money}", {"x": -5}, "-0.05"),
        ("{x|money}", {"x": -15300}, "-153"),
        ("{x|money2}", {"x": 100}, "1.00"),
        ("{x|date}", {"x": JUNE_14_0930_UTC}, "14.06.2026"),
        ("{x|day}", {"x": JUNE_14_0930_UTC}, "14.06"),
        ("{x|time}", {"x": JUNE_14_0930_UTC}, "12:30"),
        ("{x|moment}", {"x": JUNE_14_0930_UTC}, "14.06 12:30"),
        ("{x|upper} {x|lower}", {"x": "Пиши"}, "ПИШИ пиши"),
        ("{x|yesno}", {"x": True}, "да"),
    ],
)
def test_rendering(source, values, expected):
    assert Template(source).render("ru", values) == expected


@pytest.mark.parametrize(
    "source,message",
    [
        ("{x", "lonely `{`; write `{{` for the character itself"),
        ("x}", "lonely `}`; write `}}` for the character itself"),
        ("{}", "`{}` is not a field"),
        ("{x.}", "`{x.}` is not a field"),
        ("{0}", "`{0}` is not a field"),
        ("{x!r}", "`{x!r}` is not a field"),
        ("{x|mony}", r"unknown filter `mony` \(did you mean `money`\?\)"),
        ("{x|}", "unknown filter ``"),
        ("x" * (MAX_TEMPLATE + 1), "longer than"),
        ("{x}" * (MAX_FIELDS + 1), "more than"),
    ],
)
def test_mistakes_are_found_at_load(source, message):
    with pytest.raises(ValueError, match=message):
        Template(source)


def test_a_dot_never_looks_into_a_value():
    assert Template("{x.__class__}").render("ru", {"x": "a", "x.__class__": "a name like any other"}) == (
        "a name like any other"
    )


def test_values_are_never_parsed_again():
    assert Template("{x} {y}").render("ru", {"x": "{y}", "y": "{x|money}"}) == "{y} {x|money}"


def test_expansion_is_bounded():
    assert len(Template("{x}" * MAX_FIELDS).render("ru", {"x": "a" * 10**6})) == MAX_FIELDS * MAX_VALUE


def test_a_missing_value_is_a_bug():
    with pytest.raises(KeyError, match="gone"):
        Template("{gone}").render("ru", {})


@given(st.text(max_size=80))
def test_any_source_compiles_or_is_refused(source):
    try:
        template = Template(source)
    except ValueError:
        return
    values = dict.fromkeys(template.variables, "v")
    assert isinstance(template.render("ru", values), str)


@given(
    st.sampled_from(sorted(FILTERS)), st.integers() | st.text() | st.booleans(), st.sampled_from(["ru", "en"])
)
def test_filters_never_fail(name, value, language):
    assert isinstance(FILTERS[name](value, language), str)


@given(st.integers(-(10**12), 10**12))
def test_money_keeps_every_kopeck(kopecks):
    text = Template("{x|money2}").render("ru", {"x": kopecks})
    assert int(text.replace(".", "")) == kopecks


def test_languages_fall_back():
    text = LocalText({"en": "Hi {x}", "ru": "Привет {y}"})
    assert text.render("en", {"x": "1"}) == "Hi 1"
    assert text.render("kk", {"y": "2"}) == "Привет 2"
    assert text.variables == {"x", "y"}
    assert text.languages == {"ru", "en"}
    assert LocalText({"en": "Hi"}).render("ru", {}) == "Hi"
    plain = LocalText("Hi")
    assert (plain.render("ru", {}), plain.languages, plain.source) == ("Hi", frozenset(), "Hi")


class Sheet(FileModel):
    text: LocalText


def test_as_a_field_of_a_file_model():
    assert validate(read_yaml("text: 5010"), Sheet).text.render("ru", {}) == "5010"
    text = validate(read_yaml("text: {ru: Да, en: no, secret: true}"), Sheet).text
    assert (text.render("en", {}), text.secret) == ("no", True)


CATALOGUE = """\
pw.new: {secret: true, ru: "Пароль {password}", en: "Password {password}"}
bad.item: {ru: Неверный пункт, en: Wrong item}
plain: OK
"""


def test_catalogue():
    texts = Texts.load(read_yaml(CATALOGUE))
    assert sorted(texts) == ["bad.item", "plain", "pw.new"]
    assert texts.render("pw.new", "en", {"password": "1"}) == "Password 1"
    assert texts["pw.new"].secret
    assert texts.resolve(LocalText("bad.item")) is texts["bad.item"]
    other = LocalText("OK")
    assert texts.resolve(other) is other


@pytest.mark.parametrize(
    "text,complaint",
    [
        (LocalText("bad.item"), None),
        (LocalText("Hello. World"), None),
        (LocalText("OK"), None),
        (LocalText("hello"), None),
        (LocalText("bad.itm"), "unknown text `bad.itm` (did you mean `bad.item`?)"),
        (LocalText("promised_done"), "unknown text `promised_done`"),
        (LocalText({"ru": "Да"}), "text has no `en`"),
        (LocalText({"ru": "Да", "en": "Yes"}), None),
    ],
)
def test_complaints_about_references(text, complaint):
    assert Texts.load(read_yaml(CATALOGUE)).complaint(text, ("ru", "en")) == complaint


BROKEN = """\
pw.new: {secret: true, ru: "Пароль {password}", en: "Password {pass word}"}
a.b: {ru: "x{}"}
c: {choices}
D: 5
e: {ru: "{x|mony}", en: 100}
f: [1]
g: {secret: true}
h: {ru: Да}
"""


def test_catalogue_mistakes_have_places():
    with pytest.raises(ConfigError) as caught:
        Texts.load(read_yaml(BROKEN, "t.yaml"))
    assert [str(problem) for problem in caught.value.problems] == [
        "t.yaml:1:53: `{pass word}` is not a field; write `{name}` or `{name|filter}`",
        "t.yaml:2:11: `{}` is not a field; write `{name}` or `{name|filter}`",
        "t.yaml:3:5: unknown key `choices`",
        "t.yaml:4:1: `D` cannot be a key: use latin letters, digits, `_` and `.`",
        "t.yaml:5:9: unknown filter `mony` (did you mean `money`?)",
        "t.yaml:6:4: expected text",
        "t.yaml:7:4: a text needs at least one language",
        "t.yaml:8:1: text has no `en`",
    ]


def test_latin_letters_are_made_of_the_russian_text():
    text = LocalText({"ru": "Тариф {name}: {fee|money}р", "en": "Tariff {name}: {fee|money} RUB"})
    values: dict[str, Value] = {"name": "Включайся! Пиши", "fee": 123_400_50}
    assert text.render("translit", values) == "Tarif Vklyuchaysya! Pishi: 123400.50r"
    assert text.template("translit").render("translit", values) == "Tarif Vklyuchaysya! Pishi: 123400.50r"
    assert text.languages == {"ru", "en"}
    assert LocalText("Язык/Language").render("translit", {}) == "Yazyk/Language"
