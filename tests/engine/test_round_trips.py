"""How many round trips a play takes: counted, for each of them is a host's whole latency."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from runs import Hosts, Ran, TestHost, play, prepare_run

from bench.work.state import make_state, pattern
from remediate.engine.events import Event, HostEnded
from remediate.engine.run import Run

WORK = Path(__file__).resolve().parents[2] / "bench" / "work"


class Counted:
    """A host that counts its round trips; the first one rides with the connection's opening."""

    def __init__(self) -> None:
        self.trips = self.parting = 0
        """Those that the run waits for before another host can begin, and those after that."""
        self.through = False
        """Whether the host's last task and its end have been told."""

    def host(self) -> Hosts:
        return Hosts(one=TestHost("one", before=self._note))

    def watch(self, _: Run, event: Event) -> None:
        self.through = self.through or isinstance(event, HostEnded)

    def _note(self, _scripts: Sequence[str]) -> None:
        if self.through:
            self.parting += 1
        else:
            self.trips += 1


def ran(folder: Path, text: str, **options: object) -> tuple[Ran, tuple[int, int]]:
    """A run of a playbook, as the command line would do it, and its round trips: see `Counted`."""
    counted = Counted()
    (folder / "root").mkdir(exist_ok=True)
    run, done = prepare_run(folder, text, hosts=counted.host(), watch=counted.watch, **options)  # type: ignore[arg-type]
    run.identity = folder.name
    done.recap = run.perform()
    assert not done.counts().failed, [task.message for task in done.tasks]
    return done, (counted.trips, counted.parting)


def work_in(folder: Path) -> dict[str, str]:
    """The ten steps of the benchmark beside a playbook in `folder`, and the host they find."""
    shutil.copytree(WORK / "templates", folder / "templates")
    (folder / "files").mkdir()
    (folder / "files" / "pattern.dat").write_text(pattern())
    make_state(folder / "state")
    return {"state": str(folder / "state")}


def test_ten_steps_take_few_round_trips(tmp_path: Path) -> None:
    """Converged: one that looks, and a parting one that gives the lock back; a dry run takes no lock.

    The first time, five changes go together; the console is asked once more, and what is behind waits.
    """
    variables = work_in(tmp_path)
    text = (WORK / "playbook.yaml").read_text()
    first, trips = ran(tmp_path, text, extra=variables)
    assert (first.counts().changed, trips) == (6, (4, 1))
    again, trips = ran(tmp_path, text, extra=variables)
    assert (again.counts().changed, trips) == (0, (1, 1))
    dry, trips = ran(tmp_path, text, extra=variables, dry_run=True)
    assert (dry.counts().changed, trips) == (0, (1, 0))


def test_fifty_files_take_one_round_trip(tmp_path: Path) -> None:
    """Lines that are as they should be in fifty files are all seen in one, and put there in one more."""
    tasks = "\n".join(
        f"- lineinfile: {{path: '{{{{ root }}}}/{number}', line: a line, create: true}}"
        for number in range(50)
    )
    first, trips = ran(tmp_path, play(tasks))
    assert (first.counts().changed, trips) == (50, (2, 1))
    again, trips = ran(tmp_path, play(tasks))
    assert (again.counts().ok, trips) == (50, (1, 1))
    assert ran(tmp_path, play(tasks), dry_run=True)[1] == (1, 0)
