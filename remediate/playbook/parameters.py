"""Which module a task uses, and the mapping of its parameters."""

import re
from collections.abc import Collection

from remediate.playbook.findings import Findings, describe
from remediate.playbook.names import MODULE_PREFIX
from remediate.source import Node

FREE_FORM_MODULES = frozenset({"command", "shell"})
"""Modules that take a plain text for their parameter `cmd`."""

_PARAMETER_IN_TEXT = re.compile(r"(?:^|\s)(?:chdir|creates|removes|executable|stdin|argv)=")


def find_modules(node: Node, modules: Collection[str], keywords: Collection[str]) -> list[str]:
    """The keys of a task that name a module, as written; what is a keyword too is the keyword."""
    return [
        key
        for key, _ in node.items()
        if (bare := key.removeprefix(MODULE_PREFIX)) in modules and bare not in keywords
    ]


def read_params(module: str, node: Node, findings: Findings) -> Node | None:
    """The mapping of a module's parameters, None if they cannot be used."""
    if node.is_mapping:
        return node
    if node.value is None:
        return Node({}, node.place)
    mapping = f"write them below it as a mapping, as in `{module}:` and then `  name: value`"
    if module not in FREE_FORM_MODULES:
        findings.add(f"the parameters of '{module}' must be a mapping", node.place, mapping)
    elif not isinstance(node.value, str) or not node.value.strip():
        cure = "write the command as text" + ("; a list belongs below `argv:`" if node.is_list else "")
        findings.add(f"'{module}' needs a command, not {describe(node)}", node.place, cure)
    elif _PARAMETER_IN_TEXT.search(node.value):
        findings.add(
            f"parameters inside the text of '{module}' are not supported",
            node.place,
            f"write `{module}:`, and below it `cmd: ...` and each parameter on a line of its own",
        )
    else:
        return Node({"cmd": node}, node.place, {"cmd": node.place})
    return None
