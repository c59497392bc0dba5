"""Orders about who may do what with a path: mode, owner, group."""

from dataclasses import dataclass, replace
from typing import Any

from remediate.answers import Answer, Known, Unknown
from remediate.bourne import quote_path
from remediate.effects.base import Effect
from remediate.effects.guards import guard_present
from remediate.facts.base import Fact
from remediate.facts.files import FileStatus, PathStatus


def change_mode(path: str, mode: int) -> str:
    """Bourne text that gives `path` exactly this mode."""
    # A directory's set-group-ID bit needs a fifth digit with GNU chmod, and letters on Solaris.
    quoted = quote_path(path)
    letter = "g+s" if mode & 0o2000 else "g-s"
    return f"chmod {mode:05o} {quoted} || exit 1\nif test -d {quoted}; then chmod {letter} {quoted}; fi"


@dataclass(frozen=True, kw_only=True)
class SetMode(Effect):
    """Set the permission bits of a file or directory."""

    path: str
    before: Any
    after: int

    def summary(self) -> str:
        """`chmod`."""
        return f"set the mode of {self.path} to {self.after:04o}"

    def diff(self) -> str:
        """One line."""
        before = "?" if isinstance(self.before, Unknown) else f"{self.before:04o}"
        return f"~ mode {self.path} {before} -> {self.after:04o}\n"

    def script(self) -> str:
        """`chmod`; a link is refused, because it would be followed."""
        return guard_present(self.path) + change_mode(self.path, self.after)

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

    path: str
    owner: str | None
    group: str | None
    before: str

    def summary(self) -> str:
        """`chown`."""
        return f"set the owner of {self.path} to {self._words()}"

    def _words(self) -> str:
        return f"{self.owner or ''}{':' + self.group if self.group is not None else ''}"

    def diff(self) -> str:
        """One line."""
        return f"~ owner {self.path} {self.before} -> {self._words()}\n"

    def script(self) -> str:
        """`chown` and `chgrp`; a link is refused, because it would be followed."""
        path = quote_path(self.path)
        lines = []
        if self.owner is not None:
            lines.append(f"chown {quote_path(self.owner)} {path} || exit 1")
        if self.group is not None:
            lines.append(f"chgrp {quote_path(self.group)} {path} || exit 1")
        return guard_present(self.path) + "\n".join(lines)

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


def owned(status: PathStatus, owner: str | None, group: str | None, why: Unknown) -> PathStatus:
    """The status with another owner and group, each if it is given; what only the host knows is `why`."""
    if owner is not None:
        name, number = _name_and_number(owner, why)
        status = replace(status, owner=name, uid=number)
    if group is not None:
        name, number = _name_and_number(group, why)
        status = replace(status, group=name, gid=number)
    return status


def _name_and_number(wanted: str, why: Unknown) -> tuple[Any, Any]:
    """What `ls` will say of an owner or group given either way; the other of the two only the host knows."""
    return (why, int(wanted)) if wanted.isdecimal() else (wanted, why)
