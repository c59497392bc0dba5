"""`python bench/profiled.py time|memory OUT run ...`: `remediate run ...`, and where CPU or memory went."""

import sys
import threading
import tracemalloc
from pathlib import Path

_MOST = 25
_EVERY = 0.5


def main() -> int:
    """Run it, profiled; its exit code."""
    kind, out, words = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    return _timed(out, words) if kind == "time" else _weighed(out, words)


def _timed(out: Path, words: list[str]) -> int:
    import yappi  # noqa: PLC0415 - in the bench's own environment

    yappi.set_clock_type("cpu")
    yappi.start(builtins=False)
    from remediate.cli.main import main as remediate  # noqa: PLC0415 - what is loaded takes time, too

    code = remediate(words)
    yappi.stop()
    stats = yappi.get_func_stats()
    rows = (
        (each.module, each.lineno, each.name, f"{each.tsub:.6f}", f"{each.ttot:.6f}", each.ncall)
        for each in stats
    )
    out.write_text("".join("\t".join(map(str, row)) + "\n" for row in rows))
    return code


def _weighed(out: Path, words: list[str]) -> int:
    tracemalloc.start()
    from remediate.cli.main import main as remediate  # noqa: PLC0415

    over, largest = threading.Event(), _Largest()
    watching = threading.Thread(target=largest.watch, args=(over,))
    watching.start()
    code = remediate(words)
    over.set()
    watching.join()
    out.write_text(largest.text)
    return code


class _Largest:
    """What was held when more was held than ever before, looked at now and then."""

    def __init__(self) -> None:
        self.text = ""
        self._size = 0

    def watch(self, over: threading.Event) -> None:
        """Look until it is over."""
        while not over.wait(_EVERY):
            size, _ = tracemalloc.get_traced_memory()
            if size > self._size * 1.05:
                self._size = size
                self.text = _heaviest()


def _heaviest() -> str:
    found = tracemalloc.take_snapshot().statistics("lineno")[:_MOST]
    rows = (
        (each.size, each.count, f"{each.traceback[0].filename}:{each.traceback[0].lineno}") for each in found
    )
    return "".join("\t".join(map(str, row)) + "\n" for row in rows)


if __name__ == "__main__":
    sys.exit(main())
