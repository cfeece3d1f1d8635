"""The group of commands, and the one place where errors become a line of text and an exit code."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

from ussd_gateway import __version__
from ussd_gateway.cli.codes import EXIT_INTERRUPTED, EXIT_OK, EXIT_UNABLE, EXIT_USAGE, CommandFailed
from ussd_gateway.cli.output import complain
from ussd_gateway.errors import ConfigError, GatewayError

COMMANDS = (
    "serve",
    "dial",
    "sms",
    "call",
    "inbox",
    "push",
    "phone",
    "account",
    "accounts",
    "usage",
    "clock",
    "check",
    "graph",
    "replay",
    "record",
    "explore",
)
"""In the order a newcomer meets them; each is `ussd_gateway.cli.<name>.command`."""

# Set it to see where an internal error came from; not a setting of the gateway, so not under USSDGW_.
TRACEBACK_VARIABLE = "USSD_GATEWAY_TRACEBACK"


class Commands(click.Group):
    """A group that imports a command when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"ussd_gateway.cli.{cmd_name}").command
        return command


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `ussd-gateway serve`, then `ussd-gateway dial '*105#' --msisdn 79261234567`.",
)
@click.version_option(__version__, "--version", "-V", message="ussd-gateway %(version)s")
def group() -> None:
    """An operator's USSD and SMS centre to test against."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit with its code.  No traceback reaches the user."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a letter shows a question mark; it does not end the program.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    try:
        code = group.main(args=arguments, prog_name="ussd-gateway", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else EXIT_OK
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except CommandFailed as error:
        complain(str(error))
        return error.code
    except ConfigError as error:
        complain(str(error))
        # Without a place in a file, the files are in order but not what they lead to: a database in use.
        return EXIT_USAGE if error.problems else EXIT_UNABLE
    except GatewayError as error:
        complain(str(error))
        return EXIT_UNABLE
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone (`... | head`); nothing may complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except OSError as error:
        complain(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        return EXIT_UNABLE
    except Exception as error:  # the outermost frame of the program: a bug, told in one line
        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        complain(f"internal error: {type(error).__name__}: {error} (set {TRACEBACK_VARIABLE}=1 to see where)")
        return EXIT_UNABLE
