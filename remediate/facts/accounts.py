"""Questions about the users and groups that a host knows."""

from typing import Literal

from remediate.bourne import quote
from remediate.facts.base import Fact, Output
from remediate.facts.files import is_inside
from remediate.records import dataclass

_FILES = ("/etc/passwd", "/etc/group")


@dataclass(frozen=True)
class Account(Fact[bool]):
    """Whether a host knows a user or group by this name; true where it cannot be asked."""

    kind: Literal["user", "group"]
    name: str

    def ask(self) -> str:
        """`find` looks names up as `chown` does, wherever they are kept, and refuses those it does not find.

        `id` knows no groups, and `getent` is not everywhere. That it takes a number shows that it is able to.
        """
        test = f"find / -prune -{self.kind}"
        return (
            f"if {test} {quote(self.name)} >/dev/null 2>&1; then echo KNOWN\n"
            f"elif {test} 0 >/dev/null 2>&1; then echo UNKNOWN; fi"
        )

    def parse(self, output: Output) -> bool:
        """Whether it does not say that it is unknown."""
        return output.stdout != b"UNKNOWN\n"

    def about(self) -> str:
        """Which one."""
        return f"whether there is the {self.kind} {self.name}"

    def reads(self, resource: str) -> bool:
        """A change of where they are kept, if that is on the host."""
        return any(is_inside(file, resource) for file in _FILES)
