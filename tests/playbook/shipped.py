"""The playbooks that come along, as data: their plays, their headers, and the variables that they take."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from remediate.modules.catalog import Catalog
from remediate.playbook.load import load_playbook
from remediate.playbook.model import Play, Task, each_task
from remediate.templating.templar import variables_of

FOLDER = Path(__file__).resolve().parents[2] / "playbooks"
PLAYBOOKS = sorted(FOLDER.glob("*.yaml"))
README = (FOLDER / "README.md").read_text(encoding="utf-8")

_GIVEN = {"groups", "hostvars", "inventory_hostname", "omit", "ansible_failed_result", "ansible_failed_task"}
"""What every task has, without anybody giving it."""


@cache
def plays_of(playbook: Path) -> tuple[Play, ...]:
    """The plays of a playbook, those that it imports in their places."""
    return load_playbook(playbook, Catalog().names())


def tasks_of(playbook: Path) -> Iterator[tuple[Play, Task]]:
    """Every task of a playbook, with its play."""
    for play in plays_of(playbook):
        for task in each_task(play.tasks):
            yield play, task


def header_of(file: Path) -> str:
    """The comment at the top of a file, as one line."""
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line[1:].strip())
    return " ".join(lines)


def explained_in(file: Path) -> Iterator[tuple[str, str]]:
    """The entries of a header: the names that one begins with, and its text below that of its heading."""
    heading, names, text = "", "", ""
    for line in [*file.read_text(encoding="utf-8").split("\n\n")[0].splitlines(), "#"]:
        if names and line.startswith("#    "):
            text += " " + line[1:].strip()
            continue
        if names:
            yield names, f"{heading} {text}"
        names, _, text = line[4:].partition("  ") if line.startswith("#   ") else ("", "", "")
        if not names:
            heading = line[1:].strip()


def left_behind(task: Task) -> set[str]:
    """The variables that later tasks have from this one."""
    facts = set(task.params) if task.module == "set_fact" else set()
    return facts | ({task.register} if task.register else set())


def named_by(task: Task) -> frozenset[str]:
    """The variables that a task names itself, but for its own and those of its loop."""
    conditions = [*task.when, *task.until, *(task.changed_when or ()), *(task.failed_when or ())]
    expressions = Catalog().module(task.module).conditions
    conditions += [each for name in expressions for each in _several(task.params.get(name))]
    written = [task.name, task.params, task.loop, task.retries, task.delay, task.variables]
    braced = ["{{ " + each + " }}" for each in conditions if isinstance(each, str)]
    own = {*task.variables, task.loop_control.loop_var, task.loop_control.index_var}
    return variables_of([*written, *braced]) - own


def behind(names: frozenset[str], variables: Mapping[str, Any]) -> frozenset[str]:
    """The names, and in place of those that `variables` have, what these name in their turn."""
    inner = names & variables.keys()
    seen: frozenset[str] = frozenset()
    while inner - seen:
        seen |= inner
        names |= variables_of([variables[name] for name in inner])
        inner = names & variables.keys()
    return names - variables.keys()


@cache
def taken_by(playbook: Path) -> frozenset[str]:
    """The variables that a playbook takes from the inventory and from -e."""
    taken: frozenset[str] = frozenset()
    made: set[str] = {*_GIVEN, *_settings()}
    for play in plays_of(playbook):
        taken |= variables_of([*play.serial, play.max_fail_percentage, play.hosts])
    for play, task in tasks_of(playbook):
        taken |= behind(named_by(task), play.variables)
        made |= left_behind(task)
    return taken - made


@cache
def _settings() -> frozenset[str]:
    """What the playbooks set by themselves, such as for the lists of tasks that they import."""
    pairs = [pair for playbook in PLAYBOOKS for pair in tasks_of(playbook)]
    return frozenset(name for play, task in pairs for name in (*play.variables, *task.variables))


def demanded_by(playbook: Path) -> set[str]:
    """The variables without which a playbook refuses a host, or one with HTTP."""
    asserted = [task.params["that"] for _, task in tasks_of(playbook) if task.module == "assert"]
    conditions = [str(condition) for that in asserted for condition in _several(that)]
    given = [re.match(r"(\w+) \| default\('ASK', true\) \| string is not match", each) for each in conditions]
    return {found[1] for found in given if found}


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
