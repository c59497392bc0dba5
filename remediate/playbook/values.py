"""Readers of the values that keywords take: each gives the value, or notes the mistake and gives None.

Those of numbers are in `numbers.py`.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from remediate.playbook.findings import Findings, is_template
from remediate.playbook.model import LoopControl
from remediate.playbook.names import CONNECTION_VARIABLES, refuse_variable_name
from remediate.source import Node
from remediate.spelling import nearest

BECOME_METHODS = ("su", "sudo")
"""The ways to become another user that there are."""

_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_LOOP_CONTROL_LATER = frozenset({"break_when", "extended", "extended_allitems", "pause"})


Reader = Callable[[str, Node, Findings], Any]
"""Reads the value of the keyword of that name; None stands for a value that is wrong."""


def or_template(read: Reader) -> Reader:
    """The reader that takes a template in place of the value as well."""

    def read_either(keyword: str, node: Node, findings: Findings) -> Any:
        return node.value if is_template(node.value) else read(keyword, node, findings)

    return read_either


def read_text(keyword: str, node: Node, findings: Findings) -> str | None:
    """Text that says something."""
    if isinstance(node.value, str) and node.value.strip():
        return node.value
    scalar = not (node.is_mapping or node.is_list or node.value is None or node.value == "")
    cure = "put it in quotes" if scalar else f"give it a value, or leave '{keyword}' out"
    findings.add_unfit(keyword, "text", node, cure)
    return None


def read_texts(keyword: str, node: Node, findings: Findings) -> tuple[str, ...]:
    """One text, or a list of them."""
    texts = (read_text(keyword, item, findings) for item in _items(node))
    return tuple(text for text in texts if text is not None)


def read_hosts(keyword: str, node: Node, findings: Findings) -> str | None:
    """A pattern of hosts; a list of patterns becomes the one pattern that means the same."""
    patterns = read_texts(keyword, node, findings)
    if node.value is None or node.value == []:
        findings.add(f"'{keyword}' names no host", node.place, "name a group or a host, or `all`")
    return ",".join(patterns) or None


def read_tags(keyword: str, node: Node, findings: Findings) -> frozenset[str]:
    """A list of tags, or text with commas between them."""
    tags = set()
    for item in _items(node):
        text = read_text(keyword, item, findings)
        if is_template(text):
            findings.add("templates in tags are not supported yet", item.place, "write the tag out")
        elif text is not None:
            tags |= {tag.strip() for tag in text.split(",") if tag.strip()}
    return frozenset(tags)


def read_conditions(keyword: str, node: Node, findings: Findings) -> tuple[str | bool, ...]:
    """An expression, true or false, or a list of them that must all hold."""
    conditions: list[str | bool] = []
    for item in node.value if node.is_list else [node]:
        if isinstance(item.value, bool) or (isinstance(item.value, str) and item.value.strip()):
            conditions.append(item.value)
        else:
            findings.add_unfit(
                keyword,
                "an expression",
                item,
                "write an expression such as `result.rc == 0`, true or false, or a list of these",
            )
    return tuple(conditions)


def read_switch(keyword: str, node: Node, findings: Findings) -> bool | None:
    """True or false."""
    if isinstance(node.value, bool):
        return node.value
    findings.add_unfit(keyword, "true or false", node, "write true or false, without quotes")
    return None


def read_facts_switch(keyword: str, node: Node, findings: Findings) -> bool | None:
    """`gather_facts`: only false, for there is nothing on the hosts that could gather any."""
    value = read_switch(keyword, node, findings)
    if value:
        findings.add(
            "facts cannot be gathered: 'gather_facts' can only be false",
            node.place,
            "nothing is installed on the hosts that could gather them; use the facts of modules",
        )
    return value


def read_variable_name(keyword: str, node: Node, findings: Findings) -> str | None:
    """The name of a variable to set."""
    name = read_text(keyword, node, findings)
    if name is None:
        return None
    refusal = refuse_variable_name(name)
    if refusal:
        findings.add(f"'{keyword}': {refusal}", node.place, "take another name: letters, digits and _")
        return None
    return name


def refuse_connection_variables(node: Node, findings: Findings) -> None:
    """Note every key of a mapping that says how a host is reached: a playbook sets it in vain."""
    for name, _ in node.items():
        if name in CONNECTION_VARIABLES:
            findings.add(
                f"'{name}' says how a host is reached: no playbook can set it",
                node.key_place(name),
                "put it into the inventory, into group_vars or host_vars, or give it with -e",
            )


def read_variables(keyword: str, node: Node, findings: Findings) -> Mapping[str, Any] | None:
    """A mapping of variables' names to their values, which may be anything."""
    if node.value is None:
        return {}
    if not _is_mapping(keyword, node, findings, "write `name: value` lines"):
        return None
    for name, _ in node.items():
        refusal = refuse_variable_name(name)
        if refusal:
            findings.add(f"'{keyword}': {refusal}", node.key_place(name), "rename it: letters, digits and _")
    refuse_connection_variables(node, findings)
    return dict(node.plain())


