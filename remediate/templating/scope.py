"""Which variables a template sees, and which of them may hold templates themselves."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Layer(NamedTuple):
    """One source of variables.

    `rendered` says that the values are data already (registered results, set_fact, loop items, magic
    variables): what stands in them, even if a host printed `{{ }}`, is never rendered. Otherwise the author
    of the playbook or inventory wrote them, and the templates in them are rendered when they are looked up.
    """

    values: Mapping[str, Any]
    rendered: bool = False


class Scope(NamedTuple):
    """All variables of one moment on one host: the first layer that has a name wins."""

    layers: tuple[Layer, ...] = ()

    def over(self, *layers: Layer) -> "Scope":
        """This scope with `layers` in front of it."""
        return Scope((*layers, *self.layers))
