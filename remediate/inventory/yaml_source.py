"""An inventory in YAML form: groups with `hosts`, `children` and `vars`."""

from remediate.errors import Place
from remediate.inventory.draft import Draft, Settings
from remediate.source import Node
from remediate.spelling import nearest

_KEYS = ("hosts", "children", "vars")


def read_yaml_inventory(root: Node, draft: Draft) -> None:
    """Add what the tree says to the draft; mistakes are noted there, each with line and column."""
    if not root.is_mapping:
        draft.mistake(
            f"an inventory is a mapping of groups, and this is {kind_of(root)}",
            root.place,
            "start with 'all:' and put 'hosts:' or 'children:' under it",
        )
        return
    plugin = root.get("plugin")
    if plugin is not None and not plugin.is_mapping:
        draft.mistake(
            "the configuration of an inventory plugin is not supported yet",
            root.key_place("plugin"),
            "write its hosts down with 'ansible-inventory --list --yaml'",
        )
        return
    for name, node in root.items():
        _read_group(name, node, root.key_place(name), draft)


def settings_of(node: Node, what: str, draft: Draft) -> Settings:
    """The variables in a mapping; anything else but nothing is noted as a mistake."""
    if node.is_mapping:
        return {name: (value.plain(), node.key_place(name)) for name, value in node.items()}
    if node.value is not None:
        draft.mistake(f"{what} are a mapping, and this is {kind_of(node)}", node.place, "write 'name: value'")
    return {}


def kind_of(node: Node) -> str:
    """What a node is, for a message."""
    if node.is_mapping:
        return "a mapping"
    if node.is_list:
        return "a list"
    return "nothing" if node.value is None else f"'{node.value}'"


def _read_group(name: str, node: Node, place: Place, draft: Draft) -> bool:
    if not draft.add_group(name, place):
        return False
    if node.value is None:
        return True
    if not node.is_mapping:
        draft.mistake(
            f"the group '{name}' is a mapping, and this is {kind_of(node)}",
            node.place,
            "put 'hosts:', 'children:' or 'vars:' under it",
        )
        return True
    for key, value in node.items():
        if key == "hosts":
            _read_hosts(name, value, draft)
        elif key == "children":
            _read_children(name, value, draft)
        elif key == "vars":
            for variable, (setting, where) in settings_of(value, f"vars of '{name}'", draft).items():
                draft.set_for_group(name, variable, setting, where)
        else:
            draft.mistake(
                f"'{key}' is no key of a group",
                node.key_place(key),
                nearest(key, _KEYS)
                or f"a group has hosts, children and vars: is '{key}' a host, a child or a variable?",
            )
    return True


def _read_hosts(group: str, node: Node, draft: Draft) -> None:
    for written, value, place in _entries(node, f"hosts of '{group}'", draft):
        settings = settings_of(value, f"variables of '{written}'", draft) if value is not None else {}
        draft.add_hosts(group, written, settings, place)


def _read_children(group: str, node: Node, draft: Draft) -> None:
    for child, value, place in _entries(node, f"children of '{group}'", draft):
        there = (
            _read_group(child, value, place, draft) if value is not None else draft.add_group(child, place)
        )
        if there:
            draft.add_child(group, child, place)


def _entries(node: Node, what: str, draft: Draft) -> list[tuple[str, Node | None, Place]]:
    if node.is_mapping:
        return [(name, value, node.key_place(name)) for name, value in node.items()]
    if isinstance(node.value, str):  # Ansible takes one name alone
        return [(node.value, None, node.place)]
    if node.value is not None:
        draft.mistake(
            f"{what} are a mapping, and this is {kind_of(node)}",
            node.place,
            "write each name with a colon after it, without a dash",
        )
    return []
