"""The files of one server: its Domino, its ScanMail, its `uname`."""

import random
import shutil
import stat
from datetime import datetime, timedelta
from pathlib import Path

from remediate.bourne import quote
from remediate.lab import texts
from remediate.lab.console import SMDREAL, start_lines
from remediate.lab.draw import LabServer, ServerState
from remediate.lab.loglines import Line, render_lines
from remediate.lab.paths import LabPaths, ServerPaths


def write_world(lab: LabPaths, server: LabServer, state: ServerState) -> None:
    """Write all that a session on `server` can see, as it is before anything happens there."""
    paths = lab.of(server)
    for directory in (paths.home, paths.console_log.parent, paths.data / "smd", paths.data / "smdtemp"):
        directory.mkdir(parents=True)
    _write_program(paths.program / "bin" / "server", _console_stub(paths, lab.console))
    _write_program(paths.world / "bin" / "uname", _uname_stub(server))
    for build in server.builds:
        installed = paths.smd_install / "program" / f"{server.smd_version}.{build:04d}"
        _write(installed / SMDREAL, f"LAB: stands for the scanner of build {build}\n")
    _write(paths.data / "notes.ini", _notes_ini(paths))
    _write(paths.data / "names.nsf", "LAB: stands for the directory\n")
    write_console_database(paths, state)
    if server.has_console_log:
        _write(paths.console_log, _history(server, state))


def write_console_database(paths: ServerPaths, state: ServerState) -> None:
    """Let `smconf.nsf` differ when the licence does; its real form is not known and not shown here."""
    _write(paths.console_database, f"LAB: stands for the console database, licence {state.licence}\n")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _write_program(path: Path, text: str) -> None:
    _write(path, text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def _notes_ini(paths: ServerPaths) -> str:
    tasks = "Replica,Router,Update,AMgr,AdminP,HTTP,SMDreal,SMDmon"
    lines = ["[Notes]", f"Directory={paths.data}", f"NotesProgram={paths.program}", f"ServerTasks={tasks}"]
    return "\n".join([*lines, "CONSOLE_LOG_ENABLED=1", ""])


def _console_stub(paths: ServerPaths, console: Path) -> str:
    """A command goes to the simulator and nothing comes back: the answer is for the console log.

    The FIFO is opened for both ways, which never waits, even while no lab is up.
    """
    data, fifo = quote(str(paths.data)), quote(str(console))
    return f"""#!/bin/sh
# LAB: stands for the Domino server program, as far as "server -c COMMAND" goes.
refuse() {{
  echo "LAB: server: $1" >&2
  exit 1
}}
test $# -eq 2 && test "$1" = -c || refuse 'usage: server -c "COMMAND"'
test "`pwd -P`" = {data} || refuse "not in the data directory of this server: no notes.ini in `pwd`"
case $2 in
*'
'*) refuse 'a console command is one line' ;;
esac
test ${{#2}} -le 1000 || refuse 'the console command is too long'
test -p {fifo} || refuse 'the server is not running'
printf '%s\\t%s\\n' {quote(paths.server.name)} "$2" 1<>{fifo}
"""


def _uname_stub(server: LabServer) -> str:
    # Of the systems here, only Solaris has the processor among "all".
    asked = {
        letter: f"{letter}a" if letter != "p" or server.platform == "solaris" else "p" for letter in "snrvmp"
    }
    answers = "\n".join(
        f'case $want in *[{letters}]*) said="$said "{quote(server.uname[letter])} ;; esac'
        for letter, letters in asked.items()
    )
    return f"""#!/bin/sh
# LAB: answers as the server's flavour does; options that it does not know are the machine's own affair.
want=
for option in "$@"; do
  case $option in
  -*[!asnrvmp]* | - | [!-]*) exec {quote(shutil.which("uname") or "/bin/uname")} "$@" ;;
  esac
  want=$want${{option#-}}
done
test -n "$want" || want=s
said=
{answers}
echo "${{said# }}"
"""


def _history(server: LabServer, state: ServerState) -> str:
    """A log's past: an expired licence has the banner as its last word, a renewed one its success."""
    rng = random.Random(f"history/{server.random_seed}")  # noqa: S311 - a draw that must repeat
    now = datetime(2023, 10, 9, 16, 39, 48) + timedelta(seconds=rng.randrange(10**7))
    renewal = tuple(Line(task=SMDREAL, text=text) for text in (texts.UPDATE_STARTED, texts.UPDATE_SUCCESSFUL))
    paragraphs: list[tuple[Line, ...]] = [_chatter(rng)]
    if state.licence == "valid" or server.renewed_before:
        paragraphs += [renewal, _chatter(rng)]
    if state.licence == "expired":
        paragraphs += [start_lines(state), _chatter(rng)]
    said = ""
    for lines in paragraphs:
        said += render_lines(server, lines, now)
        now += timedelta(hours=rng.randrange(1, 2000))
    return said


def _chatter(rng: random.Random) -> tuple[Line, ...]:
    return tuple(
        Line(task=task, text=text) for task, text in rng.choices(texts.CHATTER, k=rng.randrange(2, 6))
    )
