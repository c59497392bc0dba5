"""Orders about who may do what with a path: mode, owner, group."""

from dataclasses import dataclass, replace
from typing import Any

from remediate.answers import Answer, Known, Unknown
from remediate.bourne import quote_path
from remediate.effects.base import DRIFTED, Effect
from remediate.facts.base import Fact
from remediate.facts.files import FileStatus, PathStatus


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
        path = quote_path(self.path)
        return (
            f"if test -h {path}; then echo {path} has become a link >&2; exit {DRIFTED}; fi\n"
            f"chmod {self.after:04o} {path}"
        )

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
        lines = [f"if test -h {path}; then echo {path} has become a link >&2; exit {DRIFTED}; fi"]
        if self.owner is not None:
            lines.append(f"chown {quote_path(self.owner)} {path} || exit 1")
        if self.group is not None:
            lines.append(f"chgrp {quote_path(self.group)} {path} || exit 1")
        return "\n".join(lines)

    def touches(self) -> frozenset[str]:
        """The path."""
        return frozenset({self.path})

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        """The names will be these; their numbers only the host knows."""
        why = Unknown(self.summary())
        match fact, answer:
            case FileStatus(path), Known(PathStatus() as status) if path == self.path:
                if self.owner is not None:
                    status = replace(status, owner=self.owner, uid=why)
                if self.group is not None:
                    status = replace(status, group=self.group, gid=why)
                return Known(status)
            case (FileStatus(path), _) if path == self.path:
                return why
        return answer
