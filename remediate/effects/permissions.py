"""Orders about who may do what with a path: mode, owner, group."""

from dataclasses import field, replace
from typing import Any, ClassVar

from remediate.answers import Answer, Known, Unknown
from remediate.bourne import quote, quote_path
from remediate.effects.base import Effect, NoUndo, Undo
from remediate.effects.guards import as_word, guard_mode, guard_owner, guard_present
from remediate.effects.left import OPEN, any_status, has_status
from remediate.facts.base import Fact
from remediate.facts.files import FileStatus, PathStatus
from remediate.records import dataclass

_NOT_KNOWN = "(not known)"
"""What a diff says of what only the apply will find."""


def change_mode(path: str, mode: int) -> str:
    """Bourne text that gives `path` exactly this mode."""
    # A directory's set-group-ID bit needs a fifth digit with GNU chmod, and letters on Solaris.
    return f"chmod {mode:05o} {quote_path(path)} || exit 1\n{set_group_bit(path, on=bool(mode & 0o2000))}"


def set_group_bit(path: str, *, on: bool) -> str:
    """Bourne text that sets or clears the set-group-ID bit of a directory, if that is otherwise."""
    quoted = quote_path(path)
    wrong, letter = ("! -g", "g+s") if on else ("-g", "g-s")
    return f"if test -d {quoted} && test {wrong} {quoted}; then chmod {letter} {quoted}; fi"


def change_owner(owner: str | None, group: str | None, *, of: str, failed: str) -> str:
    """Bourne text that gives `of` (shell text such as `"$p"`) owner and group, each if it is given.

    `failed` is what is done if that fails.
    """
    # Who may not give a file away may own it already; who gave it away could no longer change its group.
    # -h, as others may put a link there meanwhile, and have somebody else's file given to them.
    return "".join(
        f"set x `ls -ld{'n' if who.isdecimal() else ''} {of}`; "
        f'test "${word}" = {quote(who)} || {program} -h {quote_path(who)} {of} || {failed}\n'
        for program, word, who in (("chgrp", 5, group), ("chown", 4, owner))
        if who is not None
    )


@dataclass(frozen=True, kw_only=True)
class SetMode(Effect):
    """Set the permission bits of a file or directory."""

    joins: ClassVar[bool] = True

    path: str
    before: Any
    after: int

    def summary(self) -> str:
        """`chmod`."""
        return f"set the mode of {self.path} to {self.after:04o}"

    def diff(self) -> str:
        """One line."""
        before = _NOT_KNOWN if isinstance(self.before, Unknown) else f"{self.before:04o}"
        return f"~ mode {self.path} {before} -> {self.after:04o}\n"

    def script(self) -> str:
        """`chmod`, if the mode is what it was; a link is refused, because it would be followed."""
        guard = guard_mode(self.path, self.before) if isinstance(self.before, int) else ""
        return guard_present(self.path) + guard + change_mode(self.path, self.after)

    def doubt(self) -> Unknown | None:
        """What is not known of it before."""
        return self.before if isinstance(self.before, Unknown) else None

    def undo(self) -> Undo | NoUndo:
        """The mode before."""
        if not isinstance(self.before, int):
            return NoUndo(why=f"which mode {self.path} has before is known only when it is applied")
        back = SetMode(path=self.path, before=self.after, after=self.before)
        return Undo(effects=(back,), guards=(has_status(self.path, any_status(mode=self.after)),))

    def touches(self) -> frozenset[str]:
        """The path."""
        return frozenset({self.path})

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """The mode will be this one, and nothing else different."""
        match fact, answer:
            case FileStatus(path), Known(PathStatus() as status) if path == self.path:
                return Known(replace(status, mode=self.after))
            case (FileStatus(path), _) if path == self.path:
                return Unknown(self.summary())
        return answer


