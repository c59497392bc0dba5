"""The spool: where a run keeps its claims on a host. Bourne text that finds it, makes room, and cleans up."""

import re
from collections.abc import Sequence

from remediate.bourne import quote
from remediate.hosts.claim_words import say
from remediate.records import dataclass

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]*")
_VARIABLE = re.compile(r"(\$[A-Za-z_][A-Za-z0-9_]*|\$\{[A-Za-z_][A-Za-z0-9_]*\})")


@dataclass(frozen=True, kw_only=True)
class Spool:
    """Where a run keeps its claims on a host; each user has a spool of his own.

    `directory` is the inventory's `ansible_remote_tmp`. Without it, or where the user may not write there, it
    is the home directory if that is the user's own, else /var/tmp. It must outlive a reboot.
    """

    run: str
    directory: str | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.run):
            raise ValueError(f"{self.run!r} cannot be a run's name")


def make_room(*, spool: Spool) -> str:
    """Bourne text that makes the run's part of a user's spool; read it with `collected`.

    It is there before the first claim is journalled: where it is gone later, so are the claims.
    """
    return (
        claim_place(spool, "")
        # Another run of this user may just be cleaning the spool away, hence more than once.
        + f"for n in 1 2 3 4 5; do\n{OWN}"
        + 'test -d "$r" || mkdir "$r" 2>/dev/null\ntest -d "$r" && exit 0\ndone\n'
        + f"{say('spool')}\n"
    )


def clean(*, spool: Spool) -> str:
    """Bourne text that removes what the run has left in a user's spool, but for what still runs."""
    return (
        claim_place(spool, "")
        + 'set x `ls -ldn "$d" 2>/dev/null`\n'
        + f"case $2/$4 in {_OWN_MODE}) ;; *) exit 0;; esac\n"
        + 'if test -d "$r" && test -w "$r"; then :; else exit 0; fi\n'
        + 'set x\nfor c in "$r"/*; do\n'
        # An armed timer (see `timer`) has an end as a claim, and is needed until it is stopped or has fired.
        + '  case $c in *.confirm) test -d "$c/fired" || continue;; esac\n'
        + '  if test -f "$c/end"; then set "$@" "$c"; fi\ndone\nshift\n'
        + 'test $# = 0 || rm -rf "$@"\n'
        + 'rmdir "$r" 2>/dev/null && rmdir "$d" 2>/dev/null\nexit 0\n'
    )


def claim_tag(spool: Spool, key: str) -> str:
    """What stands among the arguments of all shells of a claim."""
    if not _NAME.fullmatch(key):
        raise ValueError(f"{key!r} cannot be a claim's name")
    return f"{spool.run}/{key}"


def claim_place(spool: Spool, key: str) -> str:
    """Bourne text: `u` is this user's number, `d` his spool, `r` the run's part of it, `k` the claim."""
    given = "" if spool.directory is None else f"b={_expand(spool.directory)}\n{_GIVEN}"
    return f"{USER}d=\n{given}{_USUAL}r=$d/{spool.run}; k=$r/{key}\n"


def _expand(directory: str) -> str:
    """A directory of an inventory as one Bourne word: `~` and variables are the host's."""
    rest, start = directory, ""
    if rest == "~" or rest.startswith("~/"):
        rest, start = rest[1:], '"$HOME"'
    pieces: Sequence[str] = _VARIABLE.split(rest)
    return start + "".join(
        f'"{piece}"' if number % 2 else quote(piece) for number, piece in enumerate(pieces) if piece
    )


USER = "i=$IFS; IFS=' =('; set x `id`; IFS=$i; u=$3\n"
"""Bourne text: `u` is this user's number, and `i` what words are parted by."""
_GIVEN = """\
if test -d "$b" || mkdir -p "$b" 2>/dev/null; then
  if test -w "$b"; then d=$b/.remediate-$u; fi
fi
"""
# Where sudo leaves HOME as it was, the home is somebody else's, and what is made there would be in his way.
_USUAL = """\
if test -z "$d"; then
  case ${HOME-} in /*)
    set x `ls -ldn "$HOME/." 2>/dev/null`
    if test "$4" = "$u" && test -w "$HOME"; then d=$HOME/.remediate; fi;;
  esac
fi
if test -z "$d"; then
  if test -d /var/tmp && test -w /var/tmp; then d=/var/tmp; else d=/tmp; fi
  d=$d/.remediate-$u
fi
"""
_OWN_MODE = "drwx--[-S]---*/$u"
# Nobody else may have made it, nor be able to write to it: /var/tmp is everybody's.
OWN = f"""\
set x `ls -ldn "$d" 2>/dev/null`
if test -z "$2"; then
  ( umask 077; mkdir "$d" ) 2>/dev/null
  set x `ls -ldn "$d" 2>/dev/null`
fi
case $2/$4 in {_OWN_MODE}) ;; *) {say("spool")};; esac
"""
"""Bourne text, after `claim_place`: the spool is there, and is this user's alone."""
