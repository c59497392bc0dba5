"""All that can be known to be wrong in playbooks without a host: their form, parameters and expressions."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from remediate.errors import Place, PlaybookError, RemediateError, sort_mistakes
from remediate.playbook.imports import Files
from remediate.playbook.load import read_playbook
from remediate.playbook.model import Play, Task, each_task
from remediate.records import dataclass
from remediate.source import read_file

_CONDITION_PARAM, _EXPRESSION_PARAM = ("assert", "that"), ("debug", "var")

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # as YAML counts lines
_OCTAL = re.compile(r"""(?:[&!]\S*\s+)*["']?0""")  # an anchor or a tag may stand before it
_CONDITIONS = ("when", "until", "changed_when", "failed_when")
_TEMPLATES = ("name", "retries", "delay", "loop", "notify", "become", "become_user", "ignore_errors")
_PLAY_TEMPLATES = ("name", "hosts", "max_fail_percentage")


class ModuleCatalog(Protocol):
    """The modules there are, and what they say of their parameters."""

    def names(self) -> Collection[str]:
        """The names of all modules."""

    def check(self, module: str, params: Mapping[str, Any]) -> list[tuple[str | None, str, str | None]]:
        """What is wrong with parameters as written: the parameter (None: the whole), what, and the cure."""

    def reads(self, module: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        """The files of the controller that they name as they are: the parameter, the file, and its folder."""


class TemplateChecker(Protocol):
    """What can be said of templates before there are any variables."""

    def check(self, value: Any) -> Sequence[RemediateError]:
        """What is wrong with the templates in a value (in lists and mappings too)."""

    def check_expression(self, expression: str) -> RemediateError | None:
        """What is wrong with an expression, None if nothing."""

    def check_condition(self, expression: str) -> RemediateError | None:
        """What is wrong with an expression that must be true or false, None if nothing."""


def lint(paths: Sequence[Path], *, modules: ModuleCatalog, templar: TemplateChecker) -> list[RemediateError]:
    """Every mistake in the playbooks and what they import: playbook by playbook, in the order of the places.

    A mistake in a file that several of them import is told once.
    """
    files = Files()
    found: dict[str, RemediateError] = {}
    for path in paths:
        reading = read_playbook(path, modules.names(), files)
        mistakes: list[RemediateError] = list(reading.mistakes)
        for play in reading.plays:
            mistakes += _Checks(modules=modules, templar=templar).check_play(play)
        for mistake in sort_mistakes(mistakes):  # what a block says is checked again with each of its tasks
            found.setdefault(str(mistake), mistake)
    return list(found.values())


@dataclass(frozen=True, kw_only=True)
class _Checks:
    """The checks of one play."""

    modules: ModuleCatalog
    templar: TemplateChecker

    def check_play(self, play: Play) -> Iterator[RemediateError]:
        for keyword in _PLAY_TEMPLATES:
            yield from self._check_template(getattr(play, keyword), play.place_of(keyword))
        for index, size in enumerate(play.serial):
            yield from self._check_template(size, play.place_of("serial", index))
        yield from self._check_entries("vars", play.variables, play)
        yield from self._check_entries("environment", play.environment, play)
        if play.become:
            yield from self._check_template(play.become.become, play.place_of("become"))
            yield from self._check_template(play.become.user, play.place_of("become_user"))
        yield from _find_twins(play.handlers)
        for task in each_task((*play.tasks, *play.handlers)):
            yield from self._check_task(task)
            yield from self._check_files(task, play.directory)

    def _check_task(self, task: Task) -> Iterator[RemediateError]:
        if task.module:
            yield from self._check_params(task)
        for keyword in _CONDITIONS:
            for index, condition in enumerate(getattr(task, keyword) or ()):
                yield from self._check_condition(condition, task.place_of(keyword, index))
        for keyword in _TEMPLATES:
            value = getattr(task, keyword)
            items = value if isinstance(value, (list, tuple)) else [value]
            for index, item in enumerate(items):
                yield from self._check_template(item, task.place_of(keyword, index))
        yield from self._check_template(task.loop_control.label, task.place_of("loop_control"))
        yield from self._check_entries("vars", task.variables, task)
        yield from self._check_entries("environment", task.environment, task)

    def _check_params(self, task: Task) -> Iterator[RemediateError]:
        for param, what, cure in self.modules.check(task.module, task.params):
            place = task.param_places.get(param or "", task.place_of("module"))
            yield PlaybookError(what, where=place, cure=cure)
        for name, value in task.params.items():
            place = task.param_places.get(name, task.place_of("module"))
            if (task.module, name) == _CONDITION_PARAM:
                for condition in value if isinstance(value, list) else [value]:
                    yield from self._check_condition(condition, place)
            elif (task.module, name) == _EXPRESSION_PARAM:
                yield from _check_expression(value, place, self.templar.check_expression)
            else:
                yield from self._check_template(value, place)
        yield from _check_mode(task)

    def _check_files(self, task: Task, directory: Path) -> Iterator[RemediateError]:
        for name, file, folder in self.modules.reads(task.module, task.params) if task.module else ():
            candidates = [directory / folder / file, directory / file]
            if not any(each.is_file() for each in candidates):
                looked = " and ".join(str(each) for each in dict.fromkeys(candidates))
                yield PlaybookError(
                    f"there is no file '{file}' on the controller",
                    where=task.param_places.get(name, task.place_of("module")),
                    cure=f"looked for {looked}",
                )

    def _check_entries(
        self, keyword: str, entries: Mapping[str, Any], owner: Play | Task
    ) -> Iterator[RemediateError]:
        for name, value in entries.items():
            yield from self._check_template(value, owner.place_of(f"{keyword}.{name}"))

    def _check_template(self, value: Any, place: Place) -> Iterator[RemediateError]:
        for problem in self.templar.check(value):
            yield PlaybookError(problem.what, where=place, cure=problem.cure)

    def _check_condition(self, condition: object, place: Place) -> Iterator[RemediateError]:
        yield from _check_expression(condition, place, self.templar.check_condition)


def _check_expression(
    value: object, place: Place, check: Callable[[str], RemediateError | None]
) -> Iterator[RemediateError]:
    if not isinstance(value, str):
        return
    expression = _unwrap(value)
    if "{{" in expression or "{%" in expression:
        yield PlaybookError(
            "a condition is an expression already",
            where=place,
            cure="leave the braces out: variables are named as they are",
        )
        return
    problem = check(expression)
    if problem is not None:
        yield PlaybookError(problem.what, where=place, cure=problem.cure)


def _unwrap(condition: str) -> str:
    """The expression inside of braces that stand around the whole of it."""
    text = condition.strip()
    if text.startswith("{{") and text.endswith("}}") and text.count("{{") == 1:
        return text[2:-2].strip()
    return text


def _check_mode(task: Task) -> Iterator[RemediateError]:
    mode = task.params.get("mode")
    if not isinstance(mode, int) or isinstance(mode, bool):
        return
    place = task.param_places["mode"]
    if not _is_written_octal(place):
        yield PlaybookError(
            f"the mode {mode} is not octal: YAML reads it as a plain number, which is {mode:o} in octal",
            where=place,
            cure=f'write "0{mode}"' if set(str(mode)) <= set("01234567") else 'write such as "0644"',
        )


def _is_written_octal(place: Place) -> bool:
    """Whether the number at this place begins with a zero; its value alone cannot tell 0644 from 420."""
    lines = _LINE_BREAK.split(read_file(place.file, PlaybookError))
    return _OCTAL.match(lines[place.line - 1], place.column - 1) is not None


def _find_twins(handlers: Iterable[Task]) -> Iterator[RemediateError]:
    seen: dict[str, Place] = {}
    for handler in handlers:
        if "name" in handler.places and handler.name in seen:
            what = f"two handlers are called '{handler.name}', the first at {seen[handler.name]}"
            cure = "rename one; to notify both at once give both the same `listen`"
            if seen[handler.name] == handler.place:
                what = f"the handler '{handler.name}' stands twice in one play"
                cure = "import its file only once into a play's handlers"
            yield PlaybookError(what, where=handler.place_of("name"), cure=cure)
        seen.setdefault(handler.name, handler.place)
