"""template: a file rendered from a Jinja2 template on the controller."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, ClassVar

from remediate.effects.base import Effect
from remediate.facts.base import Fact
from remediate.modules.base import Desk, HostView, Module
from remediate.modules.content import facts_of, file_with
from remediate.modules.types import Mode, Path, Word
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Template(Module):
    """Make `dest` hold the template `src` (looked for beside the playbook and in `templates/`), rendered.

    Mode, owner, `backup` and `force` as for `copy`.
    """

    prepared: ClassVar[tuple[str, ...]] = ("content",)

    src: str
    dest: Path
    content: str = field(default="", repr=False)
    mode: Mode | None = None
    owner: Word | None = None
    group: Word | None = None
    backup: bool = False
    force: bool = True

    @classmethod
    def reads(cls, params: Mapping[str, Any]) -> Iterable[tuple[str, Any, str]]:
        """`src`."""
        yield "src", params.get("src"), "templates"

    @classmethod
    def prepare(cls, params: Mapping[str, Any], desk: Desk) -> dict[str, Any]:
        """Render the template with the task's variables."""
        if "src" not in params:
            return dict(params)
        return {**params, "content": desk.render(str(params["src"]), "templates")}

    def probe(self) -> Iterable[Fact[Any]]:
        """See `facts_of`."""
        return facts_of(self.dest, self, makes=True)

    def decide(self, state: HostView) -> Iterable[Effect]:
        """See `file_with`."""
        return file_with(state, self.dest, self.content, wanted=self, backup=self.backup, force=self.force)

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Where the file is."""
        return {"dest": self.dest}
