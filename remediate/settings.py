"""`remediate.toml` in the working directory: what everybody who works there shares."""

import re
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from remediate.errors import Place, UsageError
from remediate.records import dataclass
from remediate.spelling import nearest

FILE = "remediate.toml"

_TABLES = ("apply", "notify")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The file as it was read; `data` is empty where there is none."""

    path: Path
    text: str = field(default="", repr=False)
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def place(self, table: str, key: str = "") -> Place:
        """Where a table begins, or a key stands in it, as far as that can be seen in the text."""
        found, inside = 0, False
        for number, line in enumerate(self.text.splitlines(), 1):
            header = re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line)
            if header:
                inside = _bare(header[1]) == _bare(table)
                found = number if inside and not found else found
            elif inside and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[.=]", line):
                return Place(str(self.path), number)
        return Place(str(self.path), found)


def _bare(table: str) -> str:
    return re.sub(r"[\s\"']", "", table)


def settings_in(directory: Path) -> Settings:
    """What the file there says.

    Raises:
        UsageError: it cannot be read, or has a table that nobody knows.
    """
    path = directory / FILE
    try:
        text = path.read_text(encoding="utf-8")
        import tomllib  # noqa: PLC0415 - few directories have the file

        data = tomllib.loads(text)
    except FileNotFoundError:
        return Settings(path=path)
    except (OSError, ValueError) as error:  # what is no UTF-8 or no TOML is a ValueError
        raise UsageError(f"cannot be read: {error}", where=Place(str(path)), cure="mend it") from None
    settings = Settings(path=path, text=text, data=data)
    unknown = sorted(data.keys() - set(_TABLES))
    if unknown:
        raise UsageError(
            f"not understood: {', '.join(unknown)}",
            where=settings.place(unknown[0]),
            cure=nearest(unknown[0], _TABLES) or "it may have the tables [apply] and [notify.NAME]",
        )
    return settings
