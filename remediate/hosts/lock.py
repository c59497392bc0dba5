"""The lock of a host: only one run works on it at a time, whoever starts it and from wherever.

A lock has generations: directories that only one `mkdir` can make. The highest one counts, and who holds it
is in its `owner` file. To take over a lock whose time is up is to make the next generation, and then to look
whether the one before is still what it was: so nobody's lock is taken away by mistake, and no right over
another user's files is needed. Times are seconds since 1970 by the clocks of the controllers.
"""

import hashlib

from remediate.errors import TaskFailed
from remediate.facts.base import Output
from remediate.hosts.at_work import AtWork, at_work, list_at_work
from remediate.hosts.lock_owner import Owner, owner_of
from remediate.hosts.spool import USER
from remediate.records import dataclass

_STATUS = 93
_SAYS = "remediate:lock:"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a host says of its lock: taken, or held by somebody; by nobody known, if he is just taking it."""

    taken: bool = False
    kept: bool = False
    """Whether it was this owner's all the time since he took it."""
    free: bool = False
    holder: Owner | None = None
    line: str = ""
    """The holder as the host told of him, for `take` and `break_`."""
    commands: tuple[AtWork, ...] = ()
    """What he has claimed and runs there. Looked for where that keeps his lock from being taken over."""


def lock_name(host: str, port: int | None) -> str:
    """The lock's name on the host: several hosts of an inventory may be one machine."""
    return hashlib.sha256(f"{host}\n{port or 22}".encode()).hexdigest()[:32]


def claims_of(run: str, name: str) -> str:
    """A run's part of the spools of a host with this lock: several of a user's hosts may be one machine."""
    return f"{run}.{name[:8]}"


def take(name: str, owner: Owner, *, now: int, over: str | None = None) -> str:
    """Bourne text that takes a lock, takes it again, or tells who holds it; read it with `found`.

    To take it again with a later `expires` is how it is renewed. It is not taken over while a command that
    its holder has claimed runs on the host.

    Args:
        name: see `lock_name`.
        owner: who wants it.
        now: the time; a lock that has expired before is taken over.
        over: the line of a holder (of nobody, if empty) from whom it is taken, expired or not.
    """
    ours = "" if over is None else f'  if test "$o" = "{_checked(over)}"; then ours=1; fi\n'
    return _take(name, owner, now, ours + _spared(name, owner), _say("taken"))


def look(name: str) -> str:
    """Bourne text that tells who holds a lock, with his commands, and makes nothing; read it with `found`."""
    return (
        f'{_WHERE}test -d "$r" || {_say("free")}\ncd "$r" || exit 1\nname={name}\n'
        + _HIGHEST
        + f'test -n "$g" || {_say("free")}\n'
        + _READ
        + f"case $3 in 0) {_say('free')};; esac\n"
        + _commands(name)
        + _say("held")
    )


def release(name: str, owner: Owner) -> str:
    """Bourne text that gives a lock back, if this owner has it."""
    return (
        f'{_WHERE}test -d "$r" && cd "$r" || exit 0\nname={name}; token=\'{owner.token}\'\n'
        + _HIGHEST
        + 'test -n "$g" || exit 0\n'
        + _READ
        + 'test "$2" = "$token" || exit 0\n'
        + _LOWER
        + f"for once in 1; do\n{_GIVE_BACK}done\nexit 0\n"
    )


def break_(name: str, holder: Found, *, now: int) -> str:
    """Bourne text that ends the lock of a holder who was found, whoever he is; read it with `found`.

    If another one has it meanwhile, it is his, and that is told. What he has claimed runs on.
    """
    breaker = Owner(host="-", who="-", run="-", pid=0, place="", boot="", since=0, expires=0)
    ours = f'  if test "$o" = "{_checked(holder.line)}"; then ours=1; fi\n'
    return _take(name, breaker, now, ours, f"{_GIVE_BACK}{_say('free')}")


