"""Records made readable whose own names and words were taken for secrets, as older versions did."""

import json
import re
from collections.abc import Mapping
from typing import Any

from remediate.secrecy import MASK
from remediate.store.journal import ENDED, INTENT, RESUMED, TASK

_UNKNOWN = "?"
HEAD = "head"
"""What a run was begun with, beside the kinds of records."""

_WHO = dict.fromkeys(("began", "user", "machine", "version"), _UNKNOWN)
_COUNTED = ("ok", "changed", "failed", "skipped", "unreachable", "unknown", "ignored", "rescued")
_COUNTS: Mapping[str, Any] = {**dict.fromkeys(_COUNTED, 0), "stopped": False}
_PLAN: Mapping[str, Any] = {"plan_file": _UNKNOWN, "approved_by": ()}
_BLANK: Mapping[str, Mapping[str, Any]] = {
    HEAD: {**_WHO, **dict.fromkeys(("playbooks", "inventories", "tags", "skip_tags"), ()), "limit": ""},
    RESUMED: _WHO,
    INTENT: {"task": _UNKNOWN, "change": _UNKNOWN},
    TASK: {
        **dict.fromkeys(("event", "host", "play", "task", "place", "module"), _UNKNOWN),
        **{"status": "unknown", "certainty": "unknown", "diff": "", "effects": (), "message": ""},
        **{"seconds": 0.0, "attempts": 1, "ignored": False, "rescued": False},
    },
    ENDED: {"event": _UNKNOWN, "dry_run": False, "interrupted": False, "seconds": None, "hosts": {}},
}
"""The fields that each kind has, and what stands for one of which nothing is known."""
_WORDS = frozenset({"status", "certainty"})
"""Texts that programs know."""


def mended(kind: str, text: str) -> dict[str, Any]:
    """A record of this kind, from its text; only one with a mask in it can be damaged."""
    found: dict[str, Any] = json.loads(text)
    if MASK not in text or kind not in _BLANK:
        return found
    found = _with_fields(found, {**_BLANK[kind], **(_PLAN if "plan" in found else {})})
    if kind == ENDED:
        found["hosts"] = {host: _with_fields(counts, _COUNTS) for host, counts in found["hosts"].items()}
    return found


def _with_fields(found: Mapping[str, Any], blank: Mapping[str, Any]) -> dict[str, Any]:
    """The fields under the names that they had, and blank ones for what is not known any more."""
    masked = [name for name in found if MASK in name]
    missing = [name for name in blank if masked and name not in found]
    names = {name: _name_of(name, missing) for name in masked}
    named = {names.get(name, name): value for name, value in found.items()}
    for name, value in named.items():
        is_masked = isinstance(value, str) and MASK in value
        if is_masked and (name in _WORDS or not isinstance(blank.get(name, ""), str)):
            named[name] = blank[name]
    return {**{name: blank[name] for name in missing}, **named}


def _name_of(masked: str, missing: list[str]) -> str:
    """The one name that may have been masked so; as it is if there is not just one."""
    pattern = ".{4,}".join(map(re.escape, masked.split(MASK)))
    fitting = [name for name in missing if re.fullmatch(pattern, name)]
    return fitting[0] if len(fitting) == 1 else masked
