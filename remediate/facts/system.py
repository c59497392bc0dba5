"""Questions about the system and the user that is logged in."""

import re

from remediate.bourne import decode
from remediate.errors import TaskFailed
from remediate.facts.base import Fact, Output
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class System:
    """What `uname` and `id` say."""

    name: str
    release: str
    machine: str
    node: str
    user: str


@dataclass(frozen=True)
class Identity(Fact[System]):
    """Operating system, node name and user of the host."""

    def ask(self) -> str:
        """One `uname` an answer, because the order of `uname -a` differs between systems."""
        return "uname -s; uname -r; uname -m; uname -n; id"

    def parse(self, output: Output) -> System:
        """The five answers.

        Raises:
            TaskFailed: if there are not five, as on a system that is no Unix.
        """
        lines = decode(output.stdout).splitlines()
        # A user without an entry in passwd has a number and no name.
        found = re.match(r"uid=(\d+)(?:\((.*?)\)(?= |$))?", lines[4]) if len(lines) >= 5 else None
        if found is None:
            said = decode(output.stdout + output.stderr).strip()
            raise TaskFailed(f"uname and id did not answer as on a Unix system: {said!r}")
        name, release, machine, node = lines[:4]
        return System(name=name, release=release, machine=machine, node=node, user=found[2] or found[1])

    def reads(self, resource: str) -> bool:
        """Nothing that an effect changes."""
        return False
