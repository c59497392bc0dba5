"""Changes of several tasks that go to a host as one script: it is as if each task had sent its own."""

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from local_host import tree
from playbooks_at_random import PLAIN_TREES, TASKS, Found, grow, playbook
from runs import Hosts, Ran, TestHost, perform, play, prepare_run

from remediate.derived import Derived
from remediate.effects.base import Effect
from remediate.engine.events import Warned
from remediate.engine.memory import Memory
from remediate.engine.past import Change
from remediate.engine.warrant import Anything
from remediate.errors import ConnectionLost, DeadlinePassed, NotPlanned, ShellEnded, TaskFailed, Unreachable
from remediate.facts.base import Output
from remediate.hosts.target import Become

Runner = Callable[..., Ran]

FOUR = """
- {name: line, lineinfile: {path: "{{ root }}/f", line: b, create: true}}
- {name: made, file: {path: "{{ root }}/d", state: directory}}
- {name: in it, copy: {dest: "{{ root }}/d/g", content: x}, register: put}
- {name: again, lineinfile: {path: "{{ root }}/f", line: c}, when: v is defined}
"""


class Line(TestHost):
    """A host that notes the scripts of changes that it gets, and whose connection may break over one."""

    def __init__(self, name: str = "one", **breaks: Any) -> None:
        super().__init__(name)
        self.changes: list[int] = []
        """Of each round trip that changes something, how many changes go with it."""
        self._at = breaks.get("at", 0)
        self._error: Exception | None = breaks.get("error")
        self._after: bool = breaks.get("after", False)

    def ask(self, scripts: Sequence[str], *, become: Become | None = None, deadline: float) -> list[Output]:
        count = re.search(r"echo (\d+) \w+\n\Z", scripts[0])
        if count is None and ".remediate-" not in scripts[0] and "mkdir " not in scripts[0]:
            return super().ask(scripts, become=become, deadline=deadline)
        self.changes.append(int(count[1]) if count else 1)
        breaks = self._error if len(self.changes) == self._at else None
        if breaks is not None and not self._after:
            raise breaks
        outputs = super().ask(scripts, become=become, deadline=deadline)
        if breaks is not None:
            raise breaks
        return outputs


def went(run: Runner, tasks: str, **settings: Any) -> list[int]:
    """How many changes went to the host with each script."""
    host = Line()
    run(play(tasks), hosts=Hosts(one=host), **settings)
    return host.changes


def test_what_is_certain_goes_together(run: Runner, root: Path) -> None:
    """Also a file in a directory that is made on the way, and the same file twice."""
    (root / "f").write_text("a\n")
    host = Line()
    ran = run(play(FOUR), hosts=Hosts(one=host), extra={"v": 1})
    assert host.changes == [4]
    assert (root / "f").read_text() == "a\nb\nc\n"
    assert [(each.task, each.status) for each in ran.tasks] == [
        ("line", "changed"),
        ("made", "changed"),
        ("in it", "changed"),
        ("again", "changed"),
    ]
    assert "\n+c\n" in ran.of("again").diff
    assert "\n+b\n" not in ran.of("again").diff


def test_all_items_of_a_loop_go_together(run: Runner, root: Path) -> None:
    """And with them what comes behind the loop."""
    tasks = """
- {name: many, copy: {dest: "{{ root }}/{{ item }}", content: "{{ item }}"}, loop: [a, b, c]}
- {name: last, copy: {dest: "{{ root }}/d", content: x}}
"""
    assert went(run, tasks) == [4]
    assert (root / "c").read_text() == "c"