@dataclass(frozen=True, kw_only=True)
class SetOwner(Effect):
    """Set owner, group or both of a file or directory."""

    joins: ClassVar[bool] = True

    path: str
    owner: str | None
    group: str | None
    before: Any
    """Both as people know them; Unknown if only the apply will tell."""
    was: PathStatus | None = field(default=None, compare=False)
    """What was there before; absent if the same task made it just before."""

    def summary(self) -> str:
        """`chown`."""
        return f"set the owner of {self.path} to {self._words()}"

    def _words(self) -> str:
        return f"{self.owner or ''}{':' + self.group if self.group is not None else ''}"

    def diff(self) -> str:
        """One line."""
        known = not isinstance(self.before, Unknown) and self.before.strip("?:")
        before = self.before if known else _NOT_KNOWN
        return f"~ owner {self.path} {before} -> {self._words()}\n"

    def script(self) -> str:
        """`chown` and `chgrp`, if the owner is what it was; a link is refused: it would be followed."""
        change = change_owner(self.owner, self.group, of='"$p"', failed="exit 1")
        return f"{guard_present(self.path)}p={quote_path(self.path)}\n{self._guard()}{change}"

    def _guard(self) -> str:
        if self.was is None or self.was.kind == "absent":
            return ""
        owner, group = owner_of(self.was)
        given = (self.owner is not None, self.group is not None)
        return guard_owner(self.path, owner if given[0] else None, group if given[1] else None)

    def doubt(self) -> Unknown | None:
        """What is not known of it before."""
        return self.before if isinstance(self.before, Unknown) else None

    def undo(self) -> Undo | NoUndo:
        """The owner and group before, by their numbers, and the set-id bits that a change of owner clears."""
        was = self.was
        if was is not None and was.kind == "absent":
            left = owned(any_status(), self.owner, self.group, OPEN)
            return Undo(effects=(), guards=(has_status(self.path, left),))
        owner, group = (None, None) if was is None else owner_of(was)
        if was is None or owner is None or group is None:
            return NoUndo(why=f"who owns {self.path} before is known only when it is applied")
        clears = was.kind != "directory" and has_set_id(was.mode)
        # The size is another effect's: the same task may write the file first.
        left = replace(was, mode=OPEN if clears else was.mode, size=OPEN)
        left = owned(left, self.owner, self.group, OPEN)
        back: Effect = SetOwner(
            path=self.path,
            owner=owner if self.owner is not None else None,
            group=group if self.group is not None else None,
            before=self._words(),
            was=left,
        )
        mode = (SetMode(path=self.path, before=OPEN, after=was.mode),) if clears else ()
        return Undo(effects=(back, *mode), guards=(has_status(self.path, left),))

    def touches(self) -> frozenset[str]:
        """The path."""
        return frozenset({self.path})

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """The names, or the numbers, will be these; the other only the host knows."""
        why = Unknown(self.summary())
        match fact, answer:
            case FileStatus(path), Known(PathStatus() as status) if path == self.path:
                status = owned(status, self.owner, self.group, why)
                if status.kind != "directory" and has_set_id(status.mode):
                    status = replace(
                        status, mode=why
                    )  # most systems take the bits away, some only from users
                return Known(status)
            case (FileStatus(path), _) if path == self.path:
                return why
        return answer


def has_set_id(mode: Any) -> bool:
    """Whether a mode has a set-user-ID or set-group-ID bit, which systems may clear on their own."""
    return isinstance(mode, int) and bool(mode & 0o6000)


def owner_of(was: PathStatus) -> tuple[str | None, str | None]:
    """Owner and group as programs take them, each None if it is not known."""
    return as_word(was.uid, was.owner), as_word(was.gid, was.group)


def own_again(path: str, was: PathStatus, made: int) -> tuple[Effect, ...]:
    """What gives a path that was just made, with mode `made`, the owner, group and mode that it had."""
    owner, group = owner_of(was)
    mode = SetMode(path=path, before=made, after=was.mode)
    if owner is None and group is None:
        return (mode,)
    new = PathStatus(kind="absent")
    return (SetOwner(path=path, owner=owner, group=group, before="?", was=new), mode)


def owned(status: PathStatus, owner: str | None, group: str | None, why: Unknown) -> PathStatus:
    """The status with another owner and group, each if it is given; what only the host knows is `why`."""
    if owner is not None and not _is_known(owner, status.owner, status.uid):
        name, number = _name_and_number(owner, why)
        status = replace(status, owner=name, uid=number)
    if group is not None and not _is_known(group, status.group, status.gid):
        name, number = _name_and_number(group, why)
        status = replace(status, group=name, gid=number)
    return status


def _is_known(wanted: str, name: Any, number: Any) -> bool:
    """Whether an owner or group is known to be the wanted one, given either way."""
    return wanted in [str(each) for each in (name, number) if not isinstance(each, Unknown)]


def _name_and_number(wanted: str, why: Unknown) -> tuple[Any, Any]:
    """What `ls` will say of an owner or group given either way; the other of the two only the host knows."""
    return (why, int(wanted)) if wanted.isdecimal() else (wanted, why)
