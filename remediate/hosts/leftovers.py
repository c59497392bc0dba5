"""What runs that were cut off have left in a user's spool: Bourne text that lists it, and that removes it.

Whether a claim still runs is told by the list of processes: its name is in the arguments of all that it has
started as a shell, timers included. Where there is no such list, what has no end is taken to run.
"""

import re
from collections.abc import Iterable
from dataclasses import field
from typing import Literal, get_args

from remediate.errors import TaskFailed
from remediate.facts.base import Output
from remediate.hosts.spool import Spool, claim_place
from remediate.records import dataclass

OLD_DAYS = 14
"""After so many days without a change a claim is old."""

State = Literal["runs", "ended", "broken"]
"""Of a claim: at work (or about to be), through, or cut off by a restart of the host or a kill."""

_ENTRY = re.compile(r"(\w+) (old|new) (\d{1,15}) ([A-Za-z0-9][\w.\-]*)/([A-Za-z0-9][\w.\-]*)", re.ASCII)
_SAYS = "remediate:spool:"


@dataclass(frozen=True, kw_only=True)
class LeftClaim:
    """A claim: in which part of the spool, under which key."""

    part: str
    key: str
    state: State
    old: bool
    kilobytes: int = field(default=0, compare=False)
    """What it takes on the host's disk, in units of 1024 bytes."""

    @property
    def run(self) -> str:
        """The run's name, which the part begins with; what follows it tells hosts of one machine apart."""
        return self.part.partition(".")[0]


@dataclass(frozen=True, kw_only=True)
class LeftSpool:
    """A user's spool on a host, and the claims in it."""

    directory: str
    claims: tuple[LeftClaim, ...]


def listing(directory: str | None) -> str:
    """Bourne text that tells what is in this user's spool; read it with `listed`.

    Args:
        directory: see `Spool`.
    """
    return (
        _enter(directory)
        + f'echo "{_SAYS}$d"\nfor t in */*; do\n{_STATE}'
        + f'a=new; if test -n "`find "./$t" -prune -mtime +{OLD_DAYS} -print 2>/dev/null`"; then a=old; fi\n'
        + 'set x `du -sk "./$t"`; echo "$s $a ${2-0} $t"\ndone\nexit 0\n'
    )


def listed(output: Output) -> LeftSpool | None:
    """What `listing` told; None if this user has no spool.

    Raises:
        TaskFailed: it told nothing.
    """
    lines = output.stdout.decode("utf-8", "replace").splitlines()
    if output.status != 0:
        said = output.stderr.decode("utf-8", "replace").strip()
        raise TaskFailed(f"the spool cannot be looked at: {said or f'exit status {output.status}'}")
    if not lines:
        return None
    claims = [
        LeftClaim(part=found[4], key=found[5], state=state, old=found[2] == "old", kilobytes=int(found[3]))
        for line in lines[1:]
        if (found := _ENTRY.fullmatch(line)) and (state := _state(found[1])) is not None
    ]
    return LeftSpool(directory=lines[0].removeprefix(_SAYS), claims=tuple(claims))


def removal(directory: str | None, claims: Iterable[LeftClaim]) -> str:
    """Bourne text that removes these, but for those that run after all."""
    left = list(claims)
    tags = " ".join(f"{each.part}/{each.key}" for each in left)
    parts = " ".join(f"./{part}" for part in dict.fromkeys(each.part for each in left))
    return (
        _enter(directory)
        + f'for t in {tags}; do\n{_STATE}test $s = runs || rm -rf "./$t"\ndone\n'
        + f'rmdir {parts} 2>/dev/null\ncd /\nrmdir "$d" 2>/dev/null\nexit 0\n'
    )


def _state(word: str) -> State | None:
    return next((state for state in get_args(State) if state == word), None)


def _enter(directory: str | None) -> str:
    """Bourne text: go to the spool, if there is one that is this user's own; `all` are the processes."""
    return claim_place(Spool(run="any", directory=directory), "any") + _ENTER


_ENTER = """\
if test -h "$d"; then exit 0; fi
set x `ls -ldn "$d" 2>/dev/null`
test "$4" = "$u" || exit 0
cd "$d" || exit 1
all=`ps -e -o args= 2>/dev/null` || all=
if test -z "$all"; then
  all=`for f in /proc/[0-9]*/cmdline; do tr '\\000' ' ' <$f; echo; done 2>/dev/null`
fi
"""
# A claim without `pid` is about to begin, or its starter died: it can be told by its age only.
_STATE = """\
if test -d "$t" && test -d "./$t/."; then :; else continue; fi
if test -h "$t"; then continue; fi
s=runs
case $all in
*" $t "*) ;;
*)
  if test -f "$t/end"; then s=ended
  elif test -n "$all"; then
    if test -d "$t/pid" || test -s "$t/pid"; then s=broken
    elif test -n "`find "./$t" -prune -mtime +1 -print 2>/dev/null`"; then s=broken
    fi
  fi;;
esac
"""
