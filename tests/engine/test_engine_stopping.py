"""Interruptions, limits and pauses: what ends a run early, and what is said of the rest."""

from collections.abc import Callable
from pathlib import Path

import pytest
from runs import Hosts, Nobody, Ran, TestHost, play, prepare_run

from remediate.engine.events import Event, TaskEnded, Warned
from remediate.engine.run import Run

Runner = Callable[..., Ran]


def test_an_interrupted_run_ends_after_the_effect_under_way(run: Runner, root: Path) -> None:
    """What had begun is finished, what had not is said in the recap; no later play starts."""

    def watch(job: Run, event: Event) -> None:
        if isinstance(event, TaskEnded) and event.task == "first":
            job.interrupt()

    text = play("""
- {name: first, debug: {msg: x}}
- {name: second, pause: {seconds: 3600}}
- {name: third, copy: {dest: "{{ root }}/c", content: x}}
""")
    text += "- hosts: two\n  tasks: [{name: later, debug: {msg: x}}]\n"
    ran = run(text.replace("hosts: all", "hosts: one"), inventory="one,two,", watch=watch)
    assert not {"third", "later"} & set(ran.names())
    assert ran.recap.interrupted
    assert (ran.counts("one").stopped, ran.counts("two").stopped) == (True, True)
    assert not (root / "c").exists()


def test_an_interrupted_loop_ends_after_the_item_under_way(tmp_path: Path, root: Path) -> None:
    """A loop of changes is broken off between two items, and the host counts as stopped."""
    tasks = play("""
- {name: many, copy: {dest: "{{ root }}/{{ item }}", content: x}, loop: [a, b, c]}
""")
    host = TestHost("one", before=lambda _: job.interrupt() if host.sealed else None)
    job, _ran = prepare_run(tmp_path, tasks, hosts=Hosts(one=host))
    recap = job.perform()
    assert [each.name for each in root.iterdir()] == ["a"]
    assert recap.hosts["one"].stopped


def test_an_interrupted_wait_is_no_success(tmp_path: Path, root: Path) -> None:
    """`until` that did not hold when the run was interrupted is a failure, however many retries were left."""
    tasks = play("""
- {name: wait, command: "false", register: r, until: r.rc == 5, failed_when: false, retries: 9, delay: 3600}
""")
    host = TestHost("one", before=lambda _: job.interrupt())
    job, ran = prepare_run(tmp_path, tasks, hosts=Hosts(one=host))
    job.perform()
    assert ran.status("wait") == "failed"
    assert "'until' did not hold in 1 attempts" in ran.of("wait").message


def test_too_many_failures_stop_the_run(run: Runner, root: Path) -> None:
    """Beyond max_fail_percentage no further batch and no further play begins; the rest is stopped."""
    text = play(
        "- {name: t, fail: {msg: no}, when: \"inventory_hostname in ['h2', 'h3']\"}",
        more="  serial: [1, 2, 2]\n  max_fail_percentage: 49\n",
    )
    text += "- hosts: all\n  tasks: [{name: later, debug: {msg: x}}]\n"
    ran = run(text, inventory="h1,h2,h3,h4,h5,")
    assert {name for name in ran.recap.hosts if ran.counts(name).stopped} >= {"h1", "h4", "h5"}
    assert ran.names("h4") == ran.names("h5") == []
    assert ran.counts("h2").failed + ran.counts("h3").failed >= 1
    assert "later" not in ran.names()
    assert [e.message for e in ran.events if isinstance(e, Warned)]
    assert not ran.recap.interrupted


def test_failures_within_the_limit_stop_nothing(run: Runner, root: Path) -> None:
    """Exactly max_fail_percentage is not more than it."""
    text = play(
        "- {name: t, fail: {msg: no}, when: inventory_hostname == 'h1'}",
        more="  serial: 2\n  max_fail_percentage: 50\n",
    )
    ran = run(text, inventory="h1,h2,h3,h4,")
    assert not any(counts.stopped for counts in ran.recap.hosts.values())


def test_a_pause_for_a_person_without_a_terminal_fails_with_its_prompt(run: Runner, root: Path) -> None:
    """Nobody there: the task fails and says what was to be done. With somebody, all share one question."""
    tasks = play("- {name: wait, pause: {prompt: renew the licence}}")
    ran = run(tasks)
    assert ran.status("wait") == "failed"
    assert "renew the licence" in ran.of("wait").message
    person = Nobody(answer=True)
    ran = run(tasks, operator=person, inventory="one,two,")
    assert person.asked == ["renew the licence"]
    assert ran.counts("two").ok == 1


@pytest.mark.parametrize("pause", ["{seconds: 0}", "{prompt: go on}"])
def test_after_a_pause_the_host_is_asked_anew(run: Runner, root: Path, pause: str) -> None:
    """Who waits, or lets a person work, wants to see what has become of the host meanwhile."""
    tasks = play(f"""
- {{name: before, stat: {{path: "{{{{ root }}}}/a"}}}}
- {{name: wait, pause: {pause}}}
- {{name: after, stat: {{path: "{{{{ root }}}}/a"}}}}
""")
    sent = run(tasks, operator=Nobody(answer=True)).hosts.made["one"].sent
    assert [len(scripts) for scripts in sent] == [1, 1]
