"""The command line: `ussd-gateway serve`, and what testers type beside it.  One module per command.

Nothing heavy is imported before a command runs, so that `--help` answers at once.
"""

from ussd_gateway.cli.program import main

__all__ = ["main"]
