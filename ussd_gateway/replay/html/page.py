"""The frame of the report: head, policy, style, sections in order."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from ussd_gateway.replay.figures import counts_line, in_time
from ussd_gateway.replay.html.coverage import coverage_section
from ussd_gateway.replay.html.markup import Markup, joined, tag
from ussd_gateway.replay.html.overview import latency_section, overview_section, tiles
from ussd_gateway.replay.html.runs import runs_section
from ussd_gateway.replay.menu_map import Coverage
from ussd_gateway.replay.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Section:
    """Something more in the report: its name in the list of contents, its markup."""

    anchor: str
    title: str
    content: Markup


def to_html(
    verdict: Verdict,
    *,
    made: str = "",
    coverage: Coverage | None = None,
    sections: Sequence[Section] = (),
) -> str:
    """The whole file as text, to be written as UTF-8; `made` is the time of the replay, for people."""
    parts = [Section("runs", "Overview", overview_section(verdict))]
    latency = latency_section(verdict)
    if latency is not None:
        parts.append(Section("latency", "Time to a screen", latency))
    parts += sections
    if coverage is not None:
        parts.append(Section("coverage", "Menu coverage", coverage_section(coverage)))
    parts.append(Section("dialogues", "Dialogues", runs_section(verdict)))
    took = in_time(sum(run.took_ms for run in verdict.runs))
    return page(
        f"{word(verdict.passed)}: {counts_line(verdict)}",
        header("Session scripts", verdict.passed, [f"via {verdict.via}", f"took {took}", made]),
        tiles(verdict),
        parts,
        f"ussd-gateway, replayed via {verdict.via}",
    )


def page(title: str, head: Markup, counts: Markup, parts: Sequence[Section], foot: str) -> str:
    """A whole file: `head` and `counts` stand above the list of contents, the parts below it."""
    contents = tag("nav", *(tag("a", part.title, href=f"#{part.anchor}") for part in parts))
    body = joined(
        tag("header", head, counts, contents),
        tag("main", *(_section(part) for part in parts)),
        tag("footer", foot),
    )
    return f"<!DOCTYPE html>\n{tag('html', _head(title), tag('body', body), lang='en')}\n"


def header(heading: str, passed: bool, facts: Sequence[str]) -> Markup:
    """The verdict, large, and what there is to say beside it."""
    return tag(
        "div",
        tag("span", word(passed), class_=f"stamp {word(passed)}"),
        tag("h1", heading),
        tag("p", " · ".join(fact for fact in facts if fact), class_="facts"),
        class_="title",
    )


def word(passed: bool) -> str:
    """The verdict in a word."""
    return "passed" if passed else "failed"


def _head(title: str) -> Markup:
    style = files("ussd_gateway.replay.html").joinpath("report.css").read_text(encoding="utf-8")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Markup(style)),
    )


def _section(part: Section) -> Markup:
    return tag("section", tag("h2", part.title), part.content, id=part.anchor)
