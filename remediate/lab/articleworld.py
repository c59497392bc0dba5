"""What a world of the articles' story has besides: configuration, patterns, tasks, a broken installation."""

from contextlib import suppress
from dataclasses import replace

from remediate.bourne import quote
from remediate.lab.draw import ServerState
from remediate.lab.files import write, write_program
from remediate.lab.paths import ServerPaths
from remediate.lab.site import PATCHED_BUILD
from remediate.lab.smdreal import SMDREAL
from remediate.lab.state import read_state, write_state
from remediate.lab.surroundings import CHECK_LINE, CHECK_SECTION, PATTERN_END

SOMEBODYS_LINE = "; LAB: somebody else was here"
"""What somebody who edits at the same time adds to a configuration file."""


def write_article_world(
    paths: ServerPaths, state: ServerState, *, check_off: bool, interrupted: bool
) -> None:
    """Write the articles' part of a world."""
    write(paths.configuration, _configuration(check_off=check_off))
    paths.staging.mkdir(parents=True, exist_ok=True)
    write_pattern(paths, state.pattern)
    write_loaded_tasks(paths, state)
    if paths.server.site is not None and paths.server.site.start_script:
        write_program(paths.start_script, _start_script(paths))
    if interrupted:
        write(paths.install_marker, f"LAB: {PATCHED_BUILD}\n")
        folder = f"{paths.server.smd_version}.{PATCHED_BUILD:04d}"
        write(paths.smd_install / "program" / folder / "LAB.part1", "LAB: the other files are missing\n")


def write_pattern(paths: ServerPaths, number: int) -> None:
    """Put a pattern file into the pattern directory."""
    write(paths.patterns / pattern_name(number), pattern_text(number))


def pattern_name(number: int) -> str:
    """How a pattern file is called."""
    return f"lpt$vpn.{number:03d}"


def pattern_text(number: int) -> str:
    """What is in it."""
    return f"LAB: stands for virus pattern {number}\n{PATTERN_END}"


def write_loaded_tasks(paths: ServerPaths, state: ServerState) -> None:
    """Show which of ScanMail's tasks are loaded, as the hot fix's installer looks for them."""
    if paths.server.site is None:
        return
    loaded = {name.lower() for name in state.tasks} | ({SMDREAL} if state.smdreal_running else set())
    paths.loaded_tasks.mkdir(parents=True, exist_ok=True)
    for file in paths.loaded_tasks.iterdir():
        if file.name not in loaded:
            file.unlink()
    for name in loaded:
        write(paths.loaded_tasks / name, "LAB: loaded\n")


def drift(paths: ServerPaths) -> None:
    """Somebody else is at work: smdreal is loaded or ended, and the configuration has another line."""
    change = replace(read_state(paths), smdreal_running=not read_state(paths).smdreal_running)
    write_state(paths, change)
    write_loaded_tasks(paths, change)
    if paths.configuration.exists():
        # Where the configuration is read-only, somebody else may not write it either.
        with suppress(PermissionError), paths.configuration.open("a", encoding="utf-8") as file:
            file.write(f"{SOMEBODYS_LINE}\n")


def _start_script(paths: ServerPaths) -> str:
    data, program = quote(str(paths.data)), quote(f"{paths.program}/bin/server")
    return f"""#!/bin/sh
# LAB: stands for the Nash!Com start script, as far as "cmd COMMAND [LINES]" and "status" go.
case $1 in
status) exit 3 ;;
cmd)
  cd {data} || exit 1
  {program} -c "$2" || exit 1
  if test -n "$3"; then
    sleep 1
    tail -n "$3" {quote(str(paths.console_log))}
  fi
  ;;
*)
  echo 'LAB: usage: rc_domino cmd COMMAND [LINES] | status' >&2
  exit 1
  ;;
esac
"""


def _configuration(*, check_off: bool) -> str:
    lines = [
        "; LAB: stands for ScanMail's configuration",
        "[LABGeneral]",
        "LABLanguage=en",
        "",
        f"[{CHECK_SECTION}]",
        "; LAB: how often a download is tried",
        "LABRetries=3",
        *([CHECK_LINE] if check_off else []),
        "",
        "[LABEnd]",
        "LABLast=1",
    ]
    return "\n".join([*lines, ""])
