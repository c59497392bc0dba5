"""copy: a file with given content, or with that of a file on the controller."""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from remediate.effects.base import Effect
from remediate.facts.base import Fact
from remediate.facts.files import FileStatus, Text
from remediate.modules.base import Desk, HostView, Module
from remediate.modules.content import file_with
from remediate.modules.types import Mode


@dataclass(frozen=True, kw_only=True)
class Copy(Module):
    """Make `dest` hold `content`, or what `src` (looked for beside the playbook and in `files/`) holds.

    A new file gets mode 0644 unless `mode` says otherwise. `force: false` leaves an existing file as it is;
    `backup: true` keeps the old one beside the new one, with the time in its name.
    """

    dest: str
    src: str | None = None
    content: str | None = field(default=None, repr=False)
    mode: Mode | None = None
    owner: str | None = None
    group: str | None = None
    backup: bool = False
    force: bool = True

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            ValueError: if there is no source, or the destination is not absolute.
        """
        if self.src is None and self.content is None:
            raise ValueError("give either 'src' or 'content'")
        if not self.dest.startswith("/"):
            raise ValueError(f"'dest' must be an absolute path, not '{self.dest}'")
        if self.src is None and self.dest.endswith("/"):
            raise ValueError("'dest' is a directory; with 'content' it must name the file")

    @classmethod
    def prepare(cls, params: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
        """Read `src`; a dict or list as content becomes JSON, as in Ansible."""
        ready = dict(params)
        if ready.get("src") is not None and ready.get("content") is None:
            ready["content"] = desk.read(str(ready["src"]), "files")
        return ready

    def path(self) -> str:
        """The file on the host."""
        if self.dest.endswith("/") and self.src is not None:
            return posixpath.join(self.dest, posixpath.basename(self.src))
        return self.dest

    def probe(self) -> Iterable[Fact[Any]]:
        """Text and status of the file."""
        return (Text(self.path()), FileStatus(self.path()))

    def decide(self, state: HostView) -> Iterable[Effect]:
        """See `file_with`."""
        return file_with(
            state,
            self.path(),
            self.content or "",
            mode=self.mode,
            owner=self.owner,
            group=self.group,
            backup=self.backup,
            force=self.force,
        )

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Where the file is."""
        return {"dest": self.path()}
