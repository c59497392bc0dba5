"""`remediate` as a person runs it: in a process of its own, with its events read back."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PLAYBOOKS = Path(__file__).resolve().parents[1] / "playbooks"


@dataclass(frozen=True)
class Done:
    """A finished command."""

    code: int
    out: str
    err: str
    events: list[dict[str, Any]]

    def statuses(self, status: str) -> set[tuple[str, str]]:
        """Host and task of every event with this status."""
        return {(e["host"], e["task"]) for e in self.events if e.get("status") == status}

    @property
    def recap(self) -> dict[str, Any]:
        """The counts of each host."""
        assert self.events[-1]["event"] == "recap"
        hosts: dict[str, Any] = self.events[-1]["hosts"]
        return hosts


def remediate(tmp: Path, *words: str | Path) -> Done:
    """Run the command as a person would, in a process of its own; `words` may name another store."""
    events = tmp / "events.jsonl"
    events.unlink(missing_ok=True)
    name, *rest = map(str, words)
    own = ["--events", str(events), "--state-dir", str(tmp / "state")]
    line = [sys.executable, "-m", "remediate", name, *own, *rest]
    done = subprocess.run(line, capture_output=True, text=True, timeout=300, check=False)
    lines = events.read_text().splitlines() if events.exists() else []
    return Done(done.returncode, done.stdout, done.stderr, [json.loads(each) for each in lines])
