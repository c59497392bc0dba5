"""stat: what is at a path."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from remediate.answers import Unknown
from remediate.facts.base import Fact
from remediate.facts.files import FileStatus
from remediate.modules.base import HostView, Module
from remediate.modules.types import Path
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Stat(Module):
    """Look at a path without following a link; registers `stat` with Ansible's keys."""

    query: ClassVar[bool] = True

    path: Path

    def probe(self) -> Iterable[Fact[Any]]:
        """The status."""
        return (FileStatus(self.path),)

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """`stat.exists`, and of what exists, kind, mode, owner, group and size."""
        status = state.of(FileStatus(self.path))
        if status.kind == "absent":
            return {"stat": {"exists": False}}
        mode = status.mode if isinstance(status.mode, Unknown) else f"{status.mode:04o}"
        found = {
            "exists": True,
            "path": self.path,
            "isreg": status.kind == "file",
            "isdir": status.kind == "directory",
            "islnk": status.kind == "link",
            "mode": mode,
            "pw_name": status.owner,
            "gr_name": status.group,
            "uid": status.uid,
            "gid": status.gid,
            "size": status.size,
        }
        if status.kind == "link":
            found["lnk_target"] = status.target
        return {"stat": found}
