"""What several effects share: the guards on a path, and what is foretold of names that come and go."""

import posixpath
import stat
from typing import Any

from remediate.answers import Answer, Known
from remediate.bourne import quote, quote_path
from remediate.effects.base import DRIFTED, Guard
from remediate.facts.base import Fact
from remediate.facts.digest import Digest, FileDigest
from remediate.facts.files import FileStatus, FileText, Kind, Listing, PathStatus, Text, is_inside

APPEARED = "it has appeared"
GONE = "it is gone"


# The messages name no path: some shells' `echo` would read a backslash in it. The effect's summary names it.
def refuse(why: str) -> str:
    """Bourne text that leaves with DRIFTED and a reason, which must be plain words."""
    return f"{{ echo {why} >&2; exit {DRIFTED}; }}"


def guard_kind(path: str, kind: Kind) -> str:
    """Bourne text that leaves with DRIFTED unless `path` is of this kind."""
    quoted = quote_path(path)
    if kind == "absent":
        return f"if ls -d {quoted} >/dev/null 2>&1; then {refuse(APPEARED)}; fi\n"
    changed = refuse(f"it is not the {kind} it was")
    if kind == "link":
        return f"test -h {quoted} || {changed}\n"
    tests = {"file": "-f", "directory": "-d"}
    held = f"test {tests[kind]} {quoted}" if kind in tests else f"ls -d {quoted} >/dev/null"
    return f"if test -h {quoted}; then {changed}; fi\n{held} || {changed}\n"


def guard_present(path: str) -> str:
    """Bourne text that leaves with DRIFTED if `path` is gone, or is a link, which would be followed."""
    quoted = quote_path(path)
    return (
        f"if test -h {quoted}; then {refuse('it has become a link')}; fi\n"
        # Only of what is rare, a program must tell.
        f"test -f {quoted} || test -d {quoted} || ls -d {quoted} >/dev/null || {refuse(GONE)}\n"
    )


def guard_mode(path: str, mode: int) -> str:
    """Bourne text that leaves with DRIFTED unless `path` has this mode."""
    # Set-id bits may be gone: systems clear them where the same task has written the file, or given it away.
    letters = "".join({"s": "[sx]", "S": "[SlL-]"}.get(each, each) for each in stat.filemode(mode)[1:])
    return (
        f'p={quote_path(path)}\nset x `ls -ld "$p"`\n'
        f"case $2 in ?{letters}*) ;; *) {refuse('its mode has changed')};; esac\n"
    )


def guard_owner(path: str, owner: str | None, group: str | None) -> str:
    """Bourne text that leaves with DRIFTED unless `path` has this owner and group, each if it is given."""
    return f"p={quote_path(path)}\n" + "".join(
        f'set x `ls -ld{"n" if who.isdecimal() else ""} "$p"`\n'
        f'test "${word}" = {quote(who)} || {refuse("it has another owner or group now")}\n'
        for word, who in ((4, owner), (5, group))
        if who is not None and who.split() == [who]  # names of winbind may hold blanks
    )


def guard_text(path: str, before: FileText) -> str:
    """Bourne text that leaves with DRIFTED unless `path` still holds what was read."""
    # Quoted words do not pass through backquotes unharmed, variables do.
    return (
        f"p={quote_path(path)}\n"
        'test -f "$p" && set x `cksum < "$p"` && '
        f'test "$2 $3" = "{before.checksum} {before.size}" || {refuse("its content has changed")}\n'
    )


def guard_target(path: str, target: str) -> str:
    """Bourne text that leaves with DRIFTED unless the link `path` still points to `target`."""
    # Only `ls` tells a target on every Unix. The full stop keeps a line feed at the target's end.
    return (
        f"p={quote_path(path)}\n"
        'case `ls -ld "$p"; echo .` in\n'
        f"*{quote(f' -> {target}{chr(10)}.')}) ;;\n*) {refuse('it points elsewhere now')} ;;\nesac\n"
    )


def on_host(guard: Guard) -> str:
    """Bourne text that leaves with DRIFTED where a guard does not hold, as far as a script can tell."""
    match guard.fact, guard.answer:
        case Text(path), FileText(kind="file") as text:
            return guard_text(path, text)
        case FileStatus(path), PathStatus() as status:
            return _guard_status(path, status)
        case Listing(path), ():
            return guard_empty(path)
    return ":\n"


def _guard_status(path: str, status: PathStatus) -> str:
    kind = status.kind if isinstance(status.kind, str) else None  # None: it may be anything that is there
    guard = guard_present(path) if kind is None else guard_kind(path, kind)
    if kind == "absent":
        return guard
    if kind == "link":
        guard += guard_target(path, status.target) if isinstance(status.target, str) else ""
    elif isinstance(status.mode, int):
        guard += guard_mode(path, status.mode)
    return guard + guard_owner(path, as_word(status.uid, status.owner), as_word(status.gid, status.group))


def as_word(number: Any, name: Any) -> str | None:
    """An owner or group as a program takes it, by its number if that is known; None if neither is."""
    if isinstance(number, int):
        return str(number)
    return name if isinstance(name, str) else None


def guard_empty(path: str) -> str:
    """Bourne text that leaves with DRIFTED if something is in the directory `path`."""
    return (
        f"p={quote_path(path)}\n"
        'n=`cd "$p" && find . ! -name . -prune -print`\n'
        f'test -z "$n" || {refuse("it is not empty any more")}\n'
    )


def foretell_gone(path: str, fact: Fact[Any], answer: Answer) -> Answer | None:
    """The answer when nothing is at or below a path any more; None to a question about something else."""
    match fact:
        case Text(asked) if is_inside(asked, path):
            return Known(FileText(kind="absent"))
        case Digest(path=asked) if is_inside(asked, path):
            return Known(FileDigest(kind="absent"))
        case FileStatus(asked) if is_inside(asked, path):
            return Known(PathStatus(kind="absent"))
        case Listing(asked) if is_inside(asked, path):
            return Known(None)
        case Listing(asked) if asked == posixpath.dirname(path):
            match answer:
                case Known(tuple() as names):
                    return Known(tuple(name for name in names if name != posixpath.basename(path)))
    return None


def with_name(answer: Answer, name: str) -> Answer:
    """The names of a directory after `name` has come into it."""
    match answer:
        case Known(tuple() as names):
            return Known(tuple(sorted({*names, name})))
        case Known(None):
            return Known((name,))
    return answer
