"""One run with faults: begun, cut off at drawn moments, resumed until it is through, and looked at."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from chaos.world import PLAYBOOK, Tree, World, ended
from remediate.errors import UsageError
from remediate.review.resuming import can_go_on
from remediate.store.history import KeptRun, open_history, unfinished
from remediate.store.journal import ENDED, INTENT

Kind = Literal["kill", "cut one", "cut all", "hang"]
KINDS: Sequence[Kind] = ("kill", "kill", "cut one", "cut all", "hang")
Stage = Literal["before the first change", "in a change", "between changes", "at the end"]

_MOST_PARTS = 8
"""How often a run is gone on with before it counts as stuck."""
_LONGEST = 180.0
# Where a server may hang it is given up sooner, or hardly anything else would be seen in the time there is.
_HASTY = """
import sys
from remediate.cli.main import main
from remediate.hosts import pulse
pulse.QUIET, pulse.PATIENCE = 2.0, 6.0
sys.exit(main())
"""
NOTHING_TO_RESUME = 1


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happened, when (seconds after the controller was started), and what the run was doing."""

    kind: Kind
    second: float
    stage: Stage


@dataclass(kw_only=True)
class Outcome:
    """What came of a trial. `wrong` has what must not be, in words; `missed`: it ended before its fault."""

    seed: str
    faults: list[Fault] = field(default_factory=list)
    resumes: int = 0
    begun_anew: int = 0
    seconds: float = 0.0
    missed: bool = False
    hanging: list[int] = field(default_factory=list)
    """Processes of the server that were stopped; when all is over they go on with what they were sent."""
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What is on each host after a run without any fault, and after that was taken back."""

    done: Mapping[str, Tree]
    undone: Mapping[str, Tree]


def undisturbed(world: World) -> tuple[Expected, float]:
    """What a run without any fault leaves on each host, and how long it takes.

    Raises:
        RuntimeError: it fails.
    """
    began = time.monotonic()
    with _controller(world, "run") as process:
        code = process.wait(_LONGEST)
    seconds = time.monotonic() - began
    wrong = _left_over(world)
    if code or wrong:
        raise RuntimeError(f"the undisturbed run ended with {code}: {wrong}\n{_said(world)}")
    done = world.trees()
    with _controller(world, "undo", "1") as process:
        code = process.wait(_LONGEST)
    if code or (wrong := _left_over(world)):
        raise RuntimeError(f"taking it back undisturbed ended with {code}: {wrong}\n{_said(world)}")
    return Expected(done=done, undone=world.trees()), seconds


def trial(world: World, seed: str, expected: Expected, length: float) -> Outcome:
    """Disturb one run of about that length at moments drawn from the seed, and compare what is left.

    Then it is taken back, by an undo that is killed, too.
    """
    draw = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    outcome = Outcome(seed=seed)
    faults = draw.choices((1, 2, 3), (6, 3, 1))[0]
    began = time.monotonic()
    word = "run"
    for _ in range(_MOST_PARTS):
        moments = sorted(draw.uniform(0, length) for _ in range(faults - len(outcome.faults)))
        with _controller(world, word, hasty=True) as process:
            killed = _disturb(world, process, moments, draw, outcome)
            code = None if killed else ended(process, _LONGEST)
            if code is None and not killed:
                outcome.wrong.append(f"it was not through after {_LONGEST:g} s")
                process.kill()
                break
        if code == 0:
            break
        if word == "resume" and code == NOTHING_TO_RESUME:
            runs = _runs(world)
            if runs and not can_go_on(runs[-1]):
                break  # it was killed when all was done
            if not runs:
                word = "run"
                outcome.begun_anew += 1
                outcome.wrong += [
                    f"{host}: touched, and not known" for host in world.hosts if world.lines(host)
                ]
                continue
        word = "resume"
        outcome.resumes += 1
    else:
        outcome.wrong.append(f"it was not through after {_MOST_PARTS} parts")
    for process in outcome.hanging:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGCONT)
    outcome.seconds = time.monotonic() - began
    outcome.missed = not outcome.faults
    left = _left_over(world)
    outcome.wrong += _differences(world, expected.done) + left
    if not outcome.wrong:
        _take_back(world, draw.uniform(0, length / 2))
        outcome.wrong += _differences(world, expected.undone) + _left_over(world)
    if outcome.wrong:
        outcome.wrong.append(_said(world))
    return outcome


def _take_back(world: World, moment: float) -> None:
    """Take the last run back, by a controller that is killed at that moment, and then by another one."""
    number = str(_runs(world)[-1].number)
    with _controller(world, "undo", number) as process:
        if ended(process, moment) is None:
            os.killpg(process.pid, signal.SIGKILL)
    with _controller(world, "undo", number) as process:
        process.wait(_LONGEST)


def _disturb(
    world: World,
    process: "subprocess.Popen[bytes]",
    moments: Sequence[float],
    draw: random.Random,
    outcome: Outcome,
) -> bool:
    """Let the faults happen at their moments, as long as the process runs; whether it was killed."""
    began = time.monotonic()
    for moment in moments:
        kind, which = draw.choice(KINDS), draw.randrange(100)
        if ended(process, began + moment - time.monotonic()) is not None:
            return False
        if kind == "kill":
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            outcome.faults.append(Fault(kind=kind, second=moment, stage=_stage(world)))
            return True
        stage = _stage(world)
        if kind == "hang":
            hanging = world.hang(which)
            outcome.hanging += hanging
            outcome.faults += [Fault(kind=kind, second=moment, stage=stage)] if hanging else []
        elif world.cut(which if kind == "cut one" else None):
            outcome.faults.append(Fault(kind=kind, second=moment, stage=stage))
    return False


def _runs(world: World) -> Sequence[KeptRun]:
    try:
        with open_history(world.state) as history:
            return history.runs()
    except UsageError:
        return ()


def _stage(world: World) -> Stage:
    """What the store says the run is doing at this moment."""
    try:
        with open_history(world.state) as history:
            runs = history.runs()
            records = history.records(runs[-1].number) if runs else ()
    except UsageError:
        records = ()
    if not any(record.kind == INTENT for record in records):
        return "before the first change"
    if any(record.kind == ENDED for record in records[-1:]):
        return "at the end"
    return "in a change" if unfinished(records) else "between changes"


def _differences(world: World, expected: Mapping[str, Tree]) -> list[str]:
    """How the hosts differ from those of an undisturbed run."""
    trees = world.trees()
    return [
        f"{host}: {name}: {_shown(trees[host].get(name))} instead of {_shown(wanted.get(name))}"
        for host, wanted in expected.items()
        for name in sorted(wanted.keys() | trees[host].keys())
        if wanted.get(name) != trees[host].get(name)
    ]


def _shown(content: bytes | None) -> str:
    if content is None:
        return "nothing"
    text = content.decode(errors="replace")
    return repr(text) if len(text) < 400 else f"{len(text)} letters"


def _left_over(world: World) -> list[str]:
    """What no run may leave behind."""
    with open_history(world.state) as history:
        altered = history.altered()
        # An undo that was killed when all was done is not gone on with.
        open_ends = [run.number for run in history.runs() if run.ended is None and "undoes" not in run.head]
    processes = world.processes()  # who is still at work may leave more
    return [
        *(f"a lock is left: {path}" for path in world.locks()),
        *(f"a process is left: {words}" for words in processes),
        *([f"the history is altered: {altered}"] if altered else []),
        *(f"run {number} has no end in the history" for number in open_ends),
    ]


def _controller(world: World, *words: str, hasty: bool = False) -> "subprocess.Popen[bytes]":
    if words == ("run",):
        words = ("run", str(PLAYBOOK), "-i", str(world.inventory))
    with (world.folder / "said").open("ab") as said:
        return subprocess.Popen(
            [
                sys.executable,
                *(("-c", _HASTY) if hasty else ("-m", "remediate")),
                *words,
                "--state-dir",
                str(world.state),
            ],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )


def _said(world: World) -> str:
    return (world.folder / "said").read_text(errors="replace")
