"""A playbook as values: Play, Block, Task. Templates are kept as written; nothing is rendered here.

A Task is complete by itself: what the play and the blocks around it say (become, environment, tags,
no_log, ignore_errors, a block's vars and `when`) has been combined into it, so that a Block is only an
order of tasks.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from remediate.errors import Place
from remediate.records import dataclass

DEFAULT_DELAY_SECONDS = 5.0
"""The pause between two attempts that Ansible documents as the default of `delay`."""


@dataclass(frozen=True, kw_only=True)
class BecomeSetting:
    """What a play says about becoming another user; None where it says nothing."""

    become: bool | str | None = None
    user: str | None = None
    method: str | None = None


@dataclass(frozen=True, kw_only=True)
class LoopControl:
    """The names that a loop gives to its variables, and the label that shows an item."""

    loop_var: str = "item"
    index_var: str | None = None
    label: str | None = None


@dataclass(frozen=True, kw_only=True)
class Task:
    """One use of a module, with everything that holds for it.

    `places` gives for each keyword the places of its values (one for each item of a list); the entries of
    `vars` and `environment` are found as `vars.NAME` and `environment.NAME`, the module's name as `module`.
    `retries` and `until` are as written: None and () where the playbook is silent. `delay` is in seconds,
    and so is `confirm`: within that time a new connection must get in, or the host takes the task back.
    """

    name: str
    module: str
    params: Mapping[str, Any] = field(default_factory=dict)
    param_places: Mapping[str, Place] = field(default_factory=dict)
    when: tuple[str | bool, ...] = ()
    loop: Any | None = None
    loop_control: LoopControl = field(default_factory=LoopControl)
    register: str | None = None
    until: tuple[str | bool, ...] = ()
    retries: int | str | None = None
    delay: float | str = DEFAULT_DELAY_SECONDS
    confirm: int | None = None
    changed_when: tuple[str | bool, ...] | None = None
    failed_when: tuple[str | bool, ...] | None = None
    notify: tuple[str, ...] = ()
    listen: tuple[str, ...] = ()
    ignore_errors: bool | str = False
    no_log: bool = False
    tags: frozenset[str] = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    become: bool | str | None = None
    become_user: str | None = None
    become_method: str | None = None
    place: Place
    places: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)

    def place_of(self, keyword: str, index: int = 0) -> Place:
        """Where a keyword's value (or one item of it) is written; the task's own place if nowhere."""
        return _find_place(self.places, keyword, index, self.place)


@dataclass(frozen=True, kw_only=True)
class Block:
    """Tasks in order, those that rescue the host when one of them failed, and those that run always."""

    name: str = ""
    tasks: "tuple[Task | Block, ...]" = ()
    rescue: "tuple[Task | Block, ...]" = ()
    always: "tuple[Task | Block, ...]" = ()
    place: Place


@dataclass(frozen=True, kw_only=True)
class Play:
    """Tasks for the hosts of a pattern.

    `serial` is empty for all hosts at once, otherwise the sizes of the batches: numbers of hosts, or parts of
    the play's hosts such as "30%". It and `max_fail_percentage` may be templates. `directory` is where the
    playbook lies and its files are looked for. `undo_on_failure`: what the play has done on a host where it
    fails is taken back.
    """

    name: str
    hosts: str
    variables: Mapping[str, Any] = field(default_factory=dict)
    become: BecomeSetting | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    serial: tuple[int | str, ...] = ()
    max_fail_percentage: float | str | None = None
    undo_on_failure: bool = False
    tasks: tuple[Task | Block, ...] = ()
    handlers: tuple[Task, ...] = ()
    tags: frozenset[str] = frozenset()
    place: Place
    places: Mapping[str, tuple[Place, ...]] = field(default_factory=dict)
    directory: Path

    def place_of(self, keyword: str, index: int = 0) -> Place:
        """Where a keyword's value (or one item of it) is written; the play's own place if nowhere."""
        return _find_place(self.places, keyword, index, self.place)


def each_task(tasks: Iterable[Task | Block]) -> Iterator[Task]:
    """Every task, those inside of blocks too, in the order written."""
    for task in tasks:
        if isinstance(task, Block):
            yield from each_task((*task.tasks, *task.rescue, *task.always))
        else:
            yield task


def _find_place(places: Mapping[str, tuple[Place, ...]], keyword: str, index: int, otherwise: Place) -> Place:
    found = places.get(keyword, ())
    return found[index] if index < len(found) else otherwise
