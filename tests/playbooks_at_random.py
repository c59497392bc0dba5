"""Random playbooks, and random hosts for them: small, so that tasks often meet on one path."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

HOSTILE = 'it\'s `x` "$HOME" \\t *'
"""A name that no shell may read."""

AT = st.sampled_from(["a", "b", "d/c", "l", "k/c", HOSTILE]).map("{{{{ root }}}}/{}".format)
DIRECTORY = st.sampled_from(["n", "n/m", "d", "a", "k/m"]).map("{{{{ root }}}}/{}".format)
LINK = st.sampled_from(["l", "l", "k"]).map("{{{{ root }}}}/{}".format)
LINKED = st.one_of(AT, st.sampled_from(["d", "n", "nowhere", "{{ root }}/d", "{{ root }}/n", "../root/a"]))
LINES = st.sampled_from(["one", "two = 2", "it's `x` $HOME", "ümlaut", "-n"])
CONTENTS = st.one_of(
    LINES, LINES.map("{}\n".format), st.just(""), st.just("one\ntwo = 2\n"), st.just("{{ v }}\n")
)
MODES = st.sampled_from(["0600", "0644", "0755", "2755", "4711", "1777"])
OWNERS = st.sampled_from(["root", "daemon", "65534"])

TEMPLATE = b"v is {{ v }}\n"
ACCESS: dict[str, Any] = {"mode": MODES, "owner": OWNERS, "group": st.sampled_from(["bin", "0"])}
"""Parameters that only root's tasks can have."""


def params(module: str, required: Any, optional: Any = None) -> Any:
    """A task's module with parameters."""
    return st.fixed_dictionaries(required, optional=optional).map(lambda given: {module: given})


def changes(attributes: Mapping[str, Any]) -> Any:
    """Modules that change what is at a path, with these attributes as parameters."""
    made = {"path": DIRECTORY, "state": st.just("directory")}
    gone = {"path": st.one_of(AT, LINK, st.just("{{ root }}/n")), "state": st.just("absent")}
    added = {"path": AT, "line": LINES}
    kept_out = {"path": AT, "regexp": st.just("^t"), "state": st.just("absent")}
    template = {"src": st.just("t.j2"), "dest": st.one_of(AT, st.just("{{ root }}/d/t"))}
    package = {
        "src": st.just("t.j2"),
        "dest": AT,
        "checksum": st.just(f"sha256:{sha256(TEMPLATE).hexdigest()}"),
    }
    block = {"path": AT, "block": LINES.map("{}\nend".format)}
    return st.one_of(
        params("copy", {"dest": AT, "content": CONTENTS}, {**attributes, "force": st.booleans()}),
        params("file", made, attributes),
        params("file", gone),
        params("file", {"path": LINK, "state": st.just("link"), "src": LINKED}),
        params("file", {"path": AT, "state": st.just("file")}, attributes),
        params("copy", package, {**attributes, "force": st.booleans()}),
        params("blockinfile", block, {**attributes, "create": st.just(True)}),
        params("blockinfile", {"path": AT, "state": st.just("absent")}),
        params("lineinfile", added, {"create": st.just(True), "regexp": st.just("^one")}),
        params("lineinfile", kept_out),
        params("template", template, attributes),
    )


def may_fail(task: dict[str, Any]) -> dict[str, Any]:
    """A task of a command, whose failure is none: nobody can foretell it."""
    return {**task, "failed_when": False}


