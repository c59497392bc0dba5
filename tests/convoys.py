"""What tests of convoys share: four changes that go together, and a host that counts what goes with each."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from runs import Ran, TestHost

from remediate.facts.base import Output
from remediate.hosts.target import Become

Runner = Callable[..., Ran]

FOUR = """
- {name: line, lineinfile: {path: "{{ root }}/f", line: b, create: true}}
- {name: made, file: {path: "{{ root }}/d", state: directory}}
- {name: in it, copy: {dest: "{{ root }}/d/g", content: x}, register: put}
- {name: again, lineinfile: {path: "{{ root }}/f", line: c}, when: v is defined}
"""


class Line(TestHost):
    """A host that notes the scripts of changes that it gets, and whose connection may break over one."""

    def __init__(self, name: str = "one", **breaks: Any) -> None:
        super().__init__(name)
        self.changes: list[int] = []
        """Of each round trip that changes something, how many changes go with it."""
        self._at = breaks.get("at", 0)
        self._error: Exception | None = breaks.get("error")
        self._after: bool = breaks.get("after", False)

    def ask(self, scripts: Sequence[str], *, become: Become | None = None, deadline: float) -> list[Output]:
        count = re.search(r"echo (\d+) \w+\n\Z", scripts[0])
        if count is None and ".remediate-" not in scripts[0] and "mkdir " not in scripts[0]:
            return super().ask(scripts, become=become, deadline=deadline)
        self.changes.append(int(count[1]) if count else 1)
        breaks = self._error if len(self.changes) == self._at else None
        if breaks is not None and not self._after:
            raise breaks
        outputs = super().ask(scripts, become=become, deadline=deadline)
        if breaks is not None:
            raise breaks
        return outputs
