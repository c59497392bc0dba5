"""`python bench/answering.py ANSWERS run ...`: `remediate run ...` on hosts that answer what was recorded."""

import pickle
import sys
from collections.abc import Sequence
from pathlib import Path

from remediate.cli import running
from remediate.cli.main import main as remediate
from remediate.facts.base import Output
from remediate.hosts.host import Host
from remediate.hosts.target import Become, Target


class Answering:
    """Answers as the recorded host did, under its own name."""

    def __init__(self, name: str, recorded: str, answers: list[list[Output]]) -> None:
        self.name = name
        self._recorded = recorded.encode()
        self._answers = iter(answers)

    def ask(self, scripts: Sequence[str], *, become: Become | None = None, deadline: float) -> list[Output]:
        """What comes next; it is an error if something else is asked."""
        outputs = next(self._answers, [])
        if len(outputs) != len(scripts):
            what = f"{self.name} was asked {len(scripts)} questions, recorded are {len(outputs)}"
            raise RuntimeError(what)
        own = self.name.encode()
        return [
            Output(status=each.status, stdout=each.stdout.replace(self._recorded, own), stderr=each.stderr)
            for each in outputs
        ]

    def close(self) -> None:
        """Nothing is open."""


def main() -> int:
    """Run `remediate` with the rest of the command line."""
    recorded, answers = pickle.loads(Path(sys.argv[1]).read_bytes())  # noqa: S301 - written by bench/simulated.py

    class Fleet:
        def host(self, target: Target) -> Host:
            return Answering(target.name, recorded, answers)  # type: ignore[return-value]

    setattr(running, "Fleet", Fleet)  # noqa: B010
    return remediate(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
