"""Names that a variable may have, and what may stand before a module's."""

import keyword
import re

RESERVED_NAMES = frozenset(
    {
        # variables that the run itself sets
        "ansible_check_mode",
        "ansible_diff_mode",
        "ansible_play_batch",
        "ansible_play_hosts",
        "ansible_play_hosts_all",
        "ansible_play_name",
        "ansible_version",
        "environment",
        "group_names",
        "groups",
        "hostvars",
        "inventory_dir",
        "inventory_file",
        "inventory_hostname",
        "inventory_hostname_short",
        "omit",
        "play_hosts",
        "playbook_dir",
        "vars",
        # functions and words of templates
        "cycler",
        "dict",
        "joiner",
        "lipsum",
        "loop",
        "lookup",
        "namespace",
        "none",
        "now",
        "q",
        "query",
        "range",
        "self",
        "true",
        "false",
    }
)
"""Names that a playbook cannot give to a variable, because templates already mean something by them."""

MODULE_PREFIX = "ansible.builtin."
"""What may stand before a module's name; it means nothing here."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def refuse_variable_name(name: str) -> str | None:
    """Why a variable cannot have this name, or None if it can."""
    if not _IDENTIFIER.match(name):
        return f"'{name}' cannot be a variable's name"
    if name in RESERVED_NAMES or keyword.iskeyword(name):
        return f"the name '{name}' is reserved"
    return None
