"""The name that was meant by one that is mistyped."""

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """A cure that names the known name most like this one, or None if nothing comes near it."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

    found = get_close_matches(name, sorted(known), n=1)
    return f"did you mean '{found[0]}'?" if found else None
