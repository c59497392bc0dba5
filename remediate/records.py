"""`dataclass` as in the standard library, but quick to define: each command defines some 150 of them.

The standard one compiles up to six methods for each class, which was a seventh of what a run on one host
takes. Here it compiles `__init__` only; what compares, hashes and shows is the same for all. That nobody
writes to a frozen one is seen to by the type checker, to which this is the standard decorator.
"""

from dataclasses import fields, is_dataclass
from functools import cache
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

__all__ = ["compared_fields", "dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    from dataclasses import dataclass as _standard

    def dataclass(kind: type | None = None, /, *, frozen: bool = False, **options: bool) -> Any:
        """See `dataclasses.dataclass`. Options beside `frozen` are `kw_only` and `slots`."""

        def define(kind: type) -> type:
            own = vars(kind)
            made = _standard(repr=False, eq=False, **options)(kind)
            for name, method in _methods(made, frozen=frozen).items():
                if name not in own:
                    setattr(made, name, method)
            return made

        return define if kind is None else define(kind)


def compared_fields(kind: type) -> tuple[str, ...]:
    """The names of the fields of a dataclass that count for `==`; none of any other class."""
    return _compared_fields(kind)


@cache
def _compared_fields(kind: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind) if each.compare) if is_dataclass(kind) else ()


def _methods(kind: type, *, frozen: bool) -> dict[str, Any]:
    """What the standard library would compile for a class."""
    names = compared_fields(kind)
    # One name more than needed: of a single one it would give the value itself, not a tuple.
    values = attrgetter(*names, names[0]) if names else lambda _: ()

    def equal(self: object, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def hash_of(self: object) -> int:
        return hash(values(self))

    return {"__eq__": equal, "__hash__": hash_of if frozen else None, "__repr__": _text}


@recursive_repr()
def _text(self: Any) -> str:
    inside = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self) if each.repr)
    return f"{self.__class__.__qualname__}({inside})"
