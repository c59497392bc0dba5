"""Faults that lie in the worlds themselves: what cannot be written, and who edits what has just been read.

They hold for every command of a session, whoever the lab runs as and whichever sshd it is behind.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from remediate.bourne import quote
from remediate.errors import UsageError
from remediate.lab.articleworld import SOMEBODYS_LINE
from remediate.lab.faults import ServerFaults, spread_faults
from remediate.lab.files import write_program
from remediate.lab.paths import LabPaths, ServerPaths
from remediate.lab.state import LabPlan

_WRITE = 0o222
_WRITE_BY_OWNER = 0o200


def check_faults(plan: LabPlan) -> None:
    """Refuse faults that would do nothing in this lab.

    Raises:
        UsageError: if there is no such fault or no such server, or if it is not to be had here.
    """
    spread = spread_faults(plan.faults, plan.servers, plan.seed).values()
    if plan.sshd == "openssh" and any(faults.has("cut") or faults.has("cut_after") for faults in spread):
        raise UsageError("a real sshd cannot be made to cut connections", cure="use --sshd embedded")
    read_only = [faults for faults in spread if faults.has("read_only")]
    if read_only and plan.story != "articles":
        raise UsageError(
            "the fault 'read_only' is for ScanMail's configuration, and there is none in this story",
            cure="add --story articles",
        )
    if any(map(_writes_all_the_same, {faults.shell for faults in read_only})):
        raise UsageError(
            "the fault 'read_only' is not to be had here: this user may write everything",
            cure="start the lab as an ordinary user; for root, setpriv (of util-linux) must be installed",
        )


def lay_faults(lab: LabPaths, plan: LabPlan) -> None:
    """Put these faults into the worlds, and take out what an earlier start has left."""
    lift_faults(lab, plan)
    spread = spread_faults(plan.faults, plan.servers, plan.seed)
    for machine in plan.machines:
        partitions = [(lab.of(server), spread[server.name]) for server in plan.partitions(machine)]
        for paths, faults in partitions:
            if faults.has("read_only"):
                for path in (paths.configuration, paths.configuration.parent):
                    path.chmod(path.stat().st_mode & ~_WRITE)
        edited = [(paths, faults) for paths, faults in partitions if faults.get("somebody_edits")]
        if edited:
            for paths, _ in edited:
                paths.edits.mkdir()
            write_program(_cat(lab.of(machine)), _editing_cat(edited))


def lift_faults(lab: LabPaths, plan: LabPlan) -> None:
    """Take them out again, so that the files of a lab that is down can be looked at and removed."""
    for paths in map(lab.of, plan.servers):
        for path in (paths.configuration.parent, paths.configuration):
            if path.exists() and not path.stat().st_mode & _WRITE_BY_OWNER:
                path.chmod(path.stat().st_mode | _WRITE_BY_OWNER)
        _cat(paths).unlink(missing_ok=True)
        if paths.edits.exists():
            shutil.rmtree(paths.edits)


def _writes_all_the_same(shell: Sequence[str]) -> bool:
    """Whether such a shell writes where it must not: tried, as that depends on the user and the system."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "directory"
        directory.mkdir()
        file = directory / "file"
        file.touch()
        file.chmod(0o444)
        directory.chmod(0o555)
        tries = f": >{quote(str(directory / 'other'))}; echo x >{quote(str(file))}"
        try:
            subprocess.run([*shell, "-c", f"({tries})"], capture_output=True, check=False)
            return (directory / "other").exists() or bool(file.stat().st_size)
        except FileNotFoundError:
            return True
        finally:
            directory.chmod(0o755)


def _cat(paths: ServerPaths) -> Path:
    return paths.world / "bin" / "cat"


def _editing_cat(edited: Sequence[tuple[ServerPaths, ServerFaults]]) -> str:
    """A `cat` after which somebody else is quicker than whoever has read the file.

    A directory can be made once, so that no two readers count as one.
    """
    cases = "\n".join(
        f"  {quote(str(file))}) edit {quote(str(paths.edits / file.name))} {faults.get('somebody_edits')} ;;"
        for paths, faults in edited
        for file in (paths.configuration, paths.data / "notes.ini")
    )
    return f"""#!/bin/sh
# LAB: the fault "somebody_edits".
{quote(shutil.which("cat") or "/bin/cat")} "$@"
status=$?
edit() {{
  n=0
  while test $n -lt $2; do
    n=`expr $n + 1`
    if test -f "$file" && mkdir "$1.$n" 2>/dev/null; then
      echo {quote(SOMEBODYS_LINE)} >>"$file"
      return
    fi
  done
}}
for file in "$@"; do
  case $file in
  /*) ;;
  *) file=`pwd`/$file ;;
  esac
  case $file in
{cases}
  esac
done
exit $status
"""
