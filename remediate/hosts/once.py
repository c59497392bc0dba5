"""Run once or attach: Bourne text that starts a script on its host at most once, however often it is sent.

A claim is a directory that only one `mkdir` can make. Who makes it starts the script, detached from the
connection; everybody who comes later waits for the same end. In a claim are `pid` (it has begun), `out`,
`err`, and `end` (its exit status, put there by a rename). Nothing of the script itself is in it, nor in the
list of processes: both may be read for secrets.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from remediate.bourne import heredoc, quote
from remediate.errors import NotKnown, TaskFailed
from remediate.facts.base import Output
from remediate.hosts.shell import MAX_OUTPUT

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]*")
_VARIABLE = re.compile(r"(\$[A-Za-z_][A-Za-z0-9_]*|\$\{[A-Za-z_][A-Za-z0-9_]*\})")
_STATUS = 92
_SAYS = "remediate:once:"


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
        + f"for n in 1 2 3 4 5; do\n{_OWN}"
        + 'test -d "$r" || mkdir "$r" 2>/dev/null\ntest -d "$r" && exit 0\ndone\n'
        + f"{_say('spool')}\n"
    )


def once(script: str, *, spool: Spool, key: str, begun: bool = False) -> str:
    """Bourne text that runs `script` once, or waits for the run that has begun.

    What it prints and its exit status are exactly the script's own; or read them with `collected`.

    Args:
        script: Bourne text that reads nothing from its standard input.
        spool: of this run.
        key: the same for the same script of the run, whenever it is sent.
        begun: whether an earlier part of the run may have sent it: then it is not started where all that the
            run had claimed is gone.
    """
    tag = claim_tag(spool, key)
    return (
        claim_place(spool, key)
        + (f'test -d "$r" || {_say("lost")}\n' if begun else "")
        # Another run of this user may just be cleaning the spool away, hence more than once.
        + "made=\nfor n in 1 2 3 4 5; do\n"
        + _OWN
        + 'if mkdir "$k" 2>/dev/null || { mkdir "$r" 2>/dev/null; mkdir "$k" 2>/dev/null; }; then\n'
        + 'made=1; break; fi\ntest -d "$k" && break\ndone\n'
        + 'n=0\nif test -n "$made"; then\nn=99\n'
        + _SETSID
        + _watch()
        # A shell whose child was killed may show its text, and that may hold secrets: not on our stderr.
        + "exec 3>&2 2>/dev/null\n"
        + f'${{s+"$s"}} "$0" -s {tag} "$d" >/dev/null 3>&- {heredoc(_inner(script))}'
        + "exec 2>&3 3>&-\nfi\n"
        + f'test -d "$k" || {_say("spool")}\n'
        + _wait(tag)
        + 'read s <"$k/end"\n'
        + f"case $s in stopped) {_say('stopped')};; esac\n"
        + 'if test -s "$k/out"; then cat "$k/out"; fi\nif test -s "$k/err"; then cat "$k/err" >&2; fi\n'
        + "if test $s -gt 256; then s=`expr $s - 128`; fi\nexit $s\n"  # a ksh's way to tell of a signal
    )


def collected(output: Output, what: str) -> Output:
    """The script's own output, out of what `once` printed.

    Args:
        output: of `once`.
        what: the order, for people.

    Raises:
        TaskFailed: there is none, and never will be; the script is not started again.
        NotKnown: the claim is gone, and with it what would tell.
    """
    said = output.stderr.decode("utf-8", "replace").strip()
    if output.status != _STATUS or output.stdout or not said.startswith(_SAYS):
        return output
    word = said.removeprefix(_SAYS)
    why, cure = _MEANINGS[word]
    raise (NotKnown if word == "lost" else TaskFailed)(f"{why}: {what}", cure=cure)


def peek(*, spool: Spool, key: str, stream: str, block: int) -> str:
    """Bourne text that prints what a claim's script has printed so far, from a block of 512 bytes on.

    Args:
        spool: of the run.
        key: the claim's name.
        stream: `out` or `err`.
        block: how many blocks are left out.
    """
    # `dd` is the one program that skips bytes on every Unix; files that are not there yet are no mistake.
    return f'{claim_place(spool, key)}dd if="$k/{stream}" bs=512 skip={block} 2>/dev/null\nexit 0\n'


def stop(*, spool: Spool, key: str) -> str:
    """Bourne text that ends a claim's process, or sees that it never begins; and records that.

    Its exit status is 0 if nothing of it runs any more.
    """
    tag = claim_tag(spool, key)
    record = '{ echo stopped >"$k/new.s"; test -s "$k/new.s" && mv "$k/new.s" "$k/end"; }\n'
    return (
        claim_place(spool, key)
        + _OWN
        + '( umask 077; mkdir "$r"; mkdir "$k" ) 2>/dev/null\n'
        + 'if test -f "$k/end"; then exit 0; fi\n'
        + f'if test -d "$k/pid" || mkdir "$k/pid" 2>/dev/null; then {record[:-1]}; exit 0; fi\n'
        + 'p=; read p <"$k/pid"\ntest -n "$p" || exit 1\n'
        + _TREE
        + f"gone=; {look_alive(tag)}"
        + 'if test -z "$gone"; then\n'
        + "  kill -15 -$p 2>/dev/null; kill -15 $tree 2>/dev/null\n"
        + f"  for n in 1 2; do {look_alive(tag)}"
        + '    test -n "$gone" || sleep 1\n  done\n'
        + "  kill -9 -$p 2>/dev/null; kill -9 $tree 2>/dev/null\n"
        + f'  test -n "$gone" || {{ sleep 1; {look_alive(tag)}}}\nfi\n'
        + 'test -n "$gone" || exit 1\n'
        + f'test -f "$k/end" || {record}'
        + "exit 0\n"
    )


def clean(*, spool: Spool) -> str:
    """Bourne text that removes what the run has left in a user's spool, but for what still runs."""
    return (
        claim_place(spool, "")
        + 'if test -h "$d"; then exit 0; fi\n'
        + 'if test -d "$r" && test -w "$r"; then :; else exit 0; fi\n'
        + 'set x\nfor c in "$r"/*; do\n'
        # An armed timer (see `timer`) has an end as a claim, and is needed until it is stopped or has fired.
        + '  case $c in *.confirm) test -d "$c/fired" || continue;; esac\n'
        + '  if test -f "$c/end"; then set "$@" "$c"; fi\ndone\nshift\n'
        + 'test $# = 0 || rm -rf "$@"\n'
        + 'rmdir "$r" 2>/dev/null && rmdir "$d" 2>/dev/null\nexit 0\n'
    )


