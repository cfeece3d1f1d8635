"""The texts a subscriber reads: `{name|filter}` substitution, compiled when a file is loaded.

A template is literal text with fields.  A field names a variable or a fact, optionally passed through one
filter (`filters`); `{{` and `}}` are braces.  A value is only ever a value: what a subscriber typed is
never parsed again.  Length is bounded at load and at rendering.  (`str.format` reaches into objects and
Jinja does not bound time or memory, so neither is used.)

Texts are written in Russian and English; the third language a subscriber may choose, `translit`, is the
Russian one in Latin letters, made from it by rule.

`LocalText` is one text in all its languages; `Texts` is the catalogue of them, `catalogue/texts.yaml`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple, Protocol, Self

from pydantic import AfterValidator, GetCoreSchemaHandler, RootModel
from pydantic_core import CoreSchema, core_schema

from ussd_gateway.documents import Document, did_you_mean, salvage
from ussd_gateway.errors import ConfigError
from ussd_gateway.filters import Filter, compile_filter, plural_problem
from ussd_gateway.translit import transliterate
from ussd_gateway.vocabulary import Value

LANGUAGES = ("ru", "en")
"""The languages every text is written in."""

DEFAULT_LANGUAGE = "ru"
TRANSLIT = "translit"
SUBSCRIBER_LANGUAGES = (*LANGUAGES, TRANSLIT)
"""The languages a subscriber may choose."""

MAX_TEMPLATE = 2000
MAX_FIELDS = 50
MAX_VALUE = 400
"""Characters of one template, fields in it, characters one field may expand to."""

_FIELD = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NAME = re.compile(r"[a-z_][a-z0-9_]*(?:\.[a-z0-9_]+)*", re.ASCII)
_KEY = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*", re.ASCII)


class Values(Protocol):
    """Where a template takes its values from: any mapping will do."""

    def __getitem__(self, name: str, /) -> Value: ...


# ---------------------------------------------------------------- one template


class Field(NamedTuple):
    """One `{name|filter}`."""

    name: str
    filter: Filter | None


class Template:
    """One text in one language, ready to be filled in."""

    __slots__ = ("fields", "plural_forms", "source", "variables", "_parts", "_spelling")

    def __init__(self, source: str, spelling: Callable[[str], str] | None = None) -> None:
        """Compile; ValueError says what is wrong with the text.  `spelling` is how all of it is spelt."""
        if len(source) > MAX_TEMPLATE:
            raise ValueError(f"text longer than {MAX_TEMPLATE} characters")
        self.source = source
        self._spelling = spelling
        self.plural_forms: set[int] = set()
        """How many forms each `plural` in it was given."""
        self._parts = self._compile(source)
        self.fields = [part for part in self._parts if not isinstance(part, str)]
        if len(self.fields) > MAX_FIELDS:
            raise ValueError(f"more than {MAX_FIELDS} fields in one text")
        self.variables = frozenset(field.name for field in self.fields)

    def render(self, language: str, values: Values) -> str:
        """The text with every field filled in; KeyError for a value that is not there."""
        if not self.fields:
            return self._parts[0] if self._parts else ""  # type: ignore[return-value]  # one literal
        pieces = []
        for part in self._parts:
            if isinstance(part, str):
                pieces.append(part)
                continue
            value, filter_ = values[part.name], part.filter
            text = str(value) if filter_ is None else filter_(value, language)
            pieces.append((text if self._spelling is None else self._spelling(text))[:MAX_VALUE])
        return "".join(pieces)

    def _compile(self, source: str) -> list[str | Field]:
        """Literals (spelt already) and fields in order; neighbouring literals joined."""
        parts: list[str | Field] = []
        literal, position = "", 0
        for match in _FIELD.finditer(source):
            literal += source[position : match.start()]
            position = match.end()
            token = match.group()
            if token in ("{{", "}}"):
                literal += token[0]
            elif match.group(1) is None:
                raise ValueError(f"lonely `{token}`; write `{token * 2}` for the character itself")
            else:
                if literal:
                    parts.append(literal)
                    literal = ""
                parts.append(self._field(match.group(1)))
        literal += source[position:]
        if literal:
            parts.append(literal)
        spelling = self._spelling
        return [spelling(part) if spelling and isinstance(part, str) else part for part in parts]

    def _field(self, inside: str) -> Field:
        name, bar, written = (word.strip() for word in inside.partition("|"))
        if not _NAME.fullmatch(name):
            raise ValueError(f"`{{{inside}}}` is not a field; write `{{name}}` or `{{name|filter}}`")
        if not bar:
            return Field(name, None)
        filter_, forms = compile_filter(written)
        if forms:
            self.plural_forms.add(forms)
        return Field(name, filter_)


# ---------------------------------------------------------------- one text, all languages


class LocalText:
    """One text in its languages; a plain string stands for every language.

    In a file: `"Hello"`, or `{ru: Привет, en: Hello}`, or with `secret: true` beside the languages when
    what it says must never reach a log.  Usable as the type of a field of a file model.
    """

    __slots__ = ("languages", "secret", "source", "variables", "_default", "_templates")

    def __init__(self, text: str | Mapping[str, str], *, secret: bool = False) -> None:
        """ValueError when a template is wrong or no language is given."""
        by_language = {"": text} if isinstance(text, str) else dict(text)
        if not by_language:
            raise ValueError("a text needs at least one language")
        self._templates = {language: Template(source) for language, source in by_language.items()}
        self._check_plurals()
        first = next(iter(self._templates.values()))
        self._default = self._templates.get(DEFAULT_LANGUAGE, first)
        latin = Template(self._default.source, transliterate)
        self.secret = secret
        self.source = text if isinstance(text, str) else ""
        """The plain string this text was made of; empty for a text with languages."""
        self.languages = frozenset(self._templates) - {""}
        """The languages it is written in; none when it stands for all."""
        self.variables = frozenset().union(*(each.variables for each in self._templates.values()))
        self._templates[TRANSLIT] = latin

    def _check_plurals(self) -> None:
        for language, template in self._templates.items():
            for forms in sorted(template.plural_forms):
                if problem := plural_problem(language, forms):
                    raise ValueError(problem)

    def render(self, language: str, values: Values) -> str:
        """The text in `language` (else in Russian, else in its first language) with its fields filled in."""
        return self._templates.get(language, self._default).render(language, values)

    def template(self, language: str) -> Template:
        """The template used for `language`."""
        return self._templates.get(language, self._default)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A string, or a mapping of languages; a bad template is reported at its own language."""
        text = core_schema.no_info_after_validator_function(
            _checked_template, core_schema.str_schema(coerce_numbers_to_str=True)
        )
        optional = core_schema.typed_dict_field(text, required=False)
        secret = core_schema.typed_dict_field(core_schema.bool_schema(), required=False)
        fields = dict.fromkeys(LANGUAGES, optional) | {"secret": secret}
        languages = core_schema.typed_dict_schema(fields, extra_behavior="forbid")
        return core_schema.no_info_after_validator_function(
            cls._from_file,
            core_schema.tagged_union_schema(
                {"<text>": text, "<languages>": languages},
                discriminator=lambda value: "<languages>" if isinstance(value, dict) else "<text>",
            ),
        )

    @classmethod
    def _from_file(cls, value: str | dict[str, Any]) -> Self:
        if isinstance(value, str):
            return cls(value)
        texts = {language: text for language, text in value.items() if language != "secret"}
        return cls(texts, secret=value.get("secret", False))


