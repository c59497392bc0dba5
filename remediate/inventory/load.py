"""Sources of an inventory: files, folders of files, and lists of hosts on the command line."""

import os
from collections.abc import Sequence
from pathlib import Path

from remediate.errors import InputError, InventoryError, Place
from remediate.inventory.draft import Draft
from remediate.inventory.folders import entries, exists
from remediate.inventory.ini_source import read_ini
from remediate.inventory.model import Inventory
from remediate.inventory.precedence import merge
from remediate.inventory.yaml_source import read_yaml_inventory
from remediate.source import parse_yaml, read_file

_YAML = (".yml", ".yaml", ".json")
_LEFT_ALONE = (
    *(".pyc", ".pyo", ".swp", ".bak", ".rpm", ".md", ".txt", ".rst"),
    *(".orig", ".cfg", ".retry"),
)
"""Ends of names that Ansible, too, passes over in a folder of sources."""
_NO_SOURCES = ("group_vars", "host_vars", "vars_plugins")


def load_inventory(sources: Sequence[str], *, vars_dirs: Sequence[Path] = ()) -> Inventory:
    """The inventory that several `-i` give together; later ones add to and override earlier ones.

    A source is a file (YAML or INI), a folder of such files, or a list of hosts with a comma. Variables in
    `group_vars/` and `host_vars/` are read beside each file, in each folder, and in `vars_dirs` (beside
    playbooks).

    Raises:
        Mistakes: everything that is wrong in all of them, in the order of the places.
    """
    draft = Draft()
    beside: list[Path] = []
    for source in sources:
        path = Path(source)
        if "," in source and not exists(path):
            _read_list(source, draft)
        elif not exists(path):
            draft.mistake("no such inventory", Place(source), f"for a host of this name say '{source},'")
        elif path.is_dir():
            _read_folder(path, draft)
            beside.append(path)
        else:
            _read_file(path, draft)
            beside.append(path.parent)
    return merge(draft, beside, vars_dirs)


def _read_list(source: str, draft: Draft) -> None:
    for name in source.split(","):
        if name.strip():
            draft.add_hosts("ungrouped", name.strip(), {}, Place(source))


def _read_folder(folder: Path, draft: Draft) -> None:
    try:
        paths = [
            path
            for path in entries(folder)
            if not path.name.endswith(_LEFT_ALONE) and path.name not in _NO_SOURCES
        ]
    except InputError as error:
        draft.mistakes.append(error)
        return
    if not paths:
        cure = "put a file in it whose name ends in .yml, .yaml, .json or .ini"
        draft.mistake("no inventory in this folder", Place(str(folder)), cure)
    for path in paths:
        if path.is_dir():
            _read_folder(path, draft)
        else:
            _read_file(path, draft)


def _read_file(path: Path, draft: Draft) -> None:
    file = str(path)
    try:
        text = read_file(path, InventoryError)
        refusal = _refusal(path, text)
        if refusal is not None:
            draft.mistakes.append(refusal)
        elif _is_yaml(path, text):
            root = parse_yaml(text, file, InventoryError)
            if root is not None and root.value is not None:
                read_yaml_inventory(root, draft)
        else:
            read_ini(text, file, draft)
    except InputError as error:
        draft.mistakes.append(error)


def _refusal(path: Path, text: str) -> InventoryError | None:
    known = (*_YAML, ".ini")
    if text.startswith("#!") or (path.suffix not in known and os.access(path, os.X_OK)):
        return InventoryError(
            "an executable inventory is not supported yet",
            where=Place(str(path), 1, 1),
            cure="write what it prints into a .json file if it prints groups, or take its x permission off",
        )
    if path.suffix == ".toml":
        return InventoryError(
            "an inventory in TOML is not supported yet", where=Place(str(path)), cure="use YAML"
        )
    if text.startswith("$ANSIBLE_VAULT;"):
        return InventoryError(
            "encrypted by ansible-vault: not supported yet", where=Place(str(path), 1, 1), cure="decrypt it"
        )
    return None


def _is_yaml(path: Path, text: str) -> bool:
    """By the name's end; without a known one, YAML starts with `---`, `{` or a line that ends in a colon."""
    if path.suffix in _YAML or path.suffix == ".ini":
        return path.suffix in _YAML
    for line in text.splitlines():
        content = line.partition(" #")[0].strip()
        if content and content[0] not in "#;":
            return content.startswith(("---", "{")) or content.endswith(":")
    return False
