"""The nodes of a playbook's file become plays, blocks and tasks, those of imported files among them."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from remediate.errors import Place
from remediate.playbook.findings import Findings, describe, is_template
from remediate.playbook.imports import Importer, SourceFile, find_import
from remediate.playbook.model import BecomeSetting, Block, Play, Task, each_task
from remediate.playbook.names import MODULE_PREFIX
from remediate.playbook.parameters import find_modules, read_params
from remediate.playbook.refusals import refuse_key
from remediate.playbook.schema import BLOCK_PARTS, LEVELS, Keywords, read_keywords
from remediate.playbook.values import refuse_connection_variables
from remediate.records import dataclass
from remediate.source import Node
from remediate.spelling import nearest

_COMPANY = {"delay": ("until", "retries"), "loop_control": ("loop",)}
_TASK_FIELDS = frozenset(LEVELS["handler"]) - {"name", "vars"}


@dataclass(frozen=True, kw_only=True)
class FileReader:
    """One pass through the nodes of one file; what it imports is read by another one like it."""

    findings: Findings
    modules: frozenset[str]
    importer: Importer
    source: SourceFile

    def read_plays(self, outer: Keywords) -> tuple[Play, ...]:
        """The plays of a playbook; `outer` is what the imports that led here say of them."""
        root = self.source.root
        if root is None or root.value in (None, []):
            place = root.place if root else Place(self.source.name)
            self.findings.add("the playbook is empty", place, "start with `- hosts: ...`")
            return ()
        if not root.is_list:
            self.findings.add(
                f"a playbook must be a list of plays, not {describe(root)}",
                root.place,
                "start each play with `- hosts: ...`",
            )
            return ()
        return tuple(play for node in root.value for play in self._read_top(node, outer))

    def _read_top(self, node: Node, outer: Keywords) -> Iterator[Play]:
        if not self._expect_mapping(node, "play", "start it with `- hosts: ...`"):
            return
        key = find_import(node, "import_playbook")
        if key is None:
            yield self._read_play(node, outer)
            return
        keywords, source = self._read_import(node, key, "playbook import")
        if source is not None:
            yield from replace(self, source=source).read_plays(keywords.bequeath().overlay(outer))

    def _read_play(self, node: Node, outer: Keywords) -> Play:
        keywords = read_keywords(node, "play", self.findings).overlay(outer)
        self._refuse_others(node, "play")
        if "hosts" not in node.value:
            self.findings.add(
                "the play does not say its 'hosts'", node.place, "name a group or a host, or `all`"
            )
        values = keywords.values
        play = Play(
            name=values.get("name", values.get("hosts", "")),
            hosts=values.get("hosts", ""),
            variables=values.get("vars", {}),
            become=_become_setting(keywords),
            tasks=self._read_tasks(values.get("tasks", []), keywords.bequeath(leave=["vars"])),
            # as in Ansible, an import's `when` is not for handlers: it has held where one was notified
            handlers=self._read_handlers(
                values.get("handlers", []), keywords.bequeath(leave=["vars", "when"])
            ),
            place=node.place,
            places=keywords.places,
            directory=self.source.path.absolute().parent,
            **keywords.pick(["environment", "serial", "max_fail_percentage", "undo_on_failure", "tags"]),
        )
        self._check_notify(play)
        return play

    def _read_tasks(self, nodes: list[Node], scope: Keywords) -> tuple[Task | Block, ...]:
        return tuple(entry for node in nodes for entry in self._read_entry(node, scope))

    def _read_entry(self, node: Node, scope: Keywords) -> Iterator[Task | Block]:
        if not self._expect_mapping(node, "task", "start it with `- name: ...` and name its module below"):
            return
        if any(part in node.value for part in BLOCK_PARTS):
            yield self._read_block(node, scope)
        elif key := find_import(node, "import_tasks"):
            for reader, nodes, inner in self._open_tasks(node, key, scope):
                yield from reader._read_tasks(nodes, inner)
        else:
            yield self._read_task(node, "task", scope)

    def _read_handlers(self, nodes: list[Node], scope: Keywords) -> tuple[Task, ...]:
        return tuple(handler for node in nodes for handler in self._read_handler(node, scope))

    def _read_handler(self, node: Node, scope: Keywords) -> Iterator[Task]:
        if not self._expect_mapping(node, "handler", "start it with `- name: ...`"):
            return
        if any(part in node.value for part in BLOCK_PARTS):
            self.findings.add("a block cannot be a handler", node.place, "make each of its tasks a handler")
        elif key := find_import(node, "import_tasks"):
            for reader, nodes, inner in self._open_tasks(node, key, scope):
                yield from reader._read_handlers(nodes, inner)
        else:
            yield self._read_task(node, "handler", scope)

    def _open_tasks(
        self, node: Node, key: str, scope: Keywords
    ) -> Iterator[tuple["FileReader", list[Node], Keywords]]:
        """The reader of an imported file, its entries and what holds for them; nothing if it has none."""
        keywords, source = self._read_import(node, key, "task import")
        if source is None:
            return
        root = source.root
        if root is None or root.value in (None, []):
            place = root.place if root else Place(source.name)
            self.findings.add("the file holds no tasks", place, "write some, or leave its import out")
        elif not root.is_list:
            self.findings.add(
                f"a file of tasks must be a list, not {describe(root)}",
                root.place,
                "start each task with `- name: ...`, without `tasks:` above them",
            )
        elif play := next(filter(_is_play, root.value), None):
            self.findings.add(
                "a file that is imported as tasks cannot hold a play",
                play.place,
                "import it with `import_playbook` at the top level of the playbook",
            )
        else:
            yield replace(self, source=source), root.value, keywords.bequeath().inherit(scope)

    def _read_import(self, node: Node, key: str, level: str) -> tuple[Keywords, SourceFile | None]:
        keywords = read_keywords(node, level, self.findings)
        self._refuse_others(node, level, [key])
        return keywords, self.importer.open(key, node.value[key], self.source)

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
        params = read_params(module, node.value[key], self.findings) if key else None
        if params is not None and module == "set_fact":
            refuse_connection_variables(params, self.findings)
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
        found = find_modules(node, self.modules, LEVELS[level])
        others = self._refuse_others(node, level, found)
        if len(found) > 1:
            self.findings.add(
                f"a task uses one module, not several: {', '.join(found)}",
                node.key_place(found[1]),
                "make a task of each",
            )
        elif not found and not others:
            self.findings.add(f"the {level} names no module", node.place, "add one, such as `command: ...`")
        return found[0] if len(found) == 1 else ""

    def _refuse_others(self, node: Node, level: str, taken: Collection[str] = ()) -> bool:
        """Note every key that is neither a keyword of this level nor `taken` for something else."""
        others = [key for key, _ in node.items() if key not in LEVELS[level] and key not in taken]
        for key in others:
            what, cure = refuse_key(key, level, LEVELS, self.modules)
            self.findings.add(what, node.key_place(key), cure)
        return bool(others)

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
            here = "this play" if task.place.file == play.place.file else f"the play at {play.place}"
            for index, name in enumerate(task.notify):
                if name not in known and not is_template(name):
                    self.findings.add(
                        f"no handler of {here} is called '{name}'",
                        task.place_of("notify", index),
                        nearest(name, known) or f"add it below `handlers:` of {here}",
                    )


def _is_play(node: Node) -> bool:
    return node.is_mapping and ("hosts" in node.value or find_import(node, "import_playbook") is not None)


def _become_setting(keywords: Keywords) -> BecomeSetting | None:
    words: dict[str, Any] = {"become": "become", "become_user": "user", "become_method": "method"}
    given = {words[name]: value for name, value in keywords.pick(words).items()}
    return BecomeSetting(**given) if given else None
