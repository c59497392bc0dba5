"""set_fact: name values for later tasks on the same host."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from remediate.modules.base import HostView, Module
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class SetFact(Module):
    """Each parameter is a variable's name and its value; they are data from then on, never rendered."""

    query: ClassVar[bool] = True
    free_form: ClassVar[bool] = True

    values: Mapping[str, Any]

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The variables, under the key that the engine keeps."""
        return {"ansible_facts": dict(self.values)}
