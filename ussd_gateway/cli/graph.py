"""`graph`: draw a menu."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ussd_gateway.cli.codes import EXIT_OK, EXIT_UNABLE, CommandFailed
from ussd_gateway.cli.options import config_option, folders, load

if TYPE_CHECKING:
    from ussd_gateway.config import Config
    from ussd_gateway.menu.model import Menu

GRAPHVIZ_TIMEOUT_S = 60


@click.command("graph", short_help="Draw a menu.")
@click.argument("menu")
@click.option(
    "--format",
    "form",
    type=click.Choice(["mermaid", "dot", "svg", "json"]),
    default="mermaid",
    show_default=True,
    help="svg needs Graphviz.",
)
@click.option(
    "--language",
    type=click.Choice(["ru", "en"]),
    default="ru",
    show_default=True,
    help="Language of the texts.",
)
@config_option
def command(menu: str, form: str, language: str, config_path: Path | None) -> int:
    """Draw MENU, one of the configured menus by its name or a menu file, on standard output."""
    from ussd_gateway.menu import graph

    drawn = find_menu(load(config_path), menu)
    match form:
        case "mermaid":
            text = graph.to_mermaid(drawn, language)
        case "dot":
            text = graph.to_dot(drawn, language)
        case "svg":
            text = draw_svg(graph.to_dot(drawn, language))
        case _:
            text = json.dumps(graph.to_json(drawn), ensure_ascii=False, indent=2) + "\n"
    click.echo(text, nl=False)
    return EXIT_OK


def find_menu(config: "Config", name: str) -> "Menu":
    """The menu of this name, or of this file; raises ConfigError when its file is not valid."""
    from ussd_gateway.billing.catalogue import load_catalogue
    from ussd_gateway.menu.loader import load_menus
    from ussd_gateway.service import surroundings

    where = folders(config)
    texts = load_catalogue(where.catalogue).texts
    source = Path(name) if name.endswith((".yaml", ".yml")) else where.menus
    if not source.exists():
        raise click.BadParameter(f"there is no file {name}", param_hint="MENU")
    menus = load_menus(
        source, surroundings(texts, config.numbering_plan(), config.http.known_profiles())
    ).by_name
    if source.is_file():
        return next(iter(menus.values()))
    if name not in menus:
        known = ", ".join(sorted(menus))
        raise click.BadParameter(f"there is no menu {name!r}; there are {known}", param_hint="MENU")
    return menus[name]


def draw_svg(dot: str) -> str:
    """Graphviz's drawing of a digraph."""
    program = shutil.which("dot")
    if program is None:
        raise CommandFailed(
            "svg is drawn by Graphviz's `dot`, which is not installed (on Debian: apt-get install graphviz); "
            "mermaid, dot and json need nothing",
            EXIT_UNABLE,
        )
    try:
        drawn = subprocess.run(  # noqa: S603
            [program, "-Tsvg"],
            input=dot,
            capture_output=True,
            check=True,
            encoding="utf-8",
            timeout=GRAPHVIZ_TIMEOUT_S,
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise CommandFailed(f"Graphviz failed: {error}", EXIT_UNABLE) from None
    return drawn.stdout
