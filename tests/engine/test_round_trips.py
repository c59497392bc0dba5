"""How many round trips a play takes: counted, for each of them is a host's whole latency."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from runs import Hosts, Ran, TestHost, play, prepare_run

from bench.work.state import make_state, pattern

WORK = Path(__file__).resolve().parents[2] / "bench" / "work"


class Counted:
    """A host that counts its round trips; the first one rides with the connection's opening."""

    def __init__(self) -> None:
        self.trips: list[tuple[str, ...]] = []

    def host(self) -> Hosts:
        return Hosts(one=TestHost("one", before=self._note))

    def _note(self, scripts: Sequence[str]) -> None:
        self.trips.append(tuple(scripts))


def ran(folder: Path, text: str, **options: object) -> tuple[Ran, int]:
    """A run of a playbook, as the command line would do it, and its round trips."""
    counted = Counted()
    (folder / "root").mkdir(exist_ok=True)
    run, done = prepare_run(folder, text, hosts=counted.host(), **options)
    run.identity = folder.name
    done.recap = run.perform()
    assert not done.counts().failed, [task.message for task in done.tasks]
    return done, len(counted.trips)


def work_in(folder: Path) -> dict[str, str]:
    """The ten steps of the benchmark beside a playbook in `folder`, and the host they find."""
    shutil.copytree(WORK / "templates", folder / "templates")
    (folder / "files").mkdir()
    (folder / "files" / "pattern.dat").write_text(pattern())
    make_state(folder / "state")
    return {"state": str(folder / "state")}


def test_ten_steps_take_few_round_trips(tmp_path: Path) -> None:
    """Converged: one that looks, and one that gives the lock back; a dry run takes no lock."""
    variables = work_in(tmp_path)
    text = (WORK / "playbook.yaml").read_text()
    first, _ = ran(tmp_path, text, extra=variables)
    assert first.counts().changed == 6
    again, trips = ran(tmp_path, text, extra=variables)
    assert (again.counts().changed, trips) == (0, 2)
    dry, trips = ran(tmp_path, text, extra=variables, dry_run=True)
    assert (dry.counts().changed, trips) == (0, 1)


def test_fifty_files_take_one_round_trip(tmp_path: Path) -> None:
    """Lines that are as they should be in fifty files are all seen in one; the lock's end is another."""
    tasks = "\n".join(
        f"- lineinfile: {{path: '{{{{ root }}}}/{number}', line: a line, create: true}}"
        for number in range(50)
    )
    ran(tmp_path, play(tasks))
    again, trips = ran(tmp_path, play(tasks))
    assert (again.counts().ok, trips) == (50, 2)
    assert ran(tmp_path, play(tasks), dry_run=True)[1] == 1
