"""Which commands that a run has claimed on a host still run there, whichever user's they are.

The name of a claim is in the arguments of all that has come of it as a shell, see `once`; the list of
processes shows these to every user. Where there is no such list, nothing is known of them.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

_LINE = re.compile(r"([A-Za-z0-9][\w.\-]*) (\d{1,10}) ([\d:\-]+)", re.ASCII)


class AtWork(NamedTuple):
    """A claimed command that runs; `time` is for how long, as `ps` tells it, or empty if nothing does."""

    key: str
    pid: int
    time: str


def list_at_work(part: str) -> str:
    """Bourne text that prints a line for each process of a part of the spools; read them with `at_work`.

    Args:
        part: a run's name there, see `claims_of`; its variables are the shell's.
    """
    # Where `ps` knows no -e, as in busybox, there may be a /proc.
    claim = f"s|^ *\\([0-9]*\\)  *\\([-0-9:]*\\) .* {part}/\\([A-Za-z0-9._-]*\\) .*|\\3 \\1 \\2|p"
    return f'{{ {_PS} 2>/dev/null || ( {_PROC} ) 2>/dev/null; }} | sed -n "{claim}"\n'


_PS = "ps -e -o pid= -o etime= -o args="
_PROC = (
    "cd /proc && for p in [0-9]*; do { echo \"$p -\"; cat $p/cmdline; } | tr '\\000\\012' '  '; echo; done"
)


def at_work(lines: Iterable[str]) -> tuple[AtWork, ...]:
    """What these lines tell, each command once: by its first process."""
    found: dict[str, AtWork] = {}
    for line in lines:
        if told := _LINE.fullmatch(line):
            time = "" if told[3] == "-" else told[3]
            found.setdefault(told[1], AtWork(key=told[1], pid=int(told[2]), time=time))
    return tuple(found.values())