_AGAIN = "look at the host whether it did its work, then run again"
_MEANINGS = {
    "spool": (
        "not done, its claim could not be made on the host",
        "see that the home directory or ansible_remote_tmp can be written and nobody else owns "
        "the .remediate in it",
    ),
    "never": ("it was claimed and never begun (the host or its shell was stopped right then)", "run again"),
    "unknown": ("it was claimed, and it is not known whether it began", _AGAIN),
    "lost": (
        "NOT KNOWN whether it was done, and not done again: what this run had claimed on the host is gone",
        _AGAIN,
    ),
    "gone": ("it was begun and has no end (the host was restarted, or it was killed)", _AGAIN),
    "stopped": ("it was stopped when its deadline had passed", _AGAIN),
}


def claim_tag(spool: Spool, key: str) -> str:
    """What stands among the arguments of all shells of a claim."""
    if not _NAME.fullmatch(key):
        raise ValueError(f"{key!r} cannot be a claim's name")
    return f"{spool.run}/{key}"


def _say(word: str) -> str:
    return f"{{ echo {_SAYS}{word} >&2; exit {_STATUS}; }}"


def claim_place(spool: Spool, key: str) -> str:
    """Bourne text: `u` is this user's number, `d` his spool, `r` the run's part of it, `k` the claim."""
    given = "" if spool.directory is None else f"b={_expand(spool.directory)}\n{_GIVEN}"
    return f"{_USER}{given}{_USUAL}r=$d/{spool.run}; k=$r/{key}\n"


