"""slurp: the content of a file on the host."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from remediate.bourne import encode
from remediate.errors import TaskFailed
from remediate.facts.base import Fact
from remediate.facts.files import Text
from remediate.modules.base import HostView, Module
from remediate.modules.types import Path
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Slurp(Module):
    """Read `path`; registers `content` in base64, as Ansible does: `{{ file.content | b64decode }}`.

    Unlike a command that prints the file, a dry run knows what earlier tasks will have made of it.
    """

    query: ClassVar[bool] = True

    path: Path

    def probe(self) -> Iterable[Fact[Any]]:
        """The text."""
        return (Text(self.path),)

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The content.

        Raises:
            TaskFailed: if there is no such file, or it is too large to read.
        """
        text = state.of(Text(self.path))
        if text.kind == "absent":
            raise TaskFailed(f"{self.path} is not there")
        if text.kind != "file":
            raise TaskFailed(f"{self.path} is no regular file")
        if text.content is None:
            raise TaskFailed(f"{self.path} is too large to read ({text.size} bytes)")
        content = base64.b64encode(encode(text.content)).decode()
        return {"content": content, "encoding": "base64", "source": self.path}
