"""What to say of a key that a play, block, task or import does not take: never is one ignored."""

from collections.abc import Collection, Mapping

from remediate.playbook.names import MODULE_PREFIX
from remediate.spelling import nearest

_FACTS = "leave it out: no facts are gathered"
_IMPORT = "use `import_tasks`, which is read before the run"
_ROLES = "write the role's tasks into a file, and use `import_tasks`"
_ON_PATH = "leave it out: sudo and su are found on the host's PATH, and get no options"
_ORDER = "put them first or last among `tasks`, or into a play of their own"
_ARGS = "put its entries into the module's own mapping"
_INVENTORY = "say it for the host in the inventory"
_VARS_FILE = "put the variables into group_vars, `vars`, or give them with `-e @file`"
_READ_ONLY = "for a command that only reads, give `read_only: true` to command or shell"
_SHOWN = "say it on the command line: --check, --diff"

UNSUPPORTED: Mapping[str, str] = {
    "action": "use the module's name as the key",
    "add_host": _INVENTORY,
    "any_errors_fatal": "use `max_fail_percentage: 0`",
    "args": _ARGS,
    "async": "use the module's own deadline, or `until` with `retries` and `delay`",
    "become_exe": _ON_PATH,
    "become_flags": _ON_PATH,
    "check_mode": _READ_ONLY,
    "collections": "leave it out: modules are named without a collection",
    "connection": _INVENTORY,
    "debugger": "leave it out: -vv shows the results of each task",
    "delegate_facts": "give the task a play of its own; later plays see what it registers in `hostvars`",
    "delegate_to": "give the task a play of its own whose `hosts` is that host",
    "diff": _SHOWN,
    "fact_path": _FACTS,
    "first_available_file": "name the one file in `src`; it may be a template",
    "force_handlers": "put what must be done in any case below `always:` of a block",
    "gather_subset": _FACTS,
    "gather_timeout": _FACTS,
    "ignore_unreachable": "leave it out: a host that cannot be reached does not stop the others",
    "import_role": _ROLES,
    "include": _IMPORT,
    "include_role": _ROLES,
    "include_tasks": _IMPORT,
    "include_vars": _VARS_FILE,
    "local_action": "nothing is run on this machine: do it before, and hand on what it says with `-e`",
    "meta": "to run handlers at once end the play here and begin another one; to end it early use `when`",
    "module_defaults": "give the parameters to each task",
    "order": "leave it out: hosts come in the order in which `hosts` names them",
    "poll": "use the module's own deadline, or `until` with `retries` and `delay`",
    "port": "set ansible_port for the host in the inventory",
    "post_tasks": _ORDER,
    "pre_tasks": _ORDER,
    "remote_user": "set ansible_user for the host in the inventory, or give --user",
    "roles": _ROLES,
    "run_once": "give the task a play of its own whose `hosts` is one host",
    "setup": "use the facts of modules: nothing is installed on the hosts that could gather others",
    "strategy": "leave it out: hosts go through a play independently",
    "sudo": "use `become: true`",
    "sudo_user": "use `become_user`",
    "throttle": "use `serial`",
    "timeout": "use the module's own deadline",
    "vars_files": _VARS_FILE,
    "vars_prompt": "give the variables with `-e`",
    "with_dict": 'use `loop: "{{ the_dict | dict2items }}"`',
    "with_items": "use `loop`",
    "with_list": "use `loop`",
}
"""Ansible's words that are not supported yet, each with the cure."""

_IMPORTS: Mapping[str, tuple[Collection[str], str]] = {
    "import_playbook": ({"play"}, "it stands at the top level of a playbook, beside the plays"),
    "import_tasks": ({"task", "handler"}, "it stands in a list of tasks or handlers, as an entry of its own"),
}
"""The words of imports: in place of what they stand, and where that is."""


def refuse_key(
    key: str, level: str, levels: Mapping[str, Collection[str]], modules: Collection[str]
) -> tuple[str, str | None]:
    """What is wrong with a key of a `level`, and the cure.

    `levels` names the levels and the keywords of each, `modules` the modules there are.
    """
    importing = level.endswith("import")
    homes = [home for home, keywords in levels.items() if key in keywords]
    if homes:
        cure = "say it in the imported file" if importing else f"it is a keyword of a {homes[0]}"
        return f"'{key}' does not belong to a {level}", cure
    bare = key.removeprefix(MODULE_PREFIX)
    if bare in _IMPORTS:
        return f"'{bare}' does not belong to a {level}", _IMPORTS[bare][1]
    if bare in modules:
        cure = "make it a task of its own" if importing else "make it a task in its list of tasks"
        return f"the module '{bare}' does not belong to a {level} itself", cure
    if bare in UNSUPPORTED or bare.startswith("with_"):
        return f"'{bare}' is not supported yet", UNSUPPORTED.get(bare, "use `loop`")
    known = {*levels[level], *(word for word, (instead, _) in _IMPORTS.items() if level in instead)}
    if level not in {"task", "handler"}:
        return f"unknown keyword '{key}' of a {level}", _near(key, known)
    if "." in key:
        return f"the module '{key}' is not supported yet", _near(key.rpartition(".")[2], modules)
    return f"unknown module or keyword '{key}'", _near(key, {*modules, *known}, shown=modules)


def _near(name: str, known: Collection[str], shown: Collection[str] = ()) -> str:
    return nearest(name, known) or f"known are: {', '.join(sorted(shown or known))}"
