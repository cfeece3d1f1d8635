"""Options that several commands share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ussd_gateway.config import Config
    from ussd_gateway.service import Folders

CommandT = TypeVar("CommandT", bound=Callable[..., Any])
Decorator = Callable[[CommandT], CommandT]

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Configuration file (default: config.yaml here, else the packaged one).",
)
msisdn_option = click.option(
    "--msisdn", required=True, metavar="N", help="The phone's number, in any form people write numbers."
)
json_option = click.option("--json", "as_lines", is_flag=True, help="Print one JSON object per line.")


def load(config_path: Path | None) -> "Config":
    """The configuration; raises ConfigError with every mistake, which ends the program with code 2."""
    from ussd_gateway.config import load_config

    return load_config(config_path, os.environ)


def folders(config: "Config") -> "Folders":
    """Where the configuration keeps menus, SMS commands and catalogue."""
    from ussd_gateway.service import Folders

    paths = config.paths
    menus, sms_commands, catalogue = map(config.path, (paths.menus, paths.sms_commands, paths.catalogue))
    return Folders(menus, sms_commands, catalogue, frozenset(config.http.known_profiles()))


def parse_msisdn(config: "Config", text: str, parameter: str = "--msisdn") -> str:
    """The number in its one form, 79261234567; a usage error when it is none."""
    msisdn = config.numbering_plan().parse(text)
    if msisdn is None:
        raise click.BadParameter(f"{text!r} is not a phone number", param_hint=parameter)
    return msisdn


def stack(*decorators: Callable[[Any], Any]) -> Callable[[CommandT], CommandT]:
    """Several options as one decorator, shown by --help in the order given."""

    def decorate(command: CommandT) -> CommandT:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate
