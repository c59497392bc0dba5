"""What must never be shown: which variables hold secrets, and how a text is rid of their values."""

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

MASK = "********"
"""What stands in the place of a secret."""

MARK = "$secret"
"""The one key of an object that stands for a Secret where values are kept as JSON."""

_ONE = ("_password", "_passwd", "_passphrase", "_secret", "_token", "_activation_code")
_SUFFIXES = (*_ONE, *(f"{name}s" for name in _ONE), "_pass")
SHORTEST = 4
"""Letters of the shortest secret that is looked for in texts."""
_FEW = 32
"""Beginnings of texts that are sought one by one sooner than all at once."""
_FIELD = re.compile(
    r"(?i)passw|secret|token|activation|serial|licen[cs]e_?(key|code)|regist\w*_?(key|code)|^(ac|rk|key)$"
)
_WHEN = re.compile(r"(?i)expir|until$|date$")
_CODE = re.compile(r"\b(?=[A-Z-]*[0-9])[A-Z0-9]{2,8}(?:-[A-Z0-9]{4,8}){3,}\b")


class Secret:
    """A text that never shows itself: `repr` and `str` give stars, only `reveal` gives the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> tuple[type["Secret"], tuple[str]]:
        return Secret, (self._text,)


def is_secret_name(name: Any) -> bool:
    """Whether a variable of this name holds a secret, such as `ansible_become_password` or `tokens`.

    A key of a mapping from YAML may be no text, and then it names none.
    """
    return isinstance(name, str) and _ends_as_secrets_do(name)


@lru_cache(maxsize=4096)  # the same names in each result of each host
def _ends_as_secrets_do(name: str) -> bool:
    return f"_{name.lower()}".endswith(_SUFFIXES)


def under_secret_names(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Each single value that stands under a name that says that it is secret, at any depth, with that name.

    A list or dict under such a name is secret as a whole: so is each value in it.
    """
    if isinstance(value, Mapping):
        for key, each in value.items():
            secret = name or (key if is_secret_name(key) else "")
            if isinstance(each, dict | list | tuple | Mapping):
                yield from under_secret_names(each, secret)
            elif secret:
                yield secret, each
    elif isinstance(value, list | tuple):
        for each in value:
            yield from under_secret_names(each, name)
    elif name:
        yield name, value


def secret_text(value: Any) -> str:
    """A single value as it stands in texts; empty if it is none that could be a secret, as `true` is not."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, str | int | float | date) and not isinstance(value, bool):
        return str(value)
    return ""


def is_secret_field(name: str) -> bool:
    """Whether a field of somebody else's database is likely to hold a secret: rather one too many."""
    return _FIELD.search(name) is not None and not _WHEN.search(name)


def without_codes(text: str) -> str:
    """The text with MASK for whatever looks like an activation code: groups of capitals and digits."""
    return _CODE.sub(MASK, text)


def whole_or_counted(text: str, most: int) -> str:
    """A text that is to be shown in brief: whole, or how long it is.

    It is not cut: what masks secrets later knows them whole, and would show the half of one.
    """
    return text if len(text) <= most else f"{len(text):,} letters"


