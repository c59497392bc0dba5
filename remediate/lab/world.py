"""The files of one server: its Domino, its ScanMail, its `uname`."""

import random
import shutil
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from remediate.bourne import quote
from remediate.lab import texts
from remediate.lab.documents import Store
from remediate.lab.draw import LabServer, ServerState
from remediate.lab.files import write, write_program
from remediate.lab.loglines import Line, render_lines
from remediate.lab.paths import LabPaths, ServerPaths
from remediate.lab.site import PATCHED_BUILD
from remediate.lab.smdreal import SMDREAL, start_lines
from remediate.lab.smdupd import SMDUPD


def write_world(
    lab: LabPaths, server: LabServer, state: ServerState, *, partitions: Sequence[LabServer] = ()
) -> None:
    """Write all that a session on `server` can see, as it is before anything happens there.

    `partitions` are the other servers on the same machine, whose console commands go through one program.
    """
    paths = lab.of(server)
    for directory in (paths.home, paths.console_log.parent, paths.data / "smd", paths.data / "smdtemp"):
        directory.mkdir(parents=True, exist_ok=True)
    if server.platform == "ibmi":
        write_program(paths.world / "bin" / "system", _system_stub(paths, lab.console))
    elif server.platform == "windows":
        write_program(paths.program / "nserver", _console_stub([paths], lab.console))
    else:
        consoles = [paths, *(lab.of(other) for other in partitions)]
        write_program(paths.program / "bin" / "server", _console_stub(consoles, lab.console))
    write_program(paths.world / "bin" / "uname", _uname_stub(server))
    for build in server.builds:
        installed = paths.smd_install / "program" / f"{server.smd_version}.{build:04d}"
        write(installed / SMDREAL, f"LAB: stands for the scanner of build {build}\n")
    write(paths.data / "notes.ini", _notes_ini(paths))
    write(paths.data / "names.nsf", "LAB: stands for the directory\n")
    write_console_database(paths, state)


def write_history(paths: ServerPaths, state: ServerState, *, check_off: bool = False) -> None:
    """Write the past of a console log, if the server has one."""
    if paths.server.has_console_log:
        paths.console_log.write_bytes(
            _history(paths.server, state, check_off=check_off).encode(paths.server.log_encoding, "replace")
        )


def write_console_database(paths: ServerPaths, state: ServerState) -> None:
    """Let `smconf.nsf` differ when its documents do; its real form is not known and not shown here."""
    text = f"LAB: stands for the console database, licence {state.licence}\n"
    documents = Store(paths.documents).read()
    if documents:
        text += f"LAB: its documents have the sum {zlib.crc32(repr(documents).encode()):08x}\n"
    write(paths.console_database, text)


def _notes_ini(paths: ServerPaths) -> str:
    tasks = "Replica,Router,Update,AMgr,AdminP,HTTP,SMDreal,SMDmon"
    lines = ["[Notes]", f"Directory={paths.data}", f"NotesProgram={paths.program}", f"ServerTasks={tasks}"]
    return "\n".join([*lines, "CONSOLE_LOG_ENABLED=1", ""])


def _console_stub(consoles: Sequence[ServerPaths], fifo: Path) -> str:
    """A command goes to the simulator and nothing comes back: the answer is for the console log.

    The data directory decides which partition is meant; on Windows it is the program directory.
    """
    cases = "\n".join(
        f"{quote(str(one.program if one.server.platform == 'windows' else one.data))}) "
        f"name={quote(one.server.name)} ;;"
        for one in consoles
    )
    return f"""#!/bin/sh
# LAB: stands for the Domino server program, as far as "server -c COMMAND" goes.
refuse() {{
  echo "LAB: server: $1" >&2
  exit 1
}}
test $# -eq 2 && test "$1" = -c || refuse 'usage: server -c "COMMAND"'
case "`pwd -P`" in
{cases}
*) refuse "not in the data directory of this server: no notes.ini in `pwd`" ;;
esac
command=$2
{_send_to(fifo)}"""


def _system_stub(paths: ServerPaths, fifo: Path) -> str:
    # The keywords are the lab's guess: nobody publishes them, so a playbook has them in a template.
    before, after = "SBMDOMCMD CMD('", f"') SERVER({paths.server.name.upper()})"
    return f"""#!/bin/sh
# LAB: stands for PASE's "system", as far as SBMDOMCMD goes.
refuse() {{
  echo "LAB: system: $1" >&2
  exit 255
}}
test $# -eq 1 || refuse 'usage: system "CL COMMAND"'
case $1 in
{quote(before)}*{quote(after)}) ;;
*) refuse "this command or server is not known here: $1" ;;
esac
command=${{1#{quote(before)}}}
command=${{command%{quote(after)}}}
command=`printf '%s\n' "$command" | sed "s/''/'/g"`
name={quote(paths.server.name)}
{_send_to(fifo)}"""


def _send_to(fifo: Path) -> str:
    """The FIFO is opened for both ways, which never waits, even while no lab is up."""
    console = quote(str(fifo))
    return f"""case $command in
*'
'*) refuse 'a console command is one line' ;;
esac
test ${{#command}} -le 1000 || refuse 'the console command is too long'
test -p {console} || refuse 'the server is not running'
printf '%s\\t%s\\n' "$name" "$command" 1<>{console}
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


def _history(server: LabServer, state: ServerState, *, check_off: bool) -> str:
    """A log's past: an expired licence has the banner as its last word, a renewed one its success."""
    rng = random.Random(f"history/{server.random_seed}")  # noqa: S311 - a draw that must repeat
    now = datetime(2023, 10, 9, 16, 39, 48) + timedelta(seconds=rng.randrange(10**7))
    renewal = tuple(Line(task=SMDREAL, text=text) for text in (texts.UPDATE_STARTED, texts.UPDATE_SUCCESSFUL))
    paragraphs: list[tuple[Line, ...]] = [_chatter(rng)]
    if state.licence == "valid" or server.renewed_before:
        paragraphs += [renewal, _chatter(rng)]
    if state.licence != "valid":
        paragraphs += [start_lines(state), _chatter(rng)]
    for text in _downloads(server, state, check_off=check_off):
        paragraphs += [(Line(task=SMDUPD, text=text),), _chatter(rng)]
    said = ""
    for lines in paragraphs:
        said += render_lines(server, lines, now)
        now += timedelta(hours=rng.randrange(1, 2000))
    return said


def _downloads(server: LabServer, state: ServerState, *, check_off: bool) -> list[str]:
    """The past of smdupd: a remedied server has failures, too, from before the remedy."""
    if server.site is None:
        return []
    success = texts.DOWNLOAD_SUCCESSFUL.format(pattern=state.pattern)
    if not server.site.affected(server.platform):
        return [success]
    remedied = check_off or max(server.builds) >= PATCHED_BUILD
    return [texts.DOWNLOAD_FAILED] * 2 + ([success] if remedied else [])


def _chatter(rng: random.Random) -> tuple[Line, ...]:
    return tuple(
        Line(task=task, text=text) for task, text in rng.choices(texts.CHATTER, k=rng.randrange(2, 6))
    )
