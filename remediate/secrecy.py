"""What must never be shown: which variables hold secrets, and how a text is rid of their values."""

import base64
import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from remediate.finder import SHORTEST, Finder, Glance

MASK = "********"
"""What stands in the place of a secret."""

MARK = "$secret"
"""The one key of an object that stands for a Secret where values are kept as JSON."""

_ONE = (
    *("password", "passphrase", "apikey", "_passwd", "_passcode", "_secret", "_token", "_activation_code"),
    *("_api_key", "_access_key", "_encryption_key", "_private_key", "_secret_key"),
)
_SUFFIXES = (*_ONE, *(f"{name}s" for name in _ONE), "_pass")
_FIELD = re.compile(
    r"(?i)passw|secret|token|activation|serial|licen[cs]e_?(key|code)|regist\w{0,99}(key|code)|^(ac|rk|key)$"
)
_WORD = re.compile(r"\w+")
_WHEN = re.compile(r"(?i)expir|until$|date$")
_GROUPS = re.compile(r"\b[A-Z0-9]{2,8}(?:-[A-Z0-9]{4,8}){3,}\b")
_TO_DIGIT = re.compile(r"[A-Z-]*+[0-9]?")


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
    lower = name.lower()
    return f"_{lower}".endswith(_SUFFIXES) or lower.endswith("_pwd")  # `PWD` is a directory


def quoted_unless_secret(part: str, whole: str) -> str:
    """A part of what somebody wrote, in quotes; of what names a secret, the name alone."""
    name = next(filter(is_secret_name, _WORD.findall(whole)), None)
    return f"'{part}'" if name is None else f"what stands beside '{name}'"


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
    pieces: list[str] = []
    end = looked = 0
    has_digit = False
    for groups in _GROUPS.finditer(text):
        if groups.start() >= looked:  # else the same digit, or none, comes next
            next_digit = _TO_DIGIT.match(text, groups.start())
            assert next_digit is not None  # noqa: S101 - it matches anything
            looked, has_digit = next_digit.end(), next_digit[0][-1:].isdigit()
        if has_digit:
            pieces += (text[end : groups.start()], MASK)
            end = groups.end()
    return "".join(pieces) + text[end:]


def whole_or_counted(text: str, most: int) -> str:
    """A text that is to be shown in brief: whole, or how long it is.

    It is not cut: what masks secrets later knows them whole, and would show the half of one.
    """
    return text if len(text) <= most else f"{len(text):,} letters"


def end_of(text: str, most: int = 300) -> str:
    """The last lines of a text in one line, as many as fit; each is whole or counted, as above."""
    kept: list[str] = []
    room = most
    for line in filter(None, (" ".join(each.split()) for each in reversed(text.splitlines()))):
        if kept and len(line) > room:
            break
        kept.insert(0, whole_or_counted(line, most))
        room -= len(line) + 1
    return " ".join(kept)


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
                return _decodable(self.redact(leaf))
            return MASK if self.redact(secret_text(leaf)) == MASK else leaf

        return _rewritten(value, shown)

    def redact_record(self, record: Mapping[str, Any], own: Container[str]) -> dict[str, Any]:
        """A record of ours, fit for JSON: what others wrote in it is redacted, and can have secrets as keys.

        The names of its fields stay, and the values of those that are our `own`: a secret that is one of our
        words would else take the sense out of the record.
        """
        return {
            name: _rewritten(value, _decodable) if name in own else self.redact_all(value)
            for name, value in record.items()
        }

    def mask_all(self, value: Any) -> Any:
        """What `effects.codec` wrote, with every text in it redacted, and else byte for byte as it was."""

        def masked(leaf: Any) -> Any:
            return self.redact(leaf) if isinstance(leaf, str) else leaf

        return _rewritten(value, masked, coded=True)


def is_of_codec(value: Mapping[Any, Any]) -> bool:
    """Whether an object is one that `effects.codec` writes for what JSON has no kind for.

    Its keys are our names then, and under `$` is the name of a class.
    """
    return any(isinstance(key, str) and key.startswith("$") for key in value)


def _decodable(leaf: Any) -> Any:
    if isinstance(leaf, str):
        return leaf.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return leaf


def _rewritten(value: Any, change: Callable[[Any], Any], *, coded: bool = False) -> Any:
    """The value with each single value in it changed, keys too; but no name of ours in what is `coded`."""
    if isinstance(value, Mapping):
        if coded and is_of_codec(value):
            return {
                key: each if key == "$" else _rewritten(each, change, coded=True)
                for key, each in value.items()
            }
        return {_rewritten(key, change): _rewritten(each, change, coded=coded) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rewritten(each, change, coded=coded) for each in value]
    return change(value)


def forms(secret: str) -> dict[str, str]:
    """How a secret is written, by the name of the way: its `spellings`, and within a text in base64."""
    found = spellings(secret)
    texts = [(way, text) for way, text in found.items() if way.startswith("text")]
    return found | {f"{way}in{at}": part for way, text in texts for at, part in _in_base64(text)}


def spellings(secret: str) -> dict[str, str]:
    """How a secret is written by itself: as it is, as filters and shells write it, by lines.

    A diff shows a secret of several lines line by line, each marked; a message may fold its lines and blanks.
    A secret that is too short has no forms.
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
        "folded": " ".join(secret.split()),
    }


def _in_base64(secret: str) -> Iterator[tuple[int, str]]:
    """What base64 makes of a secret in a larger text, for each place in a group of three bytes.

    A digit at the edge that tells of a byte beside the secret as well is left out: it may be any.
    """
    data = secret.encode("utf-8", "surrogateescape")
    for before in range(3):
        written = base64.b64encode(bytes(before) + data).decode().rstrip("=")
        first, end = -(-before * 8 // 6), (before + len(data)) * 8 // 6
        if end - first >= SHORTEST:
            yield before, written[first:end]
