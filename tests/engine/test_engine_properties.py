"""For any small playbook: a dry run changes nothing, foretells the apply, and the second apply is quiet."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from local_host import tree
from runs import Ran, perform

from remediate.engine.events import TaskEnded

AT = st.sampled_from(["a", "b", "d/c"]).map("{{{{ root }}}}/{}".format)
DIRECTORY = st.sampled_from(["n", "n/m", "d", "a"]).map("{{{{ root }}}}/{}".format)
LINK = st.just("{{ root }}/l")
LINES = st.sampled_from(["one", "two = 2", "it's `x` $HOME", "ümlaut", "-n"])
CONTENTS = st.one_of(
    LINES, LINES.map("{}\n".format), st.just(""), st.just("one\ntwo = 2\n"), st.just("{{ v }}\n")
)
MODES = st.sampled_from(["0600", "0644", "0755"])


def params(module: str, required: Any, optional: Any = None) -> Any:
    """A task's module with parameters."""
    return st.fixed_dictionaries(required, optional=optional).map(lambda given: {module: given})


CHANGES = st.one_of(
    params("copy", {"dest": AT, "content": CONTENTS}, {"mode": MODES, "backup": st.just(False)}),
    params("file", {"path": DIRECTORY, "state": st.just("directory")}, {"mode": MODES}),
    params("file", {"path": st.one_of(AT, LINK, st.just("{{ root }}/n")), "state": st.just("absent")}),
    params("file", {"path": LINK, "state": st.just("link"), "src": AT}),
    params("file", {"path": AT, "state": st.just("file"), "mode": MODES}),
    params("lineinfile", {"path": AT, "line": LINES}, {"create": st.just(True), "regexp": st.just("^one")}),
    params("lineinfile", {"path": AT, "regexp": st.just("^t"), "state": st.just("absent")}),
)
COMMANDS = st.one_of(
    params("command", {"cmd": AT.map("touch {}".format)}, {"creates": AT}),
    AT.map(lambda path: {"command": {"cmd": f"cp /etc/hostname {path}", "changes": [path]}}),
    params("command", {"cmd": AT.map("cat {}".format), "read_only": st.just(True)}),
)
QUERIES = st.one_of(
    params("stat", {"path": AT}),
    st.just({"debug": {"msg": "{{ v }} {{ r is defined }}"}}),
    st.just({"set_fact": {"v": "fact"}}),
    st.just({"assert": {"that": ["r is not defined or r is not skipped"]}}),
    st.just({"template": {"src": "t.j2", "dest": "{{ root }}/d/t"}}),
)
CONDITIONS = st.sampled_from(
    ["true", "v == 'fact'", "r is defined and r is changed", "r is not defined or r.rc | default(0) == 0"]
)
KEYWORDS: dict[str, Any] = {
    "when": CONDITIONS,
    "register": st.just("r"),
    "ignore_errors": st.just(True),
    "loop": st.lists(st.sampled_from(["x", "y"]), max_size=2),
    "notify": st.just("handler"),
}
TASKS = st.builds(
    lambda module, keywords: {**keywords, **module},
    st.one_of(CHANGES, CHANGES, COMMANDS, QUERIES),
    st.fixed_dictionaries({}, optional=KEYWORDS),
)
BLOCKS = st.fixed_dictionaries(
    {"block": st.lists(TASKS, min_size=1, max_size=2)},
    optional={
        "rescue": st.lists(TASKS, min_size=1, max_size=1),
        "always": st.lists(TASKS, min_size=1, max_size=1),
    },
)
TREES = st.dictionaries(st.sampled_from(["a", "b", "d/c"]), st.sampled_from(["", "one\n", "two = 2\nno end"]))


def named(tasks: list[Any], start: str = "") -> list[Any]:
    """Every task with a name of its own."""
    return [
        {key: named(value, f"{start}{n}{key}") for key, value in task.items()}
        if "block" in task
        else {"name": f"task {start}{n}", **task}
        for n, task in enumerate(tasks)
    ]


def playbook(tasks: list[Any]) -> str:
    """A play of these tasks and a handler."""
    handler = {"name": "handler", "copy": {"dest": "{{ root }}/handled", "content": "x"}}
    play = {
        "name": "p",
        "hosts": "all",
        "vars": {"v": "written"},
        "tasks": named(tasks),
        "handlers": [handler],
    }
    return yaml.safe_dump([play], sort_keys=False, allow_unicode=True)


def grow(folder: Path, files: Mapping[str, str]) -> None:
    """The host as it is at first, and the template on the controller."""
    for name, content in files.items():
        path = folder / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (folder / "root" / "d").mkdir(exist_ok=True)
    (folder / "t.j2").write_text("v is {{ v }}\n")


def by_name(ran: Ran) -> dict[str, TaskEnded]:
    """The events by task."""
    return {event.task: event for event in ran.tasks}


@settings(max_examples=35, deadline=None)
@given(tasks=st.lists(st.one_of(TASKS, TASKS, BLOCKS), min_size=1, max_size=6), files=TREES)
def test_a_dry_run_foretells_the_apply_and_changes_nothing(
    tasks: list[Any], files: Mapping[str, str]
) -> None:
    """The tree stays bytewise the same, and up to the first doubt the apply does what was foretold."""
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "root").mkdir()
        grow(folder, files)
        text = playbook(tasks)
        before = tree(folder / "root")
        plan = by_name(perform(folder, text, dry_run=True))
        assert tree(folder / "root") == before
        done = by_name(perform(folder, text))
        for name, event in done.items():
            if name not in plan:
                # only what the plan did not surely foresee may have brought the host here
                assert any(each.certainty != "known" for each in plan.values())
                continue
            foretold = plan[name]
            if foretold.certainty != "known":
                continue
            if foretold.effects and "run" in {each.split()[0] for each in foretold.effects}:
                continue  # whether a command fails only the apply tells
            assert (event.status, event.diff) == (foretold.status, foretold.diff), name
    finally:
        shutil.rmtree(folder)


CONVERGENT = st.one_of(
    params("copy", {"dest": st.just("{{ root }}/a"), "content": st.just("one\ntwo = 2\n")}, {"mode": MODES}),
    params("file", {"path": st.just("{{ root }}/d/e"), "state": st.just("directory")}),
    params("file", {"path": st.just("{{ root }}/b"), "state": st.just("absent")}),
    params("file", {"path": st.just("{{ root }}/l"), "state": st.just("link"), "src": AT}),
    params("lineinfile", {"path": st.just("{{ root }}/d/c"), "line": st.just("x"), "create": st.just(True)}),
    QUERIES,
)


@settings(max_examples=15, deadline=None)
@given(tasks=st.lists(CONVERGENT, min_size=1, max_size=5, unique_by=repr), files=TREES)
def test_a_second_run_changes_nothing(tasks: list[Any], files: Mapping[str, str]) -> None:
    """Tasks that do not contradict each other are done once: then apply and dry run find nothing to do."""
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "root").mkdir()
        grow(folder, files)
        # Two tasks that want the same path otherwise would change it in each run, and rightly so.
        wanted = {
            repr(sorted(str(v) for k, v in next(iter(t.values())).items() if k in ("dest", "path"))): t
            for t in tasks
        }
        text = playbook([*wanted.values()])
        first = perform(folder, text)
        if first.counts().failed:
            return
        after = tree(folder / "root")
        assert perform(folder, text, dry_run=True).counts().changed == 0
        assert perform(folder, text).counts().changed == 0
        assert tree(folder / "root") == after
    finally:
        shutil.rmtree(folder)