def read_environment(keyword: str, node: Node, findings: Findings) -> Mapping[str, str] | None:
    """A mapping of environment variables to text.

    Numbers are refused: YAML has read `022` as 18 before anybody could tell.
    """
    if node.value is None:
        return {}
    if not _is_mapping(keyword, node, findings, "write `NAME: value` lines"):
        return None
    environment = {}
    for name, value in node.items():
        if not _ENVIRONMENT_NAME.match(name):
            findings.add(
                f"'{name}' cannot be an environment variable's name",
                node.key_place(name),
                "use letters, digits and _",
            )
        elif isinstance(value.value, str):  # empty text is a value like others
            environment[name] = value.value
        else:
            findings.add(
                f"the value of the environment variable '{name}' must be text",
                value.place,
                "put it in quotes",
            )
    return environment


def read_become_method(keyword: str, node: Node, findings: Findings) -> str | None:
    """One of `BECOME_METHODS`."""
    method = read_text(keyword, node, findings)
    if method is None or method in BECOME_METHODS:
        return method
    findings.add(
        f"the become method '{method}' is not supported yet",
        node.place,
        f"there are: {', '.join(BECOME_METHODS)}",
    )
    return None


def read_loop(keyword: str, node: Node, findings: Findings) -> Any | None:
    """A list, or a template that gives one."""
    if node.is_list or is_template(node.value):
        return node.plain()
    cure = 'write `"{{ the_mapping | dict2items }}"`' if node.is_mapping else "write a list, or a template"
    findings.add_unfit(keyword, "a list or a template that gives one", node, cure)
    return None


def read_loop_control(keyword: str, node: Node, findings: Findings) -> LoopControl | None:
    """The names and the label of a loop."""
    readers: dict[str, Reader] = {
        "loop_var": read_variable_name,
        "index_var": read_variable_name,
        "label": read_text,
    }
    if not _is_mapping(keyword, node, findings, "write `loop_var: name` below it"):
        return None
    values: dict[str, Any] = {}
    for name, value in node.items():
        if name in readers:
            found = readers[name](name, value, findings)
            if found is not None:
                values[name] = found
        elif name in _LOOP_CONTROL_LATER:
            findings.add(f"'{name}' of a loop is not supported yet", node.key_place(name), "leave it out")
        else:
            cure = nearest(name, readers) or f"known are: {', '.join(readers)}"
            findings.add(f"unknown keyword '{name}' of '{keyword}'", node.key_place(name), cure)
    if values.get("index_var") == values.get("loop_var", "item"):
        findings.add("'index_var' and 'loop_var' are the same", node.place, "give them two names")
    return LoopControl(**values)


def read_nodes(keyword: str, node: Node, findings: Findings) -> list[Node]:
    """The entries of a list that may be empty, still unread."""
    if node.value is None:
        return []
    if node.is_list:
        return list(node.value)
    findings.add_unfit(keyword, "a list", node, "start each entry with `- `")
    return []


def _is_mapping(keyword: str, node: Node, findings: Findings, cure: str) -> bool:
    if not node.is_mapping:
        findings.add_unfit(keyword, "a mapping", node, cure)
    return node.is_mapping


def _items(node: Node) -> list[Node]:
    """A list's entries, or the one value; none where only the keyword is written."""
    if node.is_list:
        return list(node.value)
    return [] if node.value is None else [node]
