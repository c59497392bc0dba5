"""Carrying several effects out on this machine: by one script, or each by its own."""

from collections.abc import Sequence
from pathlib import Path

from local_host import LocalHost, run

from remediate.effects.base import Effect
from remediate.effects.in_order import carried_out, in_order
from remediate.effects.write import WriteFile
from remediate.errors import TaskFailed
from remediate.facts.files import FileText, PathStatus


def write(
    path: Path | str,
    before: str | None,
    after: str,
    *,
    backup: bool = False,
    mode: int = 0o644,
    was: PathStatus | None = None,
) -> WriteFile:
    """The effect, for a file that held `before` (None: that was absent)."""
    seen = FileText(kind="absent") if before is None else FileText.holding(before)
    return WriteFile(
        path=str(path), before=seen, after=after, backup=backup, decided="now", mode=mode, was=was
    )


def alone(
    effects: Sequence[Effect], shell: str = "dash", *, through: tuple[str, ...] = ()
) -> tuple[int, str | None]:
    """Each by a script of its own, up to the first that fails: how many were done, and why no more."""
    host = LocalHost(shell, through=through)
    for done, effect in enumerate(effects):
        try:
            effect.judge(host.ask([str(effect.script())], deadline=30)[0])
        except TaskFailed as failed:
            return done, repr(failed)
    return len(effects), None


def at_once(
    effects: Sequence[Effect], shell: str = "dash", *, through: tuple[str, ...] = ()
) -> tuple[int, str | None]:
    """The same by one script."""
    done, failed = carried_out(effects, run(in_order(effects), shell, through=through))
    return done, None if failed is None else repr(failed)
