"""The files under `group_vars/` and `host_vars/`: which belong to a name, and what is in them."""

from collections.abc import Iterable
from pathlib import Path

from remediate.errors import InputError, InventoryError, Place
from remediate.inventory.draft import Draft, Settings
from remediate.inventory.folders import entries, exists
from remediate.inventory.yaml_source import settings_of
from remediate.source import parse_yaml, read_file

_EXTENSIONS = (".yml", ".yaml", ".json")


def read_vars_files(folder: Path, names: Iterable[str], draft: Draft) -> dict[str, Settings]:
    """The variables that the files of one such folder set, for those of `names` that have files.

    A name's file is NAME, NAME.yml, NAME.yaml or NAME.json, or all files of the folder NAME/ in the order of
    their names. Files of other names are left alone: a folder may serve several inventories.
    """
    found: dict[str, Settings] = {}
    try:
        belongings = _index(folder)
        for name in names:
            if name in belongings:
                found[name] = _read_all(belongings[name], name, draft)
    except InputError as error:  # of a folder that cannot be listed
        draft.mistakes.append(error)
    return found


def _read_all(paths: list[Path], name: str, draft: Draft) -> Settings:
    if len(paths) > 1:
        draft.mistake(
            f"both {paths[0]} and {paths[1]} are for '{name}'; Ansible would read only one of them",
            Place(str(paths[1])),
            f"make them files of one folder {paths[0].parent / name}/",
        )
    settings: Settings = {}
    for path in paths:
        for file in _files_in(path) if path.is_dir() else [path]:
            settings.update(_read(file, draft))
    return settings


def _index(folder: Path) -> dict[str, list[Path]]:
    belongings: dict[str, list[Path]] = {}
    for path in entries(folder) if exists(folder) else []:
        is_file = path.suffix in _EXTENSIONS and not path.is_dir()
        belongings.setdefault(path.stem if is_file else path.name, []).append(path)
    return belongings


def _files_in(folder: Path) -> list[Path]:
    files: list[Path] = []
    for path in entries(folder):
        if path.is_dir():
            files += _files_in(path) if not path.suffix else []
        elif not path.suffix or path.suffix in _EXTENSIONS:
            files.append(path)
    return files


def _read(path: Path, draft: Draft) -> Settings:
    try:
        text = read_file(path, InventoryError)
        if text.startswith("$ANSIBLE_VAULT;"):
            draft.mistake(
                "encrypted by ansible-vault: not supported yet",
                Place(str(path), 1, 1),
                "decrypt it, and keep the file unreadable for others",
            )
            return {}
        root = parse_yaml(text, str(path), InventoryError)
    except InputError as error:
        draft.mistakes.append(error)
        return {}
    return settings_of(root, "variables", draft) if root is not None else {}
