"""What the journal keeps of a change, so that it can be taken back: its undo, as JSON."""

from collections.abc import Mapping
from typing import Any

from remediate.effects.base import Effect, NoUndo
from remediate.effects.codec import encode
from remediate.hosts.target import Become


def kept_undo(effect: Effect, become: Become | None) -> Mapping[str, Any]:
    """What takes an effect back, and as whom; or why nothing does."""
    undo = effect.undo()
    if isinstance(undo, NoUndo):
        return {"why": undo.why}
    user = None if become is None else {"user": become.user, "method": become.method}
    return {"become": user, "undo": encode(undo)}