def found(output: Output) -> Found:
    """What came of `take`, `look` or `break_`.

    Raises:
        TaskFailed: the host keeps no locks, and why.
    """
    said, *commands = output.stdout.decode("utf-8", "replace").strip().split("\n")
    kind, _, line = said.removeprefix(_SAYS).partition(" ")
    if output.status != _STATUS or not said.startswith(_SAYS):
        kind = ""
    match kind:
        case "taken" | "kept":
            return Found(taken=True, kept=kind == "kept")
        case "free":
            return Found(free=True)
        case "held" | "busy":
            return Found(holder=owner_of(line), line=line, commands=at_work(commands))
    why = output.stderr.decode("utf-8", "replace").strip() or f"exit status {output.status}"
    raise TaskFailed(
        f"the host's lock cannot be taken: {why}",
        cure="its directory is .remediate-locks in /var/tmp or else in /tmp, mode 1777, and no link",
    )


def _checked(line: str) -> str:
    if not all(letter.isascii() and (letter.isalnum() or letter in "%:_.~- ") for letter in line):
        raise TaskFailed(
            "the host's lock has an owner that no run wrote", cure="remove it there: in .remediate-locks"
        )
    return line


def _say(word: str) -> str:
    tail = ' $o"; echo "$c"' if word in ("held", "busy") else '"'
    return f'{{ echo "{_SAYS}{word}{tail}; exit {_STATUS}; }}'


def _commands(name: str) -> str:
    """Bourne text: `c` are the commands of the holder, whose line is in $1 and what follows."""
    return f"IFS=:; set x $2; IFS=$i; run=$2\nc=`{list_at_work(claims_of('$run', name))}`\n"


def _spared(name: str, owner: Owner) -> str:
    """Bourne text: what is to be taken over from another run is left to it while one of its commands runs."""
    own = owner.token.partition(":")[0]
    return (
        f'  if test -n "$ours"; then\n{_commands(name)}'
        f'    if test -n "$c" && test "$run" != \'{own}\'; then {_say("held")}; fi\n    c=\n  fi\n'
    )


def _take(name: str, owner: Owner, now: int, ours: str, then: str) -> str:
    """`ours` sets that if the lock is taken over for another reason than its time."""
    return (
        _ROOM
        + f"name={name}; token='{owner.token}'; line='{owner.line()}'\n"
        + "for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do\n"
        + _HIGHEST
        + 'o=; ours=; next=0\nif test -n "$g"; then\n'
        + _READ
        + f'  if test "$2" = "$token"; then\n{_AGAIN}  fi\n'
        + f'  if test -n "$o" && test "$3" -lt {now}; then ours=1; fi\n'
        # Who has made it and is not named yet writes his name in this moment; or he died just then.
        + '  if test -z "$o" && test $try -lt 5; then sleep 1; continue; fi\n'
        + ours
        + f'  test -n "$ours" || {_say("held")}\n'
        + "  next=`expr $g + 1`\nfi\n"
        + _MAKE
        + f"{then}\ndone\n{_say('busy')}\n"
    )


# The same on every call; one that outlives a restart, where there is one.
_WHERE = """\
if test -d /var/tmp && test -w /var/tmp; then r=/var/tmp; else r=/tmp; fi
r=$r/.remediate-locks; o=; c=
if test -h "$r"; then echo "$r is a link" >&2; exit 1; fi
"""
_ROOM = (
    _WHERE
    + """\
test -d "$r" || ( umask 0; mkdir "$r" && chmod 1777 "$r" ) 2>/dev/null
if test -k "$r" 2>/dev/null && test -w "$r"; then :; else
"""
    + f"  {USER}"
    + """\
  for n in 1 2 3; do
    set x `ls -ldn "$r"`
    case $2 in drwxrwxrwt*) break;; esac
    if test "$4" = "$u"; then chmod 1777 "$r"; else sleep 1; fi
  done
  case $2 in drwxrwxrwt*) ;; *) echo "$r is not for all users (mode 1777)" >&2; exit 1;; esac
fi
cd "$r" || exit 1
umask 022
"""
)
# Sets `g` to the highest generation, or to nothing; `all` has every one of them. What has no number is none.
_HIGHEST = """\
g=; all=
i=$IFS
for f in $name.*; do
  if test -d "$f"; then
    IFS=.; set x $f; IFS=$i
    test $# -eq 3 || continue
    case $3 in *[!0-9]* | ??????????*) continue;; esac
    all="$all $3"
    if test -z "$g" || test $3 -gt $g; then g=$3; fi
  fi
done
"""
# What is less than a whole line is being written just now, and is nobody's name yet. So is what no run has
# written: whoever may use the directory may write anything there, and a word of his must never be part of a
# program for `sed`, nor a number for `test`, which some shells work out as an expression.
_WORDS = """\
case $o in *[!A-Za-z0-9%:_.~\\ -]*) o=;; esac
set x $o
case $3 in *[!0-9]* | ?????????????*) set x;; esac
test $# -ge 5 || { o=; set x; }
"""


