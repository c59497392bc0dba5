"""What comes out otherwise each time that it is rendered: the time of day, and what chance draws."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from remediate.errors import UnknownUntilApplied

_TOLD_BY: dict[str, str] = {"random": "seed", "shuffle": "seed", "strftime": "second", "now": ""}
"""The functions, each with the argument that makes it come out the same again; none if it is empty."""


class Fickle:
    """Lets each thread say when nothing may be rendered that would come out otherwise at its turn."""

    def __init__(self) -> None:
        """Nothing is refused yet."""
        self._thread = threading.local()

    @contextmanager
    def refused(self) -> Iterator[None]:
        """As long as this holds, what is fickle is unknown."""
        self._thread.refused = True
        try:
            yield
        finally:
            self._thread.refused = False

    def watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function of this name; it is watched if what it gives is fickle."""
        if name not in _TOLD_BY:
            return function

        @wraps(function)
        def told(*args: Any, **named: Any) -> Any:
            # By place only strftime is given what settles it: behind the context and the layout.
            settled = named.get(_TOLD_BY[name]) is not None or (name == "strftime" and len(args) > 2)
            if getattr(self._thread, "refused", False) and not settled:
                raise UnknownUntilApplied(f"'{name}' comes out otherwise each time")
            return function(*args, **named)

        return told
