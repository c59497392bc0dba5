"""What `remediate.toml` in the working directory demands of a change."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from remediate.engine.selection import may_change
from remediate.errors import UsageError
from remediate.playbook.model import Play
from remediate.settings import FILE, settings_in


class Demands(NamedTuple):
    """How many approvals, and whose count; None where it says nothing."""

    approvals: int | None = None
    allowed_signers: Path | None = None

    @property
    def least(self) -> int:
        """How many approvals a change needs."""
        return self.approvals if self.approvals is not None else 1 if self.allowed_signers is not None else 0


def demands_in(directory: Path) -> Demands:
    """The table `[apply]` of the file there; nothing if there is no file.

    Raises:
        UsageError: it cannot be read, or says something else.
    """
    settings = settings_in(directory)
    found = settings.data.get("apply", {})
    table = found if isinstance(found, dict) else {"apply": found}
    unknown = table.keys() - {"approvals", "allowed_signers"}
    number, signers = table.get("approvals"), table.get("allowed_signers")
    if (
        unknown
        or not isinstance(number, int | None)
        or isinstance(number, bool)
        or not isinstance(signers, str | None)
        or (number or 0) < 0
    ):
        raise UsageError(
            f"not understood: {', '.join(sorted(unknown)) or 'a value of the wrong kind'}",
            where=settings.place("apply", min(unknown, default="")),
            cure='it may have [apply] with approvals = NUMBER and allowed_signers = "FILE"',
        )
    return Demands(approvals=number, allowed_signers=None if signers is None else directory / signers)


def refuse_unapproved(plays: Iterable[Play], directory: Path) -> None:
    """See that nothing is changed past the approvals that are demanded there.

    Raises:
        UsageError: it would be.
    """
    if demands_in(directory).least and may_change(plays):
        raise UsageError(
            f"{FILE} demands approvals, which only a plan can have",
            cure="plan, approve, apply; or look what it would change: --check",
        )
