"""copy: a file with given content, or with that of a file on the controller."""

import json
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from remediate.effects.base import Effect
from remediate.facts.base import Fact
from remediate.modules.base import Desk, HostView, Module
from remediate.modules.content import facts_of, file_with
from remediate.modules.types import Mode, Word


@dataclass(frozen=True, kw_only=True)
class Copy(Module):
    """Make `dest` hold `content`, or what `src` (looked for beside the playbook and in `files/`) holds.

    A new file gets mode 0644 unless `mode` says otherwise. `force: false` leaves an existing file as it is;
    `backup: true` keeps the old one beside the new one, with the time in its name.
    """

    prepared: ClassVar[tuple[str, ...]] = ("text",)

    dest: Word
    src: Word | None = None
    content: str | dict[str, Any] | list[Any] | None = field(default=None, repr=False)
    mode: Mode | None = None
    owner: Word | None = None
    group: Word | None = None
    backup: bool = False
    force: bool = True
    text: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be meant.

        Raises:
            ValueError: if there is not one source, or the destination is not absolute.
        """
        if (self.src is None) == (self.content is None):
            raise ValueError("give either 'src' or 'content'")
        if not self.dest.startswith("/"):
            raise ValueError(f"'dest' must be an absolute path, not '{self.dest}'")
        if self.src is None and self.dest.endswith("/"):
            raise ValueError("'dest' is a directory; with 'content' it must name the file")

    @classmethod
    def prepare(cls, params: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
        """Read `src`; a dict or list as content becomes JSON, as in Ansible."""
        content = params.get("content")
        if content is None and params.get("src") is not None:
            content = desk.read(str(params["src"]), "files")
        if isinstance(content, dict | list):
            content = json.dumps(content)
        return {**params, "text": "" if content is None else str(content)}

    def path(self) -> str:
        """The file on the host."""
        if self.dest.endswith("/") and self.src is not None:
            return posixpath.join(self.dest, posixpath.basename(self.src))
        return self.dest

    def probe(self) -> Iterable[Fact[Any]]:
        """See `facts_of`."""
        return facts_of(self.path(), makes=True)

    def decide(self, state: HostView) -> Iterable[Effect]:
        """See `file_with`."""
        return file_with(
            state,
            self.path(),
            self.text,
            mode=self.mode,
            owner=self.owner,
            group=self.group,
            backup=self.backup,
            force=self.force,
        )

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Where the file is."""
        return {"dest": self.path()}