ENDS = {
    "a command": "- command: {argv: [touch, '{{ root }}/x']}",
    "a question that nobody has asked": "- stat: {path: '{{ root }}/q/{{ put.dest | basename }}'}",
    "a look at the host by a command": "- command: {cmd: 'true', read_only: true}",
    "a pause": "- pause: {seconds: 0}",
    "a failure": "- fail: {msg: no}",
    "a template that fails": "- debug: {msg: '{{ nowhere }}'}",
    "a block with a rescue": "- block: [{debug: {msg: x}}]\n  rescue: [{debug: {msg: x}}]",
    "one that is judged": "- {file: {path: '{{ root }}/j', state: directory}, failed_when: false}",
    "one that is tried again": "- {file: {path: '{{ root }}/j', state: directory}, retries: 2}",
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_what_is_not_certain_ends_a_convoy(end: str, run: Runner, root: Path) -> None:
    """What comes behind it goes later, or never."""
    tasks = f"""
- copy: {{dest: "{{{{ root }}}}/a", content: x}}
- {{copy: {{dest: "{{{{ root }}}}/b", content: x}}, register: put}}
{end}
- copy: {{dest: "{{{{ root }}}}/y", content: x}}
- copy: {{dest: "{{{{ root }}}}/z", content: x}}
"""
    went_so = went(run, tasks)
    assert went_so[0] == 2
    assert len(went_so) == 1 or (root / "z").exists()


def test_a_result_that_is_certain_is_no_end(run: Runner, root: Path) -> None:
    """That a change will have been one is known, if it goes well; so is what it will have left."""
    (root / "a").write_text("old")
    tasks = """
- copy: {dest: "{{ root }}/a", content: x}
- {copy: {dest: "{{ root }}/b", content: "x\n"}, register: put}
- {stat: {path: "{{ root }}/b"}, register: found}
- {lineinfile: {path: "{{ root }}/a", line: "{{ found.stat.size }}"}, when: put.changed}
"""
    assert went(run, tasks) == [3]
    assert (root / "a").read_text() == "x\n2\n"


def test_a_plain_block_is_no_end(run: Runner, root: Path) -> None:
    """Neither where it begins nor where it ends."""
    tasks = """
- copy: {dest: "{{ root }}/a", content: x}
- block:
    - copy: {dest: "{{ root }}/b", content: x}
- copy: {dest: "{{ root }}/c", content: x}
"""
    assert went(run, tasks) == [3]


def test_a_rescue_comes_before_what_is_behind_its_block(run: Runner, root: Path) -> None:
    """A block that may be rescued goes alone, so nothing behind it is done before the rescue."""
    (root / "d").write_text("in the way")
    tasks = """
- block:
    - copy: {dest: "{{ root }}/a", content: x}
    - copy: {dest: "{{ root }}/b", content: x}
  rescue: [{debug: {msg: x}}]
- copy: {dest: "{{ root }}/c", content: x}
"""
    assert went(run, tasks) == [2, 1]


def test_what_fails_ends_the_script(run: Runner, root: Path) -> None:
    """What went before it is done and told, what comes after it never was; the journal tells them apart."""
    (root / "f").write_text("a\n")
    (root / "h").write_text("as it was\n")

    def meddle(_scripts: Sequence[str]) -> None:
        if host.changing:
            (root / "h").write_text("theirs\n")

    tasks = """
- {name: first, lineinfile: {path: "{{ root }}/f", line: b}}
- {name: second, lineinfile: {path: "{{ root }}/h", line: b}}
- {name: third, copy: {dest: "{{ root }}/g", content: x}}
"""
    host = TestHost("one", before=meddle)
    ran = run(play(tasks), hosts=Hosts(one=host))
    assert [(each.task, each.status) for each in ran.tasks] == [("first", "changed"), ("second", "failed")]
    assert "its content has changed" in ran.of("second").message
    assert ran.of("second").effects == ()
    assert not (root / "g").exists()
    outcomes = [said for word, said in ran.journal.lines if word == "conclude"]
    assert outcomes == [(1, "done"), (2, "Drifted"), (3, "not sent")]


def test_behind_what_may_fail_it_goes_on(run: Runner, root: Path) -> None:
    """What was not sent because one before it failed, and that was ignored, is decided and sent anew."""

    def meddle(_scripts: Sequence[str]) -> None:
        if host.changing:
            (root / "h").touch()

    tasks = """
- {name: first, copy: {dest: "{{ root }}/h", content: x}, ignore_errors: true}
- {name: second, copy: {dest: "{{ root }}/g", content: x}}
- {name: third, copy: {dest: "{{ root }}/i", content: x}}
"""
    host = TestHost("one", before=meddle)
    ran = run(play(tasks), hosts=Hosts(one=host))
    assert [each.status for each in ran.tasks] == ["failed", "changed", "changed"]
    assert (root / "h").read_text() == ""
    assert (root / "i").read_text() == "x"


LOST = [ConnectionLost("lost"), ShellEnded("the shell ended")]


@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("after", [False, True])
def test_a_convoy_that_is_lost_is_found_again(after: bool, error: Exception, run: Runner, root: Path) -> None:
    """Whether it was carried out or not: each change is made once, and is its task's."""
    (root / "f").write_text("a\n")
    host = Line(at=1, error=error, after=after)
    ran = run(play(FOUR), hosts=Hosts(one=host), extra={"v": 1})
    assert (root / "f").read_text() == "a\nb\nc\n"
    assert (root / "d" / "g").read_text() == "x"
    assert [each.status for each in ran.tasks] == ["changed"] * 4
    assert host.changes == ([4] if after else [4, 1, 1, 1, 1])


@pytest.mark.parametrize("after", [False, True])
def test_a_convoy_that_takes_too_long_is_a_failure(after: bool, run: Runner, root: Path) -> None:
    """What hung may be at work still, so nothing goes on beside it; what was made is taken back."""
    (root / "f").write_text("a\n")
    host = Line(at=1, error=DeadlinePassed("no answer within 60 s"), after=after)
    text = play(FOUR, more="  undo_on_failure: true\n")
    ran = run(text, hosts=Hosts(one=host), extra={"v": 1})
    assert host.changes[:1] == [4]
    assert ran.of("line").status == "failed"
    assert "4 changes went together" in ran.of("line").message
    assert "made" not in ran.names()
    assert [each.name for each in root.iterdir()] == ["f"]
    assert (root / "f").read_text() == "a\n"


def test_what_a_lost_convoy_has_made_can_be_taken_back(run: Runner, root: Path) -> None:
    """It is among what the play has done, although nobody saw it being done."""
    (root / "f").write_text("a\n")
    host = Line(at=1, error=ConnectionLost("lost"), after=True)
    tasks = FOUR + "- {name: nope, command: 'false'}\n"
    ran = run(play(tasks, more="  undo_on_failure: true\n"), hosts=Hosts(one=host), extra={"v": 1})
    assert ran.outcomes() == {"one": "failed"}
    assert (root / "f").read_text() == "a\n"
    assert [each.name for each in root.iterdir()] == ["f"]


def test_a_host_that_is_gone_is_unreachable(run: Runner, root: Path) -> None:
    """What was to be sent is an intent whose end nobody knows."""
    host = Line(at=1, error=Unreachable("gone"))
    ran = run(play(FOUR), hosts=Hosts(one=host))
    assert ran.outcomes() == {"one": "unreachable"}
    assert ("conclude", (1, "Unreachable")) in ran.journal.lines


def test_who_cannot_be_become_fails_the_first(run: Runner, root: Path) -> None:
    """Nothing was sent, and it is not tried again for the others."""
    host = Line(at=1, error=TaskFailed("the password was not accepted"))
    ran = run(play(FOUR), hosts=Hosts(one=host))
    assert [(each.task, each.status) for each in ran.tasks] == [("line", "failed")]
    assert host.changes == [3]


def test_what_did_not_take_fails_its_own_task(run: Runner, root: Path) -> None:
    """The proof at the end tells of which; what was made behind it is told, and taken back with the rest."""
    host = Line()
    ask = host.ask

    def undone(scripts: Sequence[str], **how: Any) -> list[Output]:
        before = len(host.changes)
        texts = [scripts[0].replace("mkdir -m 0700", "mkdir -m 0500"), *scripts[1:]]
        outputs = ask(texts, **how)
        assert len(host.changes) <= before + 1
        return outputs

    tasks = """
- {name: first, copy: {dest: "{{ root }}/a", content: x}}
- {name: made, file: {path: "{{ root }}/d", state: directory, mode: "0700"}}
- {name: last, lineinfile: {path: "{{ root }}/f", line: b}}
"""
    (root / "f").write_text("a\n")
    with mock.patch.object(host, "ask", undone):
        ran = run(play(tasks, more="  undo_on_failure: true\n"), hosts=Hosts(one=host))
    assert "did not converge" in ran.of("made").message
    told = [event.message for event in ran.events if isinstance(event, Warned)]
    assert len(told) == 1
    assert "'last'" in told[0]
    assert (root / "f").read_text() == "a\n"
    assert not (root / "a").exists()


class Refusing(Anything):
    """A warrant that refuses one file, and notes what it was asked for."""

    def __init__(self, name: str) -> None:
        self.asked: list[str] = []
        self._name = name

    def admit(self, host: str, step: Any, effects: Sequence[Effect], *, item: int, attempt: int) -> None:
        self.asked += [effect.summary().rpartition("/")[2] for effect in effects]
        if self._name in self.asked[-1:]:
            raise NotPlanned("not done, for the plan does not show it")


def test_what_is_not_planned_does_not_go(tmp_path: Path, root: Path) -> None:
    """Each change is admitted once; what is refused is not sent, nor anything behind it."""
    from runs import prepare_run

    tasks = "\n".join(f"- copy: {{dest: '{{{{ root }}}}/{name}', content: x}}" for name in "abcd")
    host = Line()
    job, ran = prepare_run(tmp_path, play(tasks), hosts=Hosts(one=host))
    job.warrant = warrant = Refusing("c")
    job.perform()
    assert host.changes == [2]
    assert warrant.asked == ["a", "b", "c", "c"]
    assert [each.status for each in ran.tasks] == ["changed", "changed", "failed"]


def test_who_shows_a_piece_of_a_secret_is_told(tmp_path: Path, root: Path) -> None:
    """It is the task that does it, not the one with which its change went."""
    tasks = """
- copy: {dest: "{{ root }}/a", content: "{{ pw[:1] }}"}
- copy: {dest: "{{ root }}/b", content: x}
- copy: {dest: "{{ root }}/c", content: "{{ pw[:2] }}"}
- copy: {dest: "{{ root }}/d", content: x}
"""
    host = Line()
    secret = {"pw": "open-sesame"}
    job, ran = prepare_run(tmp_path, play(tasks), hosts=Hosts(one=host), extra=secret)
    job.derived = Derived(secret.items())
    job.perform()
    assert host.changes == [4]
    assert [each.exposes for each in ran.tasks] == [("pw",), (), ("pw",), ()]


def alone() -> Any:
    """As long as this holds, no changes go together."""
    return mock.patch("remediate.engine.departing._MOST", 1)


def seen(ran: Ran) -> Any:
    """What people are told of a run, and what its journal says was made."""
    told = [(each.task, each.status, each.diff, each.message, each.result) for each in ran.tasks]
    intents = {number: said for number, (word, said) in enumerate(ran.journal.lines, 1) if word == "intend"}
    ends = dict(said for word, said in ran.journal.lines if word == "conclude")
    made = [(intents[number], end) for number, end in ends.items() if end != "not sent"]
    return told, made, ran.outcomes(), ran.recap.hosts


def ran_in(folder: Path, text: str, files: Mapping[str, Found], **settings: Any) -> tuple[Any, Any]:
    """What a run tells, and what it makes of these files."""
    grow(folder, files)
    ran = perform(folder, text, **settings)
    return seen(ran), tree(folder / "root")


@settings(max_examples=40)
@given(tasks=st.lists(TASKS, min_size=2, max_size=7), files=PLAIN_TREES)
def test_together_is_as_one_by_one(tasks: list[Any], files: Mapping[str, Found]) -> None:
    """Files, results, differences, failures and the journal are the same."""
    text = playbook(tasks)
    folder = Path(tempfile.mkdtemp())
    try:
        together = ran_in(folder, text, files)
        shutil.rmtree(folder)
        folder.mkdir()
        with alone():
            assert together == ran_in(folder, text, files)
    finally:
        shutil.rmtree(folder)


@settings(max_examples=40)
@given(
    tasks=st.lists(TASKS, min_size=2, max_size=7),
    files=PLAIN_TREES,
    at=st.integers(1, 3),
    after=st.booleans(),
)
def test_a_broken_line_changes_nothing_of_it(
    tasks: list[Any], files: Mapping[str, Found], at: int, after: bool
) -> None:
    """Over whichever script the connection breaks: the same comes of it."""
    text = playbook(tasks)
    folder = Path(tempfile.mkdtemp())
    try:
        (told, _, ends, _), made = ran_in(folder, text, files)
        shutil.rmtree(folder)
        folder.mkdir()
        host = Line(at=at, error=ConnectionLost("lost"), after=after)
        (again, _, ends_again, _), made_again = ran_in(folder, text, files, hosts=Hosts(one=host))
        assert (made, ends) == (made_again, ends_again)
        assert [each[:2] for each in told] == [each[:2] for each in again]
    finally:
        shutil.rmtree(folder)


def test_a_change_remembers_its_own_step(run: Runner, root: Path) -> None:
    """What is taken back later is known by its own task, not by the one with which it went."""
    kept: list[Change] = []

    keep = Memory.keep

    def noting(self: Memory, order: Any, number: int) -> None:
        keep(self, order, number)
        kept.append(self.done[-1])

    with mock.patch.object(Memory, "keep", noting):
        run(play(FOUR))
    assert [(each.step, each.task) for each in kept] == [
        ((0, 0), "line"),
        ((0, 1), "made"),
        ((0, 2), "in it"),
    ]


def not_taking(host: TestHost) -> Any:
    """As long as this holds, a directory of mode 0700 comes out with another one."""
    ask = host.ask

    def undone(scripts: Sequence[str], **how: Any) -> list[Output]:
        return ask([scripts[0].replace("mkdir -m 0700", "mkdir -m 0500"), *scripts[1:]], **how)

    return mock.patch.object(host, "ask", undone)


def test_a_rescue_knows_what_went_too_far(run: Runner, root: Path) -> None:
    """What was done behind the task that failed is there when the rescue decides, and is taken back last."""
    (root / "f").write_text("a\n")
    tasks = """
- block:
    - {name: made, file: {path: "{{ root }}/d", state: directory, mode: "0700"}}
    - {name: last, lineinfile: {path: "{{ root }}/f", line: b}}
  rescue:
    - {name: mended, lineinfile: {path: "{{ root }}/f", line: c}}
- {name: nope, command: 'false'}
"""
    host = Line()
    with not_taking(host):
        ran = run(play(tasks, more="  undo_on_failure: true\n"), hosts=Hosts(one=host))
    assert ran.status("mended") == "changed"
    assert "-b" not in ran.of("mended").diff
    backs = [each.task for each in ran.tasks if each.task.startswith("take back")]
    assert backs == ["take back: mended", "take back: last"]
    assert (root / "f").read_text() == "a\n"


def test_what_a_condition_spares_after_all_is_told(run: Runner, root: Path) -> None:
    """It was done for nothing, is told at its turn, and what comes behind it knows of it."""
    (root / "f").write_text("a\n")
    tasks = """
- {name: first, lineinfile: {path: "{{ root }}/f", line: z}}
- {name: made, file: {path: "{{ root }}/d", state: directory, mode: "0700"}, register: r, ignore_errors: true}
- {name: spared, lineinfile: {path: "{{ root }}/f", line: b}, when: r is not failed}
- {name: last, lineinfile: {path: "{{ root }}/f", line: c}, when: r is failed}
"""
    host = Line()
    with not_taking(host):
        ran = run(play(tasks), hosts=Hosts(one=host))
    assert (ran.status("spared"), ran.status("last")) == ("skipped", "changed")
    assert (root / "f").read_text() == "a\nz\nb\nc\n"
    told = [type(event) for event in ran.events if event in ran.tasks or isinstance(event, Warned)]
    assert told.index(Warned) == 3


FICKLE = ["now() | string", "999999999 | random", "'%s' | strftime", "range(999) | list | shuffle | first"]


@pytest.mark.parametrize("drawn", FICKLE)
def test_what_comes_out_otherwise_each_time_ends_a_convoy(drawn: str, run: Runner, root: Path) -> None:
    """It is rendered once more at its turn, and then all must be of one piece."""
    tasks = f"""
- copy: {{dest: "{{{{ root }}}}/a", content: x}}
- copy: {{dest: "{{{{ root }}}}/b", content: x}}
- set_fact: {{drawn: "{{{{ {drawn} }}}}"}}
- copy: {{dest: "{{{{ root }}}}/c", content: "{{{{ drawn }}}}"}}
- {{name: shown, debug: {{msg: "{{{{ drawn }}}}"}}}}
"""
    host = Line()
    ran = run(play(tasks), hosts=Hosts(one=host))
    assert host.changes == [2, 1]
    assert (root / "c").read_text() == ran.of("shown").message


def test_a_loop_in_a_random_order_does_all_of_it(run: Runner, root: Path) -> None:
    """Each item once, also if the order is another one whenever it is rendered."""
    run(
        play("""
- copy: {dest: "{{ root }}/{{ item }}", content: x}
  loop: "{{ range(0, 12) | list | shuffle }}"
""")
    )
    assert len([*root.iterdir()]) == 12


def test_what_a_seed_settles_is_no_end(run: Runner, root: Path) -> None:
    """The same seed always gives the same."""
    tasks = """
- copy: {dest: "{{ root }}/a", content: x}
- set_fact: {drawn: "{{ 99 | random(seed=inventory_hostname) }}"}
- copy: {dest: "{{ root }}/b", content: "{{ drawn }}"}
"""
    assert went(run, tasks) == [2]


def test_what_was_lost_is_taken_back_although_its_turn_never_came(run: Runner, root: Path) -> None:
    """Where the host shows that it was made; what it shows not to have been made is no hindrance."""
    (root / "f").write_text("a\n")
    (root / "h").write_text("a\n")
    (root / "l").write_text("a\n")

    def half(scripts: Sequence[str], **how: Any) -> list[Output]:
        """The script ends before its fourth change, the line breaks, and somebody else comes."""
        if not re.search(r"echo \d+ \w+\n\Z", scripts[0]) or (root / "k").exists():
            return ask(scripts, **how)
        (root / "h").write_text("a\nb\n")
        (root / "k").write_text("b")
        (root / "f").unlink()
        (root / "f").mkdir()
        raise ConnectionLost("lost")

    tasks = """
- {name: one, lineinfile: {path: "{{ root }}/f", line: b}}
- {name: two, lineinfile: {path: "{{ root }}/h", line: b}}
- {name: three, copy: {dest: "{{ root }}/k", content: b}}
- {name: four, lineinfile: {path: "{{ root }}/l", line: b}}
- {name: five, lineinfile: {path: "{{ root }}/l", line: c}}
"""
    host = TestHost("one")
    ask = host.ask
    with mock.patch.object(host, "ask", half):
        ran = run(play(tasks, more="  undo_on_failure: true\n"), hosts=Hosts(one=host))
    assert [(each.task, each.status) for each in ran.tasks] == [
        ("one", "failed"),
        ("take back: five", "ok"),
        ("take back: four", "ok"),
        ("take back: three", "changed"),
        ("take back: two", "changed"),
        ("take back: one", "failed"),
    ]
    assert "was not made" in ran.of("take back: five").message
    assert "it is no regular file" in ran.of("take back: one").message
    assert (root / "h").read_text() == "a\n"
    assert sorted(each.name for each in root.iterdir()) == ["f", "h", "l"]


TWO_TASKS = """
- {name: one, copy: {dest: "{{ root }}/a", content: x}}
- {name: two, copy: {dest: "{{ root }}/b", content: x}}
"""
TWO_ITEMS = """
- {name: one, lineinfile: {path: "{{ root }}/f", line: "{{ item }}"}, loop: [b, c]}
"""


@pytest.mark.parametrize("tasks", [TWO_TASKS, TWO_ITEMS], ids=["tasks", "items"])
def test_what_was_lost_is_taken_back_although_its_task_fails_before_it_decides(
    tasks: str, run: Runner, root: Path
) -> None:
    """The change was made; when its turn comes, what the task asks cannot be answered.

    What comes behind it, of the same file as well, is taken back before it.
    """
    (root / "f").write_text("a\n")
    refused: list[str] = []

    def mute(scripts: Sequence[str], **how: Any) -> list[Output]:
        outputs = ask(scripts, **how)
        if re.search(r"echo \d+ \w+\n\Z", scripts[0]):
            refused[:] = ["asked together", "asked alone"]
            raise ConnectionLost("lost")
        if refused:
            return [Output(status=1, stderr=refused.pop().encode()) for _ in outputs]
        return outputs

    host = TestHost("one")
    ask = host.ask
    with mock.patch.object(host, "ask", mute):
        ran = run(play(tasks, more="  undo_on_failure: true\n"), hosts=Hosts(one=host))
    assert [each.status for each in ran.tasks] == ["failed", "changed", "changed"]
    assert ran.tasks[2].task == "take back: one"
    assert [each.name for each in root.iterdir()] == ["f"]
    assert (root / "f").read_text() == "a\n"


def test_a_task_that_was_half_done_when_the_line_broke(run: Runner, root: Path) -> None:
    """What of it was found made is journalled as done, so that an undo takes it back as well."""

    def half(scripts: Sequence[str], **how: Any) -> list[Output]:
        if not re.search(r"echo \d+ \w+\n\Z", scripts[0]) or (root / "p").exists():
            return ask(scripts, **how)
        (root / "p").mkdir(mode=0o755)
        raise ConnectionLost("lost")

    host = TestHost("one")
    ask = host.ask
    with mock.patch.object(host, "ask", half):
        ran = run(play("- file: {path: '{{ root }}/p/q/r', state: directory}"), hosts=Hosts(one=host))
    ends = [said for word, said in ran.journal.lines if word == "conclude"]
    assert ends[:3] == [(1, "ConnectionLost"), (2, "ConnectionLost"), (3, "ConnectionLost")]
    assert (1, "done") in ends
    assert (2, "done") not in ends
    assert (root / "p" / "q" / "r").is_dir()
