"""What must never be shown: which variables hold secrets, and how a text is rid of their values."""

from collections.abc import Iterable
from itertools import chain

MASK = "********"
"""What stands in the place of a secret."""

_SUFFIXES = ("_password", "_passwd", "_pass", "_passphrase", "_secret", "_token", "_activation_code")
_SHORTEST = 4


def is_secret_name(name: str) -> bool:
    """Whether a variable of this name holds a secret, such as `ansible_become_password` or `password`."""
    return f"_{name.lower()}".endswith(_SUFFIXES)


class Redactor:
    """Takes the given secrets out of texts.

    A secret of fewer than four characters is left alone: it would take half of every text with it.
    A text must be redacted before it is escaped (as JSON, for a shell), else the secret is not seen.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {secret for secret in secrets if len(secret) >= _SHORTEST}
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


def _occurrences(text: str, secret: str) -> Iterable[tuple[int, int]]:
    start = text.find(secret)
    while start >= 0:
        yield start, start + len(secret)
        start = text.find(secret, start + 1)
