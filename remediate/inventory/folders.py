"""What is in a folder that the user named, with the file system's complaints as mistakes."""

from pathlib import Path

from remediate.errors import InventoryError, Place


def exists(path: Path) -> bool:
    """Whether there is such a file or folder; False also for what can be no path."""
    try:
        path.stat()
    except (OSError, ValueError):  # a long list of hosts is too long for a file's name
        return False
    return True


def entries(folder: Path) -> list[Path]:
    """What is in the folder, in the order of the names, without hidden files and editors' backups.

    Raises:
        InventoryError: if it cannot be listed.
    """
    try:
        return sorted(
            path for path in folder.iterdir() if not path.name.startswith(".") and not path.name.endswith("~")
        )
    except OSError as error:
        raise InventoryError(
            f"cannot be listed: {error.strerror}",
            where=Place(str(folder)),
            cure="name a folder that you may read",
        ) from None
