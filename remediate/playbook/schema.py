"""The keywords of plays, blocks, tasks, handlers and imports: which there are, and who reads their values."""

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Any

from remediate.errors import Place
from remediate.playbook import numbers
from remediate.playbook import values as read
from remediate.playbook.findings import Findings
from remediate.records import dataclass
from remediate.source import Node

_INHERITED: Mapping[str, read.Reader] = {
    "vars": read.read_variables,
    "become": read.or_template(read.read_switch),
    "become_user": read.read_text,
    "become_method": read.read_become_method,
    "environment": read.read_environment,
    "tags": read.read_tags,
    "no_log": read.read_switch,
    "ignore_errors": read.or_template(read.read_switch),
}

_TASK: Mapping[str, read.Reader] = {
    **_INHERITED,
    "name": read.read_text,
    "when": read.read_conditions,
    "loop": read.read_loop,
    "loop_control": read.read_loop_control,
    "register": read.read_variable_name,
    "until": read.read_conditions,
    "retries": read.or_template(numbers.read_retries),
    "delay": read.or_template(numbers.read_delay),
    "changed_when": read.read_conditions,
    "failed_when": read.read_conditions,
    "notify": read.read_texts,
    "confirm": numbers.read_confirm,
}

BLOCK_PARTS = ("block", "rescue", "always")
"""The lists of tasks that a block holds; any of them makes an entry a block."""

LEVELS: Mapping[str, Mapping[str, read.Reader]] = {
    "task": _TASK,
    "handler": {**_TASK, "listen": read.read_texts},
    "block": {
        **_INHERITED,
        "name": read.read_text,
        "when": read.read_conditions,
        **dict.fromkeys(BLOCK_PARTS, read.read_nodes),
    },
    "play": {
        **_INHERITED,
        "name": read.read_text,
        "hosts": read.read_hosts,
        "gather_facts": read.read_facts_switch,
        "serial": numbers.read_serial_or_template,
        "max_fail_percentage": read.or_template(numbers.read_max_fail_percentage),
        "undo_on_failure": read.read_switch,
        "tasks": read.read_nodes,
        "handlers": read.read_nodes,
    },
    "playbook import": {
        "name": read.read_text,
        "when": read.read_conditions,
        "tags": read.read_tags,
        "vars": read.read_variables,
    },
    "task import": {**_INHERITED, "name": read.read_text, "when": read.read_conditions},
}
"""For each level its keywords and the readers of their values."""


@dataclass(frozen=True, kw_only=True)
class Keywords:
    """The keywords read from a node, and the places of their values (as Task.places has them)."""

    values: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)

    def pick(self, names: Iterable[str]) -> Mapping[str, Any]:
        """Those of the named keywords that are there."""
        return {name: self.values[name] for name in names if name in self.values}

    def inherit(self, outer: "Keywords") -> "Keywords":
        """These keywords, completed by what an outer block or play says to all that is in it."""
        values = {**outer.values, **self.values}
        for name in ("vars", "environment"):
            values[name] = {**outer.values.get(name, {}), **self.values.get(name, {})}
        values["tags"] = outer.values.get("tags", frozenset()) | self.values.get("tags", frozenset())
        values["when"] = (*outer.values.get("when", ()), *self.values.get("when", ()))
        places = {**outer.places, **self.places}
        places["when"] = (*outer.places.get("when", ()), *self.places.get("when", ()))
        return Keywords(values=values, places=places)

    def overlay(self, importing: "Keywords") -> "Keywords":
        """A play's keywords with what the import of its playbook lays over them, whose variables win."""
        merged = self.inherit(importing)
        values = {**merged.values, "vars": {**merged.values["vars"], **importing.values.get("vars", {})}}
        laid = {key: place for key, place in importing.places.items() if key.startswith("vars.")}
        return Keywords(values=values, places={**merged.places, **laid})

    def bequeath(self, *, leave: Iterable[str] = ()) -> "Keywords":
        """What all that is inside gets from these keywords, without those to `leave` out."""
        names = {*_INHERITED, "when"} - set(leave)
        places = {key: place for key, place in self.places.items() if key.partition(".")[0] in names}
        return Keywords(values=self.pick(names), places=places)


def read_keywords(node: Node, level: str, findings: Findings) -> Keywords:
    """The keywords of a mapping that its level knows; other keys are left to the caller."""
    values: dict[str, Any] = {}
    places: dict[str, tuple[Place, ...]] = {}
    for key, value in node.items():
        reader = LEVELS[level].get(key)
        if reader is None:
            continue
        found = reader(key, value, findings)
        if found is not None:
            values[key] = found
        places[key] = _places(value, found)
        if key in {"vars", "environment"} and value.is_mapping:
            places.update({f"{key}.{name}": (entry.place,) for name, entry in value.items()})
    return Keywords(values=values, places=places)


def _places(node: Node, found: object) -> tuple[Place, ...]:
    """The places of a list's items, where an index into what was read is an index into the list too."""
    if node.is_list and isinstance(found, (list, tuple)) and len(found) == len(node.value):
        return tuple(item.place for item in node.value)
    return (node.place,)
