"""Guards, proofs, the journal, lost connections and interruptions: what must hold when things go wrong."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from local_host import tree
from runs import Hosts, Ran, TestHost, down, play, prepare_run

from remediate.answers import Unknown
from remediate.errors import DeadlinePassed, Mistakes, TaskFailed, UnknownUntilApplied, Unreachable
from remediate.facts.base import Output
from remediate.store.journal import Intent

Runner = Callable[..., Ran]

WRITE = """
- {name: write, copy: {dest: "{{ root }}/a", content: "mine\\n"}, register: wrote}
- {name: after, copy: {dest: "{{ root }}/b", content: x}}
"""


def test_what_changed_between_decision_and_effect_is_not_overwritten(run: Runner, root: Path) -> None:
    """A file that somebody else writes after it was read is left as it is; the task fails with the cure."""
    (root / "a").write_text("old\n")

    def meddle(scripts: Sequence[str]) -> None:
        if host.changing:
            (root / "a").write_text("theirs\n")

    host = TestHost("one", before=meddle)
    ran = run(play(WRITE), hosts=Hosts(one=host))
    assert ran.status("write") == "failed"
    assert "has changed" in ran.of("write").message
    assert (root / "a").read_text() == "theirs\n"
    assert ran.journal.lines[-2:] == [("conclude", (1, "Drifted")), ("conclude", (2, "not sent"))]
    assert not (root / "b").exists()


def test_a_change_that_does_not_take_is_a_failure(run: Runner, root: Path) -> None:
    """A host that says done where nothing was done is asked again, and found out."""
    ran = run(play(WRITE), hosts=Hosts(one=TestHost("one", lies=True)))
    assert ran.status("write") == "failed"
    assert "did not converge" in ran.of("write").message
    assert ran.journal.lines == [
        ("intend", ("one", "write", f"create {root}/a")),
        ("intend", ("one", "after", f"create {root}/b")),
        ("conclude", (1, "NotConverged")),
        ("conclude", (2, "NotConverged")),
    ]


def test_the_intent_is_journalled_before_the_script_is_sent(tmp_path: Path, root: Path) -> None:
    """When the change reaches the host, its intent has been written, and no outcome has."""
    seen: list[tuple[bool, list[str]]] = []
    host = TestHost(
        "one", before=lambda _: seen.append((host.changing, [word for word, _ in ran.journal.lines]))
    )
    job, ran = prepare_run(tmp_path, play(WRITE), hosts=Hosts(one=host))
    job.perform()
    assert [words for changing, words in seen if changing] == [["intend", "intend"]]


def test_without_a_journal_nothing_is_sent(tmp_path: Path, root: Path) -> None:
    """A journal that cannot be written (a full disk) fails the task before its change is made."""
    job, _ran = prepare_run(tmp_path, play(WRITE))

    class Full:
        def intend(self, intents: Sequence[Intent]) -> list[int]:
            raise TaskFailed("not done: no space")

        def conclude(self, intent: int, outcome: str) -> None:
            raise AssertionError

        def close(self) -> None: ...

    job.journal = Full()
    assert job.perform().hosts["one"].failed == 1
    assert not (root / "a").exists()


def test_an_unreachable_host_is_an_outcome_of_its_own(run: Runner, root: Path) -> None:
    """It is counted as unreachable, ignore_errors and rescue do not apply, and other hosts go on."""
    tasks = play("""
- block:
    - {name: try, copy: {dest: "{{ root }}/{{ inventory_hostname }}", content: x}, ignore_errors: true}
  rescue:
    - {name: rescue, debug: {msg: x}}
  always:
    - {name: always, debug: {msg: x}}
- {name: last, debug: {msg: x}}
""")
    ran = run(tasks, inventory="one,two,", hosts=Hosts(one=TestHost("one", before=down)))
    assert ran.names("one") == ["try"]
    assert (ran.counts("one").unreachable, ran.counts("one").failed) == (1, 0)
    assert ran.of("try", "one").message == "refused the connection (start sshd)"
    assert ran.names("two") == ["try", "always", "last"]
    assert ran.outcomes() == {"one": "unreachable", "two": "done"}


def test_a_connection_lost_at_work_is_said_and_nothing_is_sent_again(run: Runner, root: Path) -> None:
    """If the connection breaks after a change was sent, the host is unreachable and asked nothing more."""

    def cut(scripts: Sequence[str]) -> None:
        if host.changing:
            sent.append(scripts[0])
            raise Unreachable("the connection was lost while it was at work; what it did is not known")

    sent: list[str] = []
    host = TestHost("one", before=cut)
    tasks = play("""
- {name: go, command: reboot-it, retries: 3, delay: 0, until: r is succeeded, register: r}
- {name: after, debug: {msg: x}}
""")
    ran = run(tasks, hosts=Hosts(one=host))
    assert ran.status("go") == "unreachable"
    assert "not known" in ran.of("go").message
    assert len(sent) == 1
    assert ran.names() == ["go"]
    assert ran.journal.lines[-1] == ("conclude", (1, "Unreachable"))


def test_every_host_is_closed_at_the_end(run: Runner, root: Path) -> None:
    """Also one whose tasks failed."""
    ran = run(play("- fail: {msg: no}"), inventory="one,two,")
    assert all(host.closed for host in ran.hosts.made.values())


def test_a_probe_that_hangs_fails_only_its_task(run: Runner, root: Path) -> None:
    """All probes are asked together; when one of them hangs, the others still get their answers."""

    def hang(scripts: Sequence[str]) -> None:
        if any("sleep" in script and "600" in script for script in scripts):
            raise DeadlinePassed("no answer within 60 s", where="one")

    tasks = play("""
- {name: before, copy: {dest: "{{ root }}/a", content: x}}
- {name: hangs, command: {cmd: "sleep 600", read_only: true}, ignore_errors: true}
- {name: after, lineinfile: {path: "{{ root }}/a", line: y}}
""")
    ran = run(tasks, hosts=Hosts(one=TestHost("one", before=hang)), dry_run=True)
    assert ran.status("before") == ran.status("after") == "changed"
    assert (ran.status("hangs"), ran.of("hangs").ignored) == ("failed", True)


def test_a_probe_that_cannot_be_answered_fails_only_its_task(run: Runner, root: Path) -> None:
    """A probe that ends the shell, or whose answer cannot be read, harms no other task."""
    tasks = play("""
- {name: before, copy: {dest: "{{ root }}/a", content: x}}
- {name: ends it, shell: {cmd: "kill -9 $PPID; kill -9 $$", read_only: true}, ignore_errors: true}
- {name: after, copy: {dest: "{{ root }}/b", content: x}}
""")
    assert run(tasks).counts().changed == 2


def test_a_user_who_cannot_be_become_is_tried_twice_and_not_once_a_probe(run: Runner, root: Path) -> None:
    """Refused logins lock accounts: when nothing can be run as a user, the other probes are not tried."""
    tried: list[int] = []

    class Strict(TestHost):
        def ask(self, scripts: Sequence[str], **how: object) -> list[object]:  # type: ignore[override]
            tried.append(len(scripts))
            raise TaskFailed("sudo wants a password")

    tasks = play('- {name: "n{{ item }}", stat: {path: "/{{ item }}"}, loop: [1, 2, 3, 4]}')
    ran = run(tasks, hosts=Hosts(one=Strict("one")))
    assert ran.counts().failed == 1
    assert tried == [1 + 1, 1]


def test_a_wrong_pattern_is_told_before_anything_is_contacted(run: Runner, root: Path) -> None:
    """An undefined variable in `hosts` names the place and the cure; no host is asked anything."""
    hosts = Hosts()
    text = play("- debug: {msg: x}") + play("- debug: {msg: x}", hosts='"{{ nowhere }}"')
    with pytest.raises(Mistakes, match=r"playbook.yaml:6:10.*nowhere.*-e"):
        run(text, hosts=hosts)
    assert hosts.made == {}


def test_an_internal_error_ends_the_run_and_is_not_hidden(run: Runner, root: Path) -> None:
    """A defect in an observer, or in what works on a host, comes out; all hosts are closed before."""
    hosts = Hosts(one=TestHost("one", before=lambda _: 1 / 0))  # type: ignore[arg-type]
    with pytest.raises(ZeroDivisionError):
        run(play(WRITE), hosts=hosts, inventory="one,two,")
    assert all(host.closed for host in hosts.made.values())


def test_unknown_never_leaves_the_engine_as_an_exception(run: Runner, root: Path) -> None:
    """Whatever part of a task is unknown, the dry run goes on to the end."""
    tasks = play("""
