"""The command line: parses arguments, calls the library, prints. It works out nothing itself.

Whatever is heavy is imported inside a command, so that `incentive --help` costs about what click costs.
"""

from __future__ import annotations

import click

from incentive_engine.cli.auditing import audit
from incentive_engine.cli.checking import check, schema
from incentive_engine.cli.correcting import correct, decide
from incentive_engine.cli.differing import diff
from incentive_engine.cli.door import Door
from incentive_engine.cli.exporting import export
from incentive_engine.cli.forecasting import backtest, forecast, luck
from incentive_engine.cli.groups import departments, public
from incentive_engine.cli.keeping import purge, verify
from incentive_engine.cli.measuring import kpis
from incentive_engine.cli.packing import pack
from incentive_engine.cli.paper import statements
from incentive_engine.cli.paying import explain, run
from incentive_engine.cli.projects import approve, reject, status
from incentive_engine.cli.proving import verify_statement
from incentive_engine.cli.reviewing import review
from incentive_engine.cli.seeking import seek, sensitivity
from incentive_engine.cli.simulating import simulate
from incentive_engine.cli.starting import demo, init
from incentive_engine.cli.testing import test
from incentive_engine.cli.treating import fairness
from incentive_engine.version import __version__

COMMANDS = (
    demo, init, check, kpis, run, explain, statements, verify_statement, pack, departments, public, audit,
    status, review, approve, reject, export, correct, decide, verify, purge, schema, simulate, seek, sensitivity, test,
    diff, fairness, forecast, backtest, luck,
)  # fmt: skip


@click.group("incentive", cls=Door, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="incentive %(version)s")
def main() -> None:
    """Pay people on what customers experience: exactly, and with every step explained.

    Exit codes: 0 fine, 1 the input has problems, 2 the command was used wrongly, 70 a fault of the program itself.
    """


for command in COMMANDS:
    main.add_command(command)