def _expand(directory: str) -> str:
    """A directory of an inventory as one Bourne word: `~` and variables are the host's."""
    rest, start = directory, ""
    if rest == "~" or rest.startswith("~/"):
        rest, start = rest[1:], '"$HOME"'
    pieces: Sequence[str] = _VARIABLE.split(rest)
    return start + "".join(
        f'"{piece}"' if number % 2 else quote(piece) for number, piece in enumerate(pieces) if piece
    )


_USER = "i=$IFS; IFS='=('; set x `id`; IFS=$i; u=$3; d=\n"
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
_OWN = f"""\
set x `ls -ldn "$d" 2>/dev/null`
if test -z "$2"; then
  ( umask 077; mkdir "$d" ) 2>/dev/null
  set x `ls -ldn "$d" 2>/dev/null`
fi
case $2/$4 in drwx--[-S]---*/$u) ;; *) {_say("spool")};; esac
"""
# A session of its own, where there is a program for it: no signal to the connection's processes reaches it.
_SETSID = """\
IFS=:
for p in $PATH; do if test -f "$p/setsid"; then s=$p/setsid; break; fi; done
IFS=$i
"""


# A script that prints without end must not fill the disk: what is too much for the connection is too much.
def _watch() -> str:
    return f"""\
( while sleep 2 && test ! -f "$k/end" && test ! -d "$k/pid" && test -d "$k"; do
    p=; read p <"$k/pid"
    test -n "$p" || continue
    kill -0 $p || exit 0
    for f in out err; do
      set x `ls -ln "$k/$f"`
      if test "$6" -gt {MAX_OUTPUT}; then
        echo 137 >"$k/new.w"; test -s "$k/new.w" && mv "$k/new.w" "$k/end"; kill -9 -$p; kill -9 $p; exit 0
      fi
    done
  done ) </dev/null >/dev/null 2>&1 &
"""


def _inner(script: str) -> str:
    # A full disk leaves an empty file: no end is told then, rather than a wrong one.
    # One compound command: of a text that did not arrive whole, nothing is run. `pid` comes before anything
    # of the script; who finds a claim without it makes a directory of that name, and then it never begins.
    return f"""\
{{ trap '' 1
exec >"$2/$1/out" 2>"$2/$1/err" || exit 1
echo $$ >"$2/$1/pid"
if test -f "$2/$1/pid" && test -s "$2/$1/pid"; then :; else exit 1; fi
( set x; shift; eval {quote(f" {script}{chr(10)}")} ) </dev/null
echo $? >"$2/$1/new"; test -s "$2/$1/new" && mv "$2/$1/new" "$2/$1/end"; exit 0; }}
"""


def look_alive(tag: str) -> str:
    """Bourne text: `gone` is set if process `p` is not this claim's: its number may be another one's now."""
    return f"""\
a=`ps -p $p -o args= 2>/dev/null || ( tr '\\000' ' ' </proc/$p/cmdline ) 2>/dev/null`
case $a in
*" {tag} "*) ;;
"") kill -0 $p 2>/dev/null || gone=1;;
*) gone=1;;
esac
"""


def _wait(tag: str) -> str:
    # After ten seconds without a process the starter is taken to be dead; what it left cannot begin later.
    return f"""\
while test ! -f "$k/end"; do
  gone=
  if test -d "$k/pid"; then {_say("never")}
  elif test -s "$k/pid"; then
    read p <"$k/pid"
    {look_alive(tag)}    if test -n "$gone" && test ! -f "$k/end"; then {_say("gone")}; fi
  elif test $n -ge 10; then
    if mkdir "$k/pid" 2>/dev/null || test $n = 99; then {_say("never")}; fi
    test -s "$k/pid" || {_say("unknown")}
  else n=`expr $n + 1`
  fi
  test -f "$k/end" || sleep 1
done
"""


# The process and all that came of it; without a session of its own there is no other way to name them.
_TREE = """\
tree=$p; kids=$p
while test -n "$kids"; do
  kids=`ps -e -o pid= -o ppid= 2>/dev/null | while read c q; do
    case " $kids " in *" $q "*) echo $c;; esac; done`
  set x $kids; shift; kids="$*"; tree="$tree $kids"
done
"""