COMMANDS = st.one_of(
    params("command", {"argv": AT.map(lambda path: ["touch", path])}, {"creates": AT}).map(may_fail),
    AT.map(lambda path: {"command": {"argv": ["cp", "/etc/hostname", path], "changes": [path]}}).map(
        may_fail
    ),
    params("command", {"argv": AT.map(lambda path: ["cat", path]), "read_only": st.just(True)}),
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


def with_keywords(modules: Any, keywords: Mapping[str, Any] = KEYWORDS) -> Any:
    """Tasks of these modules, with some keywords."""
    optional = st.fixed_dictionaries({}, optional=dict(keywords))
    return st.builds(lambda module, keywords: {**keywords, **module}, modules, optional)


def with_blocks(tasks: Any) -> Any:
    """These tasks, some of them in blocks."""
    blocks = st.fixed_dictionaries(
        {"block": st.lists(tasks, min_size=1, max_size=2)},
        optional={
            "rescue": st.lists(tasks, min_size=1, max_size=1),
            "always": st.lists(tasks, min_size=1, max_size=1),
        },
    )
    return st.one_of(tasks, tasks, blocks)


PLAIN = changes({"mode": MODES})
TASKS = with_blocks(with_keywords(st.one_of(PLAIN, PLAIN, COMMANDS, QUERIES)))
"""Anything that a user without rights can do."""

CONVERGENT = st.one_of(
    params("copy", {"dest": st.just("{{ root }}/a"), "content": st.just("one\ntwo = 2\n")}, {"mode": MODES}),
    params("file", {"path": st.just("{{ root }}/d/e"), "state": st.just("directory")}),
    params("file", {"path": st.just("{{ root }}/b"), "state": st.just("absent")}),
    params("file", {"path": st.just("{{ root }}/l"), "state": st.just("link"), "src": AT}),
    params("lineinfile", {"path": st.just("{{ root }}/d/c"), "line": st.just("x"), "create": st.just(True)}),
    QUERIES,
)
"""What finds nothing to do the second time."""


def without_contradictions(tasks: list[Any]) -> list[Any]:
    """The tasks, one for each path: two that want it otherwise would change it in each run, rightly so."""
    wanted = {
        repr(sorted(str(v) for k, v in next(iter(t.values())).items() if k in ("dest", "path"))): t
        for t in tasks
    }
    return [*wanted.values()]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What is at a path of a host: a file's text, or where a link points; None: a directory."""

    text: str | None = ""
    target: str | None = None
    mode: int = 0o644
    owner: tuple[int, int] | None = None


TEXTS = st.sampled_from(["", "one\n", "two = 2\nno end", "it's\0`x`\n", "no UTF-8: \udcff"])
PLAIN_TREES = st.dictionaries(st.sampled_from(["a", "b", "d/c", HOSTILE]), st.builds(Found, text=TEXTS))
"""What a user without rights can make."""

_OWNERS = st.sampled_from([(0, 0), (1, 2), (65534, 4_000_001)])
_FILES = st.builds(
    Found, text=TEXTS, mode=st.sampled_from([0o644, 0o600, 0o4755, 0o2711, 0o444]), owner=_OWNERS
)
_FOLDERS = st.builds(
    Found, text=st.none(), mode=st.sampled_from([0o755, 0o700, 0o2775, 0o1777]), owner=_OWNERS
)
_LINKS = st.builds(
    Found, target=st.sampled_from(["a", "nowhere", "elsewhere", "b", "d/c", "l"]), owner=_OWNERS
)
_WAYS = st.builds(Found, target=st.sampled_from(["d", "n", "../root/./d", "l", "nowhere"]), owner=_OWNERS)
TREES = st.fixed_dictionaries(
    {},
    optional={
        "a": st.one_of(_FILES, _FILES, _FOLDERS),
        "b": st.one_of(_FILES, st.builds(Found, target=st.just("elsewhere"), owner=_OWNERS)),
        "d": _FOLDERS,
        "d/c": _FILES,
        "d/t": _FILES,
        HOSTILE: _FILES,
        "k": _WAYS,
        "l": st.one_of(_LINKS, _WAYS),
        "n": st.one_of(_FOLDERS, _FOLDERS, _FILES),
        "elsewhere": _FILES,
    },
)
"""Of several modes and owners, some under several names."""


def grow(folder: Path, found: Mapping[str, Found]) -> None:
    """The host as it is at first, in `root`, and the template on the controller."""
    root = folder / "root"
    (root / "d").mkdir(parents=True, exist_ok=True)
    for name, each in found.items():
        path = root / name
        if each.target is not None:
            path.symlink_to(each.target)
        elif each.text is None:
            path.mkdir(exist_ok=True)
        else:
            path.write_bytes(each.text.encode("utf-8", "surrogateescape"))
        if each.owner is not None:
            os.lchown(path, *each.owner)
        if each.target is None:
            path.chmod(each.mode)
    (folder / "t.j2").write_bytes(TEMPLATE)


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
