"""Writing the files of a world."""

import stat
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write a file, and the directories above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_program(path: Path, text: str) -> None:
    """Write a file that can be run."""
    write(path, text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
