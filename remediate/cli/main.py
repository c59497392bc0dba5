"""The door: finds the command, turns errors into one clear message each, and gives the exit code."""

import atexit
import gc
import importlib
import io
import sys
from collections.abc import Sequence

import click

from remediate import __version__
from remediate.cli.exit_codes import BAD_INPUT, INTERRUPTED, UNREAD
from remediate.cli.outputs import tell_refused
from remediate.errors import RemediateError

_OBJECTS_UNTIL_COLLECTED = 100_000
"""Python looks for circles in its garbage after every 700 new objects. That is a fifth of a run's time: at
start nearly all that is made stays for good, and later there is next to nothing to find. What a run on few
hosts makes at all is less than this."""

_TURN_SECONDS = 0.05
"""How long one thread may compute while others wait for their turn, ten times as long as by itself: no host
minds, and changing over to another one costs more than it brings."""

_COMMANDS = {
    "run": "remediate.cli.run:run",
    "plan": "remediate.cli.plan:plan",
    "show": "remediate.cli.show:show",
    "approve": "remediate.cli.approve:approve",
    "apply": "remediate.cli.apply:apply",
    "recheck": "remediate.cli.recheck:recheck",
    "resume": "remediate.cli.resume:resume",
    "undo": "remediate.cli.undo:undo",
    "lint": "remediate.cli.lint:lint",
    "ping": "remediate.cli.ping:ping",
    "inventory": "remediate.cli.inventory:inventory",
    "history": "remediate.cli.history:history",
    "notify": "remediate.cli.notify:notify",
    "schedule": "remediate.cli.schedule:schedule",
    "report": "remediate.cli.report:report",
    "locks": "remediate.cli.locks:locks",
    "doctor": "remediate.cli.doctor:doctor",
    "lab": "remediate.cli.lab:lab",
    "demo": "remediate.cli.demo:demo",
}


class _Commands(click.Group):
    """Commands that are imported when they are used, so that `--help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="remediate")
def cli() -> None:
    """Turn a support article into a playbook and carry it out over SSH on a whole fleet.

    Exit codes: 0 done; 1 bad input, nothing was contacted; 2 a host failed; 3 a host is not as its plan saw
    it; 4 a host was unreachable and none failed; 5 a dry run found changes (with --detailed-exitcode); 130
    interrupted; 141 nobody reads the output.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code."""
    gc.set_threshold(_OBJECTS_UNTIL_COLLECTED)
    sys.setswitchinterval(_TURN_SECONDS)
    atexit.register(gc.freeze)  # else all that there is is looked through again while the process ends
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a letter that the terminal lacks ends nothing
    try:
        result = cli.main(arguments, prog_name="remediate", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return BAD_INPUT
    except RemediateError as error:
        click.echo(f"remediate: {error}" if "\n" not in str(error) else str(error), err=True)
        return BAD_INPUT
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except OSError as error:
        tell_refused(error, lambda said: f"remediate: {said}")
        return BAD_INPUT
    except SystemExit:  # so click and rich end the program where nobody reads the output any more
        tell_refused(BrokenPipeError(), str)
        return UNREAD
    return result if isinstance(result, int) else 0
