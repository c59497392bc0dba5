"""The worlds of a lab's servers, byte by byte: what a dry run may and may not do to them."""

import json
from collections import Counter

from remediate.lab import LabFleet

QUESTIONS = {"show tasks", "show server"}
"""The console commands that change nothing."""

Bytes = dict[str, tuple[int, bytes]]
"""Mode and content of files, by their paths."""


def bytes_of(fleet: LabFleet) -> Bytes:
    """Mode and content of everything in every server's world, by path."""
    found = {}
    root = fleet.paths.directory / "hosts"
    for path in sorted(root.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(root))] = (path.lstat().st_mode, content)
    return found


def changes_between(before: Bytes, after: Bytes) -> set[str]:
    """The paths that differ; a console log that has only grown, by answers, is as it was."""
    return {
        path
        for path in before.keys() | after.keys()
        if before.get(path) != after.get(path) and not _has_grown(path, before.get(path), after.get(path))
    }


def _has_grown(path: str, before: tuple[int, bytes] | None, after: tuple[int, bytes] | None) -> bool:
    if not path.endswith("console.log") or after is None:
        return False
    return before is None or (before[0] == after[0] and after[1].startswith(before[1]))


def all_commands(fleet: LabFleet) -> Counter[str]:
    """How often each console command was received, on all servers together; without what a `>` leads to."""
    sent: Counter[str] = Counter()
    for journal in (fleet.paths.directory / "run").rglob("commands.jsonl"):
        lines = journal.read_text().splitlines()
        sent.update(json.loads(line)["command"].split(" >")[0] for line in lines)
    return sent
