"""A playbook's file becomes plays, or all of its mistakes at once."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from remediate.errors import InputError, Mistakes, Place, PlaybookError, RemediateError
from remediate.playbook.findings import Findings, describe, is_template
from remediate.playbook.model import BecomeSetting, Block, Play, Task, each_task
from remediate.playbook.names import MODULE_PREFIX, suggest
from remediate.playbook.refusals import refuse_key
from remediate.playbook.schema import BLOCK_PARTS, LEVELS, Keywords, read_keywords
from remediate.source import Node, load_yaml

FREE_FORM_MODULES = frozenset({"command", "shell"})
"""Modules that take a plain text for their parameter `cmd`."""

M = TypeVar("M", bound=RemediateError)

_PARAMETER_IN_TEXT = re.compile(r"(?:^|\s)(?:chdir|creates|removes|executable|stdin|argv)=")
_COMPANY = {"delay": ("until", "retries"), "loop_control": ("loop",)}
_TASK_FIELDS = frozenset(LEVELS["handler"]) - {"name", "vars"}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one file holds as far as it can be read, and what is wrong in it.

    Where there are mistakes, a task whose module or parameters cannot be used has an empty `module`.
    """

    plays: tuple[Play, ...]
    mistakes: tuple[InputError, ...]


def load_playbook(path: Path, module_names: Collection[str]) -> tuple[Play, ...]:
    """The plays of a playbook, in the order written.

    Raises:
        PlaybookError: if there is one mistake, or the file cannot be read.
        Mistakes: if there are several, in the order of their places.
    """
    reading = read_playbook(path, module_names)
    if len(reading.mistakes) == 1:
        raise reading.mistakes[0]
    if reading.mistakes:
        raise Mistakes(reading.mistakes)
    return reading.plays


def read_playbook(path: Path, module_names: Collection[str]) -> Reading:
    """A playbook with its mistakes beside it, in the order of their places; raises nothing for them."""
    try:
        root = load_yaml(path, PlaybookError)
    except PlaybookError as error:
        return Reading(plays=(), mistakes=(error,))
    findings = Findings()
    file = Place(str(path))
    reader = _Reader(findings=findings, modules=frozenset(module_names), directory=path.absolute().parent)
    plays = reader.read_plays(root, file)
    return Reading(plays=plays, mistakes=tuple(sort_mistakes(findings.mistakes)))


def sort_mistakes(mistakes: Iterable[M]) -> list[M]:
    """The mistakes in the order of their places, each once: what an alias repeats is still one mistake."""
    unique = {str(mistake): mistake for mistake in mistakes}
    return sorted(unique.values(), key=lambda mistake: _place_of(mistake.where))


def _place_of(where: Place | str | None) -> Place:
    return where if isinstance(where, Place) else Place(where or "")