def _read(file: str) -> str:
    """Bourne text: `o` is the owner's line, and its words are from $2 on."""
    return f"o=; if test -f {file}; then read o 2>/dev/null <{file}; fi\n{_WORDS}"


_READ = _read("$name.$g/owner")
# A generation can be made by everybody, with a copy of our line in it, and with links under the names that we
# are about to write. In one that is ours nobody else can. Old shells end over `-O`, but for those on Linux.
_OURS = f"""\
if test -d /proc/sys/kernel && test -O . 2>/dev/null; then :; else
  {USER}  set x `ls -ldn .`
  test "$4" = "$u" || {{ cd "$r"; continue; }}
fi
"""
# The owner from within the generation, which is the current directory then. Old shells end over a `cd` that
# fails, so it is looked first.
_ENTER = f"""\
test -d $name.$g && cd $name.$g 2>/dev/null || continue
{_OURS}{_read("owner")}"""
# From within the generation: if that has been removed, nothing is written, whatever has its name by now.
# A full disk leaves an empty file, and an old echo says nothing of it: left there, it would lock the host.
_WRITE = (
    '{ echo "$line" >new.$$ && test -s new.$$ && mv new.$$ owner || { rm -f new.$$; false; }; } 2>/dev/null'
)
# The same where there is no name yet; whoever reads a part of it takes it for none.
_WRITE_FIRST = (
    '{ echo "$line" >owner && read w <owner && test "$w" = "$line" || { rm -f owner; false; }; } 2>/dev/null'
)
# Its time is prolonged first, then is looked whether somebody has begun to take it over: he looks at it last.
_AGAIN = f"""\
was=$g; wrote=
{_ENTER}if test "$2" = "$token" && {_WRITE}; then wrote=1; fi
cd "$r"
{_HIGHEST}if test -n "$wrote" && test "$g" = "$was"; then {_say("kept")}; fi
continue
"""
_LOWER = """\
lower=
for n in $all; do
  if test $n -lt $g; then
    rm -rf $name.$n 2>/dev/null
    if test -d $name.$n; then lower=1; fi
  fi
done
"""
_NOBODY = "- 0 0 -"
# What another user has left below cannot be removed, and would come to life again: one stays above it.
_GIVE_BACK = f"""\
{_ENTER}if test "$2" = "$token"; then
  if test -n "$lower"; then line='{_NOBODY}'; {_WRITE}; else rm -f owner; fi
fi
cd "$r"
rmdir $name.$g 2>/dev/null
"""
# The name is written first, then is looked whether somebody took over what was without a name too long.
_MAKE = f"""\
before=$g; was=$o
mkdir $name.$next 2>/dev/null || continue
{_HIGHEST}good=
if test "$g" != $next; then :
elif test -z "$before"; then test "$all" = " $next" && good=1
elif test -d $name.$before; then
{_read("$name.$before/owner")}  test "$o" = "$was" && good=1
fi
if test -z "$good"; then rmdir $name.$next 2>/dev/null; continue; fi
g=$next
{_ENTER}if test -n "$o"; then cd "$r"; continue; fi
if {_WRITE_FIRST}; then cd "$r"
else
  cd "$r"
  rmdir $name.$next 2>/dev/null || continue
  echo "its owner cannot be written (is the disk full?)" >&2; exit 1
fi
{_HIGHEST}if test "$g" != $next; then continue; fi
{_LOWER}"""
