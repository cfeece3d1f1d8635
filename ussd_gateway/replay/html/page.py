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
    body = joined(
        _header(verdict, made, parts),
        tag("main", *(_section(part) for part in parts)),
        tag("footer", f"ussd-gateway, replayed via {verdict.via}"),
    )
    return f"<!DOCTYPE html>\n{tag('html', _head(verdict), tag('body', body), lang='en')}\n"


def _head(verdict: Verdict) -> Markup:
    style = files("ussd_gateway.replay.html").joinpath("report.css").read_text(encoding="utf-8")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{_word(verdict)}: {counts_line(verdict)}"),
        tag("style", Markup(style)),
    )


def _header(verdict: Verdict, made: str, parts: Sequence[Section]) -> Markup:
    took = in_time(sum(run.took_ms for run in verdict.runs))
    facts = [f"via {verdict.via}", f"took {took}", made]
    return tag(
        "header",
        tag(
            "div",
            tag("span", _word(verdict), class_=f"stamp {'passed' if verdict.passed else 'failed'}"),
            tag("h1", "Session scripts"),
            tag("p", " · ".join(fact for fact in facts if fact), class_="facts"),
            class_="title",
        ),
        tiles(verdict),
        tag("nav", *(tag("a", part.title, href=f"#{part.anchor}") for part in parts)),
    )


def _section(part: Section) -> Markup:
    return tag("section", tag("h2", part.title), part.content, id=part.anchor)


def _word(verdict: Verdict) -> str:
    return "passed" if verdict.passed else "failed"