- {name: ask, command: {cmd: "echo 3", changes: []}, register: said}
- {debug: {msg: x}, loop: "{{ said.stdout_lines }}"}
- {debug: {msg: x}, register: r, until: r.msg == said.stdout, retries: "{{ said.stdout }}", delay: 0}
- {debug: {msg: x}, changed_when: said.rc == 0}
- {debug: {msg: x}, failed_when: said.rc != 0}
- {name: "{{ said.stdout }}", debug: {msg: x}}
- {debug: {msg: x}, ignore_errors: "{{ said.failed }}"}
- {debug: {msg: x}, loop: [1], loop_control: {label: "{{ said.stdout }}"}}
- {debug: {msg: x}, vars: {a: "{{ said.stdout }}"}}
- {command: "true", environment: {A: "{{ said.stdout }}"}}
- {name: last, debug: {msg: x}}
""")
    try:
        ran = run(tasks, dry_run=True)
    except UnknownUntilApplied as error:  # pragma: no cover
        pytest.fail(str(error))
    assert ran.names()[-1] == "last"
    assert ran.counts().failed == 0


def test_a_question_without_an_answer_is_put_again_by_the_next_task(run: Runner, root: Path) -> None:
    """A host that could not tell once may be able to tell a moment later, as when a log was just rotated."""

    class BusyOnce(TestHost):
        busy = True

        def ask(self, scripts: Sequence[str], **options: Any) -> list[Output]:
            if self.busy:
                self.busy = False
                return [Output(status=1, stderr=b"busy") for _ in scripts]
            return super().ask(scripts, **options)

    tasks = play("""
- {name: first, stat: {path: "{{ root }}/a"}, ignore_errors: true}
- {name: second, stat: {path: "{{ root }}/a"}}
""")
    ran = run(tasks, hosts=Hosts(one=BusyOnce("one")))
    assert (ran.status("first"), ran.status("second")) == ("failed", "ok")


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_name_that_nobody_has_fails_before_anything_is_changed(
    run: Runner, root: Path, dry_run: bool
) -> None:
    """In the dry run as in the apply; unless a command before it may make the account."""
    give = '{dest: "{{ root }}/f", content: x, owner: nobody-of-this-name}'
    ran = run(play(f"- name: give\n  copy: {give}\n"), dry_run=dry_run)
    assert ran.status("give") == "failed"
    assert "the user nobody-of-this-name, whom the host does not know" in ran.of("give").message
    assert tree(root) == {}
    ran = run(play(f"- command: /bin/true\n- name: give\n  copy: {give}\n"), dry_run=dry_run)
    assert (ran.status("give") == "failed") is not dry_run
    assert tree(root) == {}


@pytest.mark.parametrize(
    "task",
    [
        'file: {path: "{{ root }}/made", state: directory}\n  when: strange',
        'command: "touch {{ strange }}"',
        'command: "touch {{ item }}"\n  loop: ["{{ strange }}"]',
        "command: {cmd: 'true', changes: []}\n  changed_when: strange",
        "command: {cmd: 'true', changes: []}\n  loop: [1, 2]\n  changed_when: strange and item == 2",
    ],
)
def test_what_is_unknown_in_an_apply_is_a_failure(run: Runner, root: Path, task: str) -> None:
    """Only a dry run may pass over what cannot be told: in an apply the task fails, and ends the play."""
    tasks = play(f"- name: odd\n  {task}\n- {{name: next, debug: {{msg: x}}}}")
    ran = run(tasks, extra={"strange": Unknown("what nobody knows")})
    assert (ran.status("odd"), ran.counts().failed) == ("failed", 1)
    assert "does not know: what nobody knows" in ran.of("odd").message
    assert "next" not in ran.names()
    assert not list(root.iterdir())
    dry = run(tasks, dry_run=True, extra={"strange": Unknown("what nobody knows")})
    assert (dry.status("odd"), dry.status("next")) == ("unknown", "ok")
