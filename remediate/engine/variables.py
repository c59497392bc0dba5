"""Which variables a task sees on a host, and in which order they win (Ansible's precedence)."""

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from functools import cached_property
from typing import Any

from remediate.controller import THIS_MACHINE, Controller
from remediate.derived import Derived
from remediate.engine.desk import Shelf
from remediate.engine.events import Step
from remediate.engine.memory import Memory
from remediate.engine.workshop import Workshop
from remediate.inventory.model import Inventory
from remediate.playbook.model import Play, Task, each_task
from remediate.records import dataclass
from remediate.templating.scope import Layer, Scope
from remediate.templating.templar import Templar


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is the same for all hosts of one batch of a play."""

    inventory: Inventory
    templar: Templar
    extra: Mapping[str, Any]
    play: Play
    number: int = 0
    """Which play of the run this is, from 0."""
    controller: Controller = THIS_MACHINE
    play_hosts: tuple[str, ...]
    batch: tuple[str, ...]
    dry_run: bool
    diff: bool
    every_check: bool = False
    derived: Derived = field(default_factory=Derived)
    """The secrets of the run, and what becomes one."""
    facts_of: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What each host had registered when the play began."""

    def step_of(self, task: Task) -> Step:
        """The task's address in the run: the same whenever the same playbook is run with the same tags."""
        return self.number, self._numbers[id(task)]

    def place_of(self, task: Task) -> str:
        """The line where the task is written."""
        return self._places[id(task)]

    @cached_property
    def _places(self) -> Mapping[int, str]:
        tasks = each_task((*self.play.tasks, *self.play.handlers))
        return {id(task): str(replace(task.place, column=0)) for task in tasks}

    @cached_property
    def workshop(self) -> Workshop:
        """Where the modules of the play's tasks are built."""
        return Workshop(self.templar, Shelf(self.play.directory, self.controller))

    @cached_property
    def _numbers(self) -> Mapping[int, int]:
        tasks = each_task((*self.play.tasks, *self.play.handlers))
        return {id(task): number for number, task in enumerate(tasks)}

    def scope(self, memory: Memory, task_variables: Mapping[str, Any]) -> Scope:
        """The variables of one task on one host, highest precedence first."""
        mine = self._constant.get(memory.name)
        if mine is None:
            magic = Layer(self.magic_of(memory.name), rendered=True)
            known = (Layer(self.play.variables), Layer(self.written(memory.name)), magic, self._magic)
            mine = self._constant[memory.name] = known
        facts = Layer(memory.facts, rendered=True)
        # Not kept: who looks ahead has a memory of its own.
        hostvars = Layer({"hostvars": HostVars(self, memory)}, rendered=True)
        return Scope((Layer(self.extra), facts, Layer(task_variables), *mine, hostvars))

    @cached_property
    def _constant(self) -> dict[str, tuple[Layer, ...]]:
        """Of each host, what no task changes."""
        return {}

    def written(self, name: str) -> Mapping[str, Any]:
        """What the inventory says of a host, unrendered."""
        return self.inventory.hosts[name].variables

    def magic_of(self, name: str) -> dict[str, Any]:
        """What every host is given to know of itself."""
        return {
            "inventory_hostname": name,
            "inventory_hostname_short": name.split(".", maxsplit=1)[0],
            "group_names": list(self.inventory.hosts[name].groups),
        }

    @cached_property
    def _magic(self) -> Layer:
        # Built once for all hosts: it holds the whole inventory's names.
        values = {
            "groups": {group: list(hosts) for group, hosts in self.inventory.groups.items()},
            "ansible_play_name": self.play.name,
            "ansible_play_hosts_all": list(self.play_hosts),
            "ansible_play_hosts": list(self.play_hosts),
            "ansible_play_batch": list(self.batch),
            "ansible_check_mode": self.dry_run,
            "ansible_diff_mode": self.diff,
            "playbook_dir": str(self.play.directory),
        }
        return Layer(values, rendered=True)


class HostVars(Mapping[str, Any]):
    """`hostvars`: the variables of the hosts, rendered for them when they are looked up.

    What other hosts registered counts as of the beginning of the play, because within a play each host
    goes on at its own pace; what the host itself did counts as it is.
    """

    def __init__(self, setting: Setting, own: Memory) -> None:
        self._setting = setting
        self._own = own

    def __getitem__(self, name: str) -> dict[str, Any]:
        setting = self._setting
        variables = setting.written(name)
        facts = self._own.facts if name == self._own.name else setting.facts_of.get(name, {})
        magic = setting.magic_of(name)
        layers = (Layer(setting.extra), Layer(facts, rendered=True), Layer(variables))
        scope = Scope((*layers, Layer(magic, rendered=True)))
        rendered: dict[str, Any] = setting.templar.render(dict(variables), scope)
        return {**rendered, **facts, **magic}

    def __iter__(self) -> Iterator[str]:
        return iter(self._setting.inventory.hosts)

    def __len__(self) -> int:
        return len(self._setting.inventory.hosts)
