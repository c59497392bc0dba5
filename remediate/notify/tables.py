"""One table of `remediate.toml`, read key by key; each mistake is kept, so that all are told at once."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from remediate.errors import UsageError
from remediate.notify.channels import Hidden
from remediate.settings import Settings
from remediate.spelling import nearest

_SECONDS = 30.0
_MOST_SECONDS = 600.0


class Table:
    """The table `[notify.NAME]`. What is wrong is answered with something empty, and stands in `mistakes`."""

    def __init__(self, settings: Settings, name: str, data: Mapping[str, Any]) -> None:
        self.name = name
        self.mistakes: list[UsageError] = []
        self._settings = settings
        self._data = data
        self._known: set[str] = set()

    def wrong(self, key: str, what: str, cure: str | None = None) -> None:
        """Keep a mistake, with the place of its key. What was written is never quoted: it may be a secret."""
        where = self._settings.place(f"notify.{self.name}", key)
        self.mistakes.append(UsageError(f"channel '{self.name}': {what}", where=where, cure=cure))

    def text(self, key: str, default: str | None = None) -> str:
        """A text; without a default it must be there."""
        value = self._get(key, default)
        if isinstance(value, str) and value.isprintable() and (value or default == ""):
            return value
        self.wrong(key, f"'{key}' should be text in one line", None if key in self._data else "it is missing")
        return ""

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of one or more texts, which must be there."""
        value = self._get(key, None)
        good = isinstance(value, list) and value and all(isinstance(each, str) and each for each in value)
        if not good:
            self.wrong(key, f"'{key}' should be a list of texts", f'such as {key} = ["one", "another"]')
        return tuple(value) if good and value is not None else ()

    def choice(self, key: str, among: Sequence[str], default: str | None = None) -> str:
        """One of some words."""
        value = self._get(key, default)
        if value in among:
            return str(value)
        near = nearest(value, among) if isinstance(value, str) else None
        self.wrong(key, f"'{key}' should be one of {', '.join(among)}", near)
        return among[0]

    def number(self, key: str, default: int, most: int) -> int:
        """A whole number from 1 on."""
        value = self._get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most:
            return value
        self.wrong(key, f"'{key}' should be a whole number from 1 to {most}")
        return default

    def seconds(self) -> float:
        """The deadline."""
        value = self._get("deadline", _SECONDS)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _MOST_SECONDS:
            return float(value)
        self.wrong("deadline", f"'deadline' should be a number of seconds, {_MOST_SECONDS:g} at most")
        return _SECONDS

    def file(self, key: str) -> Path | None:
        """A file, counted from the directory of `remediate.toml`; None if none is named."""
        if key not in self._data:
            self._known.add(key)
            return None
        return self._settings.path.parent / Path(self.text(key)).expanduser()

    def hidden(self, key: str) -> Hidden | None:
        """Where a secret is kept, by `KEY_file` or `KEY_env`; None if nothing is said of it."""
        file, variable = self.file(f"{key}_file"), self.text(f"{key}_env", "")
        if file is not None and variable:
            self.wrong(f"{key}_env", f"'{key}_file' and '{key}_env' are both there", "keep one of the two")
        return Hidden(file=file, variable=variable) if file is not None or variable else None

    def needed(self, key: str) -> Hidden:
        """Where a secret is kept, of which something must be said."""
        found = self.hidden(key)
        if found is None:
            cure = f'{key}_file = "FILE" names a file that nobody else can read; {key}_env a variable'
            self.wrong("", f"the {key} is missing", cure)
        return found or Hidden()

    def end(self) -> None:
        """What nobody has asked for is a mistake."""
        for key in self._data:
            if key not in self._known:
                cure = nearest(key, self._known) or f"there are {', '.join(sorted(self._known))}"
                self.wrong(key, f"'{_word(key)}' is not known here", cure)

    def _get(self, key: str, default: Any) -> Any:
        self._known.add(key)
        return self._data.get(key, default)


def _word(key: str) -> str:
    return re.sub(r"[^\w.-]", "?", key)
