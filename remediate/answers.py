"""The three kinds of answer to a question about a host: known, provisional, unknown until applied.

A dry run keeps them apart and never guesses: *provisional* means that an opaque command may change the
answer before it is needed, *unknown* that the answer is the output of something which has not run.
"""

from typing import Any, NoReturn

from remediate.errors import UnknownUntilApplied
from remediate.records import dataclass


@dataclass(frozen=True)
class Known:
    """The host said so, or an effect of this run makes it so."""

    value: Any


@dataclass(frozen=True)
class Provisional:
    """The host says so now; `why` names what may change it before it counts."""

    value: Any
    why: str


@dataclass(frozen=True)
class Unknown:
    """Only the apply will tell; `why` names what it depends on.

    An Unknown may also stand for a value inside a registered result. Any use of it in a template raises
    UnknownUntilApplied, so that nothing is ever decided on a guess.
    """

    why: str

    def __repr__(self) -> str:
        return f"unknown until applied: {self.why}"  # inside a result, which -vv shows

    def _refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise UnknownUntilApplied(self.why)

    __bool__ = __str__ = __int__ = __float__ = __len__ = __iter__ = __contains__ = __getitem__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __add__ = __radd__ = __sub__ = __mul__ = __mod__ = __call__ = _refuse
    __index__ = __format__ = _refuse

    def __eq__(self, other: object) -> bool:
        raise UnknownUntilApplied(self.why)

    def __hash__(self) -> int:
        return hash((Unknown, self.why))

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnknownUntilApplied(self.why)


Answer = Known | Provisional | Unknown