@dataclass(frozen=True, kw_only=True)
class _Reader:
    """One pass through the nodes of one file."""

    findings: Findings
    modules: frozenset[str]
    directory: Path

    def read_plays(self, root: Node | None, file: Place) -> tuple[Play, ...]:
        if root is None or root.value in (None, []):
            self.findings.add(
                "the playbook is empty", root.place if root else file, "start with `- hosts: ...`"
            )
            return ()
        if not root.is_list:
            self.findings.add(
                f"a playbook must be a list of plays, not {describe(root)}",
                root.place,
                "start each play with `- hosts: ...`",
            )
            return ()
        plays = (self._read_play(node) for node in root.value)
        return tuple(play for play in plays if play is not None)

    def _read_play(self, node: Node) -> Play | None:
        if not self._expect_mapping(node, "play", "start it with `- hosts: ...`"):
            return None
        keywords = read_keywords(node, "play", self.findings)
        self._refuse_others(node, "play")
        if "hosts" not in node.value and "import_playbook" not in node.value:
            self.findings.add(
                "the play does not say its 'hosts'", node.place, "name a group or a host, or `all`"
            )
        values = keywords.values
        scope = keywords.bequeath(leave=["vars"])
        play = Play(
            name=values.get("name", values.get("hosts", "")),
            hosts=values.get("hosts", ""),
            variables=values.get("vars", {}),
            become=_become_setting(keywords),
            tasks=self._read_tasks(values.get("tasks", []), scope),
            handlers=self._read_handlers(values.get("handlers", []), scope),
            place=node.place,
            places=keywords.places,
            directory=self.directory,
            **keywords.pick(["environment", "serial", "max_fail_percentage", "tags"]),
        )
        self._check_notify(play)
        return play

    def _read_tasks(self, nodes: list[Node], scope: Keywords) -> tuple[Task | Block, ...]:
        tasks = (self._read_entry(node, scope) for node in nodes)
        return tuple(task for task in tasks if task is not None)

    def _read_handlers(self, nodes: list[Node], scope: Keywords) -> tuple[Task, ...]:
        handlers = []
        for node in nodes:
            if not self._expect_mapping(node, "handler", "start it with `- name: ...`"):
                continue
            if any(part in node.value for part in BLOCK_PARTS):
                self.findings.add(
                    "a block cannot be a handler", node.place, "make each of its tasks a handler"
                )
            else:
                handlers.append(self._read_task(node, "handler", scope))
        return tuple(handlers)

    def _read_entry(self, node: Node, scope: Keywords) -> Task | Block | None:
        if not self._expect_mapping(node, "task", "start it with `- name: ...` and name its module below"):
            return None
        if any(part in node.value for part in BLOCK_PARTS):
            return self._read_block(node, scope)
        return self._read_task(node, "task", scope)

    def _read_block(self, node: Node, scope: Keywords) -> Block:
        keywords = read_keywords(node, "block", self.findings)
        self._refuse_others(node, "block")
        for part in BLOCK_PARTS[1:]:
            if part in node.value and "block" not in node.value:
                self.findings.add(
                    f"'{part}' without 'block'",
                    node.key_place(part),
                    "put the tasks it belongs to below `block:`",
                )
        inner = keywords.bequeath().inherit(scope)
        tasks, rescue, always = (
            self._read_tasks(keywords.values.get(part, []), inner) for part in BLOCK_PARTS
        )
        name = keywords.values.get("name", "")
        return Block(name=name, tasks=tasks, rescue=rescue, always=always, place=node.place)

    def _read_task(self, node: Node, level: str, scope: Keywords) -> Task:
        keywords = read_keywords(node, level, self.findings).inherit(scope)
        self._check_company(node)
        key = self._find_module(node, level)
        module = key.removeprefix(MODULE_PREFIX)
        params = self._read_params(module, node.value[key]) if key else None
        return Task(
            name=keywords.values.get("name", module),
            module="" if params is None else module,
            params={} if params is None else params.plain(),
            param_places={} if params is None else {name: value.place for name, value in params.items()},
            variables=keywords.values["vars"],
            place=node.place,
            places={**keywords.places, **({"module": (node.key_place(key),)} if key else {})},
            **keywords.pick(_TASK_FIELDS),
        )

    def _check_company(self, node: Node) -> None:
        """Refuse keywords that say nothing without another one."""
        for key, others in _COMPANY.items():
            if key in node.value and not any(other in node.value for other in others):
                self.findings.add(
                    f"'{key}' without {' or '.join(repr(other) for other in others)}",
                    node.key_place(key),
                    f"add one, or leave '{key}' out",
                )

    def _find_module(self, node: Node, level: str) -> str:
        """The key that names the module, or empty text if none does (or several do)."""
        others = self._refuse_others(node, level)
        found = [
            key
            for key, _ in node.items()
            if key.removeprefix(MODULE_PREFIX) in self.modules - set(LEVELS[level])
        ]
        if len(found) > 1:
            self.findings.add(
                f"a task uses one module, not several: {', '.join(found)}",
                node.key_place(found[1]),
                "make a task of each",
            )
        elif not found and not others:
            self.findings.add(f"the {level} names no module", node.place, "add one, such as `command: ...`")
        return found[0] if len(found) == 1 else ""

    def _read_params(self, module: str, node: Node) -> Node | None:
        """The mapping of a module's parameters, None if they cannot be used."""
        if node.is_mapping:
            return node
        if node.value is None:
            return Node({}, node.place)
        mapping = f"write them below it as a mapping, as in `{module}:` and then `  name: value`"
        if module not in FREE_FORM_MODULES:
            self.findings.add(f"the parameters of '{module}' must be a mapping", node.place, mapping)
        elif not isinstance(node.value, str) or not node.value.strip():
            cure = "write the command as text" + ("; a list belongs below `argv:`" if node.is_list else "")
            self.findings.add(f"'{module}' needs a command, not {describe(node)}", node.place, cure)
        elif _PARAMETER_IN_TEXT.search(node.value):
            self.findings.add(
                f"parameters inside the text of '{module}' are not supported",
                node.place,
                f"write `{module}:`, and below it `cmd: ...` and each parameter on a line of its own",
            )
        else:
            return Node({"cmd": node}, node.place, {"cmd": node.place})
        return None

    def _refuse_others(self, node: Node, level: str) -> bool:
        """Note every key that is neither a keyword of this level nor, in a task, a module."""
        found = False
        for key, _ in node.items():
            is_module = level in {"task", "handler"} and key.removeprefix(MODULE_PREFIX) in self.modules
            if key not in LEVELS[level] and not is_module:
                what, cure = refuse_key(key, level, LEVELS, self.modules)
                self.findings.add(what, node.key_place(key), cure)
                found = True
        return found

    def _expect_mapping(self, node: Node, what: str, cure: str) -> bool:
        if node.is_mapping:
            return True
        self.findings.add(f"a {what} must be a mapping, not {describe(node)}", node.place, cure)
        return False

    def _check_notify(self, play: Play) -> None:
        known = {name for handler in play.handlers for name in (handler.name, *handler.listen)}
        if any(is_template(name) for name in known):
            return  # what it is called is known only when it runs
        for task in each_task((*play.tasks, *play.handlers)):
            for index, name in enumerate(task.notify):
                if name not in known and not is_template(name):
                    self.findings.add(
                        f"no handler of this play is called '{name}'",
                        task.place_of("notify", index),
                        suggest(name, known) or "add it below `handlers:` of this play",
                    )


def _become_setting(keywords: Keywords) -> BecomeSetting | None:
    words: dict[str, Any] = {"become": "become", "become_user": "user", "become_method": "method"}
    given = {words[name]: value for name, value in keywords.pick(words).items()}
    return BecomeSetting(**given) if given else None
