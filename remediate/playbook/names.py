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


CONNECTION_VARIABLES = frozenset(
    {
        *("ansible_host", "ansible_ssh_host", "ansible_port", "ansible_ssh_port", "ansible_user"),
        *("ansible_ssh_user", "ansible_password", "ansible_ssh_pass", "ansible_ssh_password"),
        *("ansible_ssh_private_key_file", "ansible_private_key_file", "ansible_private_key_passphrase"),
        *("ansible_ssh_private_key_passphrase", "ansible_ssh_common_args", "ansible_ssh_extra_args"),
        *("ansible_ssh_executable", "ansible_ssh_host_key_checking", "ansible_host_key_checking"),
        *("ansible_timeout", "ansible_ssh_timeout", "ansible_connection", "ansible_shell_type"),
        *("ansible_shell_executable", "ansible_remote_tmp", "ansible_become_password"),
        *("ansible_become_pass", "ansible_become_exe", "ansible_become_flags"),
        *("ssh_legacy", "ssh_known_hosts"),
    }
)
"""What says how a host is reached: it is read before the run, so that no playbook can set it."""


def refuse_variable_name(name: str) -> str | None:
    """Why a variable cannot have this name, or None if it can."""
    if not _IDENTIFIER.match(name):
        return f"'{name}' cannot be a variable's name"
    if name in RESERVED_NAMES or keyword.iskeyword(name):
        return f"the name '{name}' is reserved"
    return None