class Redactor:
    """Takes the given secrets out of texts.

    A secret of fewer than four characters is left alone: it would take half of every text with it.
    A text must be redacted before it is escaped (as JSON, for a shell), else the secret is not seen.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        wanted = [form for secret in secrets for form in forms(secret).values()]
        self._finder = Finder(wanted)
        self._glance = Glance(wanted)

    def add(self, secret: str) -> None:
        """One more, while others may be redacting; only one at a time may add."""
        wanted = forms(secret).values()
        self._finder.add(wanted)
        self._glance.add(wanted)

    def touches(self, written: str) -> bool:
        """Whether a value may hold something to be taken out; `written` is its `canonical` text."""
        return self._glance.hits(written)

    def redact(self, text: str) -> str:
        """The text with MASK for each secret; where secrets overlap, one MASK covers all of them."""
        pieces: list[str] = []
        end = 0
        for start, form in self._finder.find(text):
            if start >= end:
                pieces += (text[end:start], MASK)
            end = max(end, start + len(form))
        return "".join(pieces) + text[end:]

    def redact_all(self, value: Any) -> Any:
        """The value with every text in it redacted, fit for JSON: bytes that are no UTF-8 are replaced.

        A text must be redacted before it is escaped (by JSON, by `repr`), hence the whole value at once. A
        number that is a secret as a whole is masked as well.
        """

        def shown(leaf: Any) -> Any:
            if isinstance(leaf, str):
                return self.redact(leaf).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            return MASK if self.redact(secret_text(leaf)) == MASK else leaf

        return _rewritten(value, shown)

    def mask_all(self, value: Any) -> Any:
        """The value with every text in it redacted, and else byte for byte as it was."""
        return _rewritten(value, lambda leaf: self.redact(leaf) if isinstance(leaf, str) else leaf)


def _rewritten(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, Mapping):
        return {_rewritten(key, change): _rewritten(each, change) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rewritten(each, change) for each in value]
    return change(value)


class Finder:
    """Finds texts of four or more characters in others; thousands of them cost hardly more than one."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self._by_start: dict[str, list[str]] = {}
        self._first: re.Pattern[str] | None = None
        self.add(wanted)

    def add(self, wanted: Iterable[str]) -> None:
        """More of them; whoever is finding meanwhile finds the old ones at least."""
        starts: dict[str, set[str]] = {}
        for each in wanted:
            if len(each) >= SHORTEST:
                starts.setdefault(each[:SHORTEST], set()).add(each)
        begins = {start[0] for start in self._by_start}
        for start, found in starts.items():
            self._by_start[start] = sorted({*found, *self._by_start.get(start, ())}, key=len, reverse=True)
        if not begins.issuperset(start[0] for start in starts):
            first = "".join(sorted({re.escape(start[0]) for start in self._by_start}))
            self._first = re.compile(f"[{first}]")

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """Every occurrence, also those that overlap, as its place and what was found.

        They come in the order of their places, and at one place the longest first.
        """
        if self._first is None:
            return
        for candidate in self._first.finditer(text):
            start = candidate.start()
            for each in self._by_start.get(text[start : start + SHORTEST], ()):
                if text.startswith(each, start):
                    yield start, each


class Glance:
    """Tells from the `canonical` text of a value whether any of the wanted texts may be in the value.

    JSON escapes each character by itself: what stands in a text of the value stands escaped in the whole.
    It may see more than there is, as in two values and what is between them.
    """

    def __init__(self, wanted: Iterable[str] = ()) -> None:
        self._finder = Finder(())
        self._starts: frozenset[str] = frozenset()
        self.add(wanted)

    def add(self, wanted: Iterable[str]) -> None:
        """More of them, as for Finder."""
        written = {json.dumps(each, ensure_ascii=False)[1:-1] for each in wanted if len(each) >= SHORTEST}
        self._finder.add(written)
        self._starts |= {each[:SHORTEST] for each in written}

    def hits(self, written: str) -> bool:
        """Whether any may be in the value that is written so."""
        starts = self._starts
        if len(starts) <= _FEW and not any(map(written.__contains__, starts)):
            return False
        return next(self._finder.find(written), None) is not None


def forms(secret: str) -> dict[str, str]:
    """How a secret is written, by the name of the way: as it is, as filters and shells write it, by lines.

    A diff shows a secret of several lines line by line, each marked. A secret that is too short has no forms.
    """
    if len(secret) < SHORTEST:
        return {}
    found = _spellings(secret)
    lines = secret.splitlines()
    for number, line in enumerate(lines if lines != [secret] else (), 1):
        if len(line) >= SHORTEST:
            found |= {f"{way}.{number}": text for way, text in _spellings(line).items()}
    return found


def _spellings(secret: str) -> dict[str, str]:
    return {
        "text": secret,
        "quoted": secret.replace("'", "'\"'\"'"),
        "escaped": secret.replace("'", "'\\''"),
        "ascii": json.dumps(secret)[1:-1],
        "json": json.dumps(secret, ensure_ascii=False)[1:-1],
        "repr": repr(secret)[1:-1],
        "base64": base64.b64encode(secret.encode("utf-8", "surrogateescape")).decode(),
    }
