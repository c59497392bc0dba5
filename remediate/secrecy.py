"""What must never be shown: which variables hold secrets, and how a text is rid of their values."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

MASK = "********"
"""What stands in the place of a secret."""

_SUFFIXES = ("_password", "_passwd", "_pass", "_passphrase", "_secret", "_token", "_activation_code")
_SHORTEST = 4
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


def is_secret_name(name: str) -> bool:
    """Whether a variable of this name holds a secret, such as `ansible_become_password` or `password`."""
    return f"_{name.lower()}".endswith(_SUFFIXES)


def is_secret_field(name: str) -> bool:
    """Whether a field of somebody else's database is likely to hold a secret: rather one too many."""
    return _FIELD.search(name) is not None and not _WHEN.search(name)


def without_codes(text: str) -> str:
    """The text with MASK for whatever looks like an activation code: groups of capitals and digits."""
    return _CODE.sub(MASK, text)


class Redactor:
    """Takes the given secrets out of texts.

    A secret of fewer than four characters is left alone: it would take half of every text with it.
    A text must be redacted before it is escaped (as JSON, for a shell), else the secret is not seen.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
        self._secrets = tuple(sorted(known, key=lambda secret: (-len(secret), secret)))

    def redact(self, text: str) -> str:
        """The text with MASK for each secret; where secrets overlap, one MASK covers all of them."""
        spans = sorted(chain.from_iterable(_occurrences(text, secret) for secret in self._secrets))
        pieces: list[str] = []
        end = 0
        for start, stop in spans:
            if start >= end:
                pieces += (text[end:start], MASK)
            end = max(end, stop)
        return "".join(pieces) + text[end:]

    def redact_all(self, value: Any) -> Any:
        """The value with every text in it redacted, fit for JSON: bytes that are no UTF-8 are replaced.

        A text must be redacted before it is escaped (by JSON, by `repr`), hence the whole value at once.
        """
        if isinstance(value, str):
            return self.redact(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        if isinstance(value, Mapping):
            return {self.redact_all(key): self.redact_all(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.redact_all(each) for each in value]
        return value


def _forms(secret: str) -> Iterable[str]:
    """The secret itself, and as filters and shells write it: quoted, as JSON, in base64."""
    data = secret.encode("utf-8", "surrogateescape")
    yield secret
    yield secret.replace("'", "'\"'\"'")
    yield secret.replace("'", "'\\''")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield base64.b64encode(data).decode()


def _occurrences(text: str, secret: str) -> Iterable[tuple[int, int]]:
    start = text.find(secret)
    while start >= 0:
        yield start, start + len(secret)
        start = text.find(secret, start + 1)