def _checked_template(source: str) -> str:
    Template(source)
    return source


# ---------------------------------------------------------------- the catalogue


def _checked_key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"`{key}` cannot be a key: use latin letters, digits, `_` and `.`")
    return key


class TextsFile(RootModel[dict[Annotated[str, AfterValidator(_checked_key)], LocalText]]):
    """`catalogue/texts.yaml`: key -> text."""


class Texts(Mapping[str, LocalText]):
    """The catalogue of texts by key (`pw.ack`, `bad.item`), immutable."""

    def __init__(self, texts: Mapping[str, LocalText]) -> None:
        self._texts = dict(texts)

    @classmethod
    def load(cls, document: Document, languages: Sequence[str] = LANGUAGES) -> Self:
        """From a read file; ConfigError with every mistake, a missing language included."""
        salvaged = salvage(document, TextsFile)
        texts = cls(salvaged.model.root if salvaged.model else {})
        problems = list(salvaged.problems)
        for key, text in texts.items():
            complaint = texts.complaint(text, languages)
            if complaint and not salvaged.damaged((key,)):
                problems.append(document.problem((key,), complaint, key=True))
        if problems:
            raise ConfigError(f"{document.file_name} is not valid", problems=sorted(problems))
        return texts

    def __getitem__(self, key: str) -> LocalText:
        return self._texts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def render(self, key: str, language: str, values: Values) -> str:
        """The text of `key`; KeyError for an unknown key or a missing value."""
        return self._texts[key].render(language, values)

    def resolve(self, text: LocalText) -> LocalText:
        """The catalogue's text when `text` is one of its keys, otherwise `text` itself."""
        return self._texts.get(text.source, text)

    def complaint(self, text: LocalText, languages: Sequence[str]) -> str | None:
        """What is wrong with a text written in a menu or a command file, or None.

        A string that looks like a key but is none is taken for a misspelt key, since the alternative is
        that subscribers read it.
        """
        source = text.source
        if (
            source
            and source not in self._texts
            and _KEY.fullmatch(source)
            and ("." in source or "_" in source)
        ):
            return f"unknown text `{source}`{did_you_mean(source, set(self._texts))}"
        missing = [language for language in languages if text.languages and language not in text.languages]
        return f"text has no {' and no '.join(f'`{language}`' for language in missing)}" if missing else None
