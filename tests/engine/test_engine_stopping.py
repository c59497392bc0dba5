"""Interruptions, limits and pauses: what ends a run early, and what is said of the rest."""

from collections.abc import Callable
from pathlib import Path

import pytest
from runs import Hosts, Nobody, Ran, TestHost, down, play, prepare_run

from remediate.engine.events import Event, PersonAsked, TaskEnded, Warned
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
    """A loop of commands is broken off between two items, and the host counts as stopped."""
    tasks = play("""
- {name: many, command: {argv: [touch, "{{ root }}/{{ item }}"]}, loop: [a, b, c]}
""")
    host = TestHost("one", before=lambda _: job.interrupt() if host.changing else None)
    job, _ran = prepare_run(tmp_path, tasks, hosts=Hosts(one=host))
    recap = job.perform()
    assert [each.name for each in root.iterdir()] == ["a"]
    assert recap.hosts["one"].stopped


def test_what_went_together_is_under_way_together(tmp_path: Path, root: Path) -> None:
    """Files that go to the host as one script are all written and told; the task behind is not begun."""
    tasks = play("""
- {name: many, copy: {dest: "{{ root }}/{{ item }}", content: x}, loop: [a, b, c]}
- {name: one more, copy: {dest: "{{ root }}/d", content: x}}
- {name: behind, command: {argv: [touch, "{{ root }}/e"]}}
""")
    host = TestHost("one", before=lambda _: job.interrupt() if host.changing else None)
    job, ran = prepare_run(tmp_path, tasks, hosts=Hosts(one=host))
    recap = job.perform()
    assert sorted(each.name for each in root.iterdir()) == ["a", "b", "c", "d"]
    assert [task.task for task in ran.tasks] == ["many", "one more"]
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


NONE_LEFT = [
    # hosts of the first play, serial, which fail there, hosts of the second play, what is begun
    ("all", "1", "h1", "all", ["h1"]),
    ("all", "[1, 2]", "h2 h3", "all", ["h1", "h2", "h3"]),
    ("all", "2", "h1", "all", ["h1", "h2", "h3", "later"]),
    ("all", "2", "h3", "all", ["h1", "h2", "h3"]),
    ("h1,h2", "", "h1 h2", "h3", ["h1", "h2"]),
    ("h1,h2", "", "h1", "h3", ["h1", "h2", "later"]),
    ("h1", "", "h1", "h1", ["h1"]),
]


@pytest.mark.parametrize("unreachable", [False, True])
@pytest.mark.parametrize(("hosts", "serial", "bad", "others", "begun"), NONE_LEFT)
def test_a_batch_of_which_every_host_failed_stops_the_run(
    run: Runner,
    root: Path,
    *,
    hosts: str,
    serial: str,
    bad: str,
    others: str,
    begun: list[str],
    unreachable: bool,
) -> None:
    """As in Ansible: nothing more is begun, on whatever hosts; it is said once, if there is anything left."""
    text = play(
        "- {name: t, command: \"{{ 'false' if bad is defined else 'true' }}\"}",
        hosts=hosts,
        more=f"  serial: {serial}\n" if serial else "",
    )
    text += play("- {name: later, debug: {msg: x}}", hosts=others)
    inventory = "all:\n  hosts:\n" + "".join(
        f"    {name}: {{{'bad: true' if name in bad else ''}}}\n" for name in ("h1", "h2", "h3")
    )
    made = {name: TestHost(name, before=down) for name in bad.split()} if unreachable else {}
    ran = run(text, inventory=inventory, hosts=Hosts(**made))
    tasks = {each.host if each.task == "t" else "later" for each in ran.tasks}
    assert tasks == set(begun)
    told = [event.message for event in ran.events if isinstance(event, Warned)]
    left = {name for name, counts in ran.recap.hosts.items() if counts.stopped}
    assert len(told) == bool(left)
    assert all("play 'a play' stops: every host" in each and bad[:2] in each for each in told)
    assert left == (set() if "later" in begun or hosts == "h1" else {"h1", "h2", "h3"} - set(bad.split()))


def test_a_host_that_was_rescued_or_failed_before_does_not_stop_the_run(run: Runner, root: Path) -> None:
    """What is mended is no failure; and who failed earlier did not fail in this play, as in Ansible."""
    text = play("- block: [{fail: {msg: no}}]\n  rescue: [{debug: {msg: mended}}]", hosts="h1")
    text += play("- {fail: {msg: no}, when: inventory_hostname == 'h1'}", hosts="h1,h2")
    text += play("- {fail: {msg: no}}", hosts="h1,h2")
    text += play("- {name: last, debug: {msg: x}}", hosts="h3")
    ran = run(text, inventory="h1,h2,h3,")
    assert ran.status("last") == "ok"


def test_a_play_of_which_all_hosts_may_fail_stops_nothing(run: Runner, root: Path) -> None:
    """Who says that, as with `-e failure_budget=100`, wants the others done whatever comes."""
    text = play("- {fail: {msg: no}}", more="  serial: 1\n  max_fail_percentage: 100\n")
    ran = run(text, inventory="h1,h2,")
    assert {each.host for each in ran.tasks} == {"h1", "h2"}


def test_a_look_at_all_checks_is_not_stopped(run: Runner, root: Path) -> None:
    """Who re-checks wants to hear of every host."""
    text = play("- {name: t, assert: {that: false}}", more="  serial: 1\n")
    ran = run(text, inventory="h1,h2,", every_check=True, dry_run=True)
    assert {each.host for each in ran.tasks} == {"h1", "h2"}


def test_a_pause_for_a_person_without_a_terminal_fails_with_its_prompt(run: Runner, root: Path) -> None:
    """Nobody there: the task fails on every host and says in one line what was to be done."""
    ran = run(play('- {name: wait, pause: {prompt: "renew the licence\\n  and save"}}'), inventory="a,b,")
    for host in ("a", "b"):
        assert ran.status("wait", host) == "failed"
        assert "renew the licence and save" in ran.of("wait", host).message
    assert ran.asked == []


def test_a_person_who_leaves_has_not_said_go_on(run: Runner, root: Path) -> None:
    """The end of the input is no consent, nor is anything but the word before it."""
    ran = run(play("- {name: wait, pause: {prompt: renew, word: done}}"), operator=Nobody("", "don", "dones"))
    assert ran.status("wait") == "failed"
    assert "renew" in ran.of("wait").message


def test_anything_but_the_word_is_asked_again(run: Runner, root: Path) -> None:
    """The word counts in whatever case, and with blanks around it, and only the word."""
    person = Nobody("\n", "yes\n", " DONE \n", "too much")
    ran = run(play("- {name: wait, pause: {prompt: renew, word: done}}"), operator=person)
    assert ran.status("wait") == "ok"
    assert [("that is not 'done'" in each, "type 'done'" in each) for each in person.invited] == [
        (False, True),
        (True, True),
        (True, True),
    ]


@pytest.mark.parametrize("forks", [1, 2, 3, 32])
def test_hosts_that_need_the_same_share_one_question(run: Runner, root: Path, forks: int) -> None:
    """Each question names its hosts; nobody is asked for a host that does not come to the pause."""
    tasks = play("""
- {name: before, fail: {msg: no}, when: inventory_hostname == 'd'}
- name: wait
  pause: {prompt: "set {{ 'that' if inventory_hostname in ['b', 'e'] else 'this' }}", word: done}
  when: inventory_hostname != 'c'
""")
    ran = run(tasks, operator=Nobody(*["done"] * 9), inventory="a,b,c,d,e,f,", forks=forks)
    assert {host for _, hosts in ran.asked for host in hosts} == {"a", "b", "e", "f"}
    assert sum(len(hosts) for _, hosts in ran.asked) == 4
    if forks == 32:
        assert sorted(ran.asked) == [("set that", ("b", "e")), ("set this", ("a", "f"))]
    assert {host: counts.failed for host, counts in ran.recap.hosts.items()} == {
        **dict.fromkeys("abcef", 0),
        "d": 1,
    }


def test_who_waits_for_a_person_when_the_run_is_stopped_is_told_so(run: Runner, root: Path) -> None:
    """The person is not asked any more; what was to be done is said."""
    tasks = play("- {name: wait, pause: {prompt: renew, word: done}}")

    def stop(each: Run, event: Event) -> None:
        if isinstance(event, PersonAsked):
            each.interrupt()

    ran = run(tasks, operator=Nobody("done"), inventory="a,b,", watch=stop)
    assert [ran.status("wait", host) for host in ("a", "b")] == ["failed", "failed"]
    assert "the run was stopped before a person did this: renew" in ran.of("wait", "a").message


def test_an_internal_error_leaves_nobody_waiting(run: Runner, root: Path) -> None:
    """Hosts that wait for a person who will never be asked end, and the error is told."""

    def break_down(_run: Run, event: Event) -> None:
        assert not isinstance(event, PersonAsked), "a fault of this test"

    tasks = play("- {name: wait, pause: {prompt: renew, word: done}}")
    with pytest.raises(AssertionError, match="a fault of this test"):
        run(tasks, operator=Nobody("done"), inventory="a,b,", watch=break_down)


def test_connections_are_not_kept_while_a_person_works(run: Runner, root: Path) -> None:
    """It may take hours: who comes back opens them anew, and finds the host as it is then."""
    tasks = play("""
- {name: before, stat: {path: "{{ root }}/a"}}
- {name: wait, pause: {prompt: renew, word: done}}
- {name: after, stat: {path: "{{ root }}/a"}}
""")
    closed: list[int] = []
    host = TestHost("one", before=lambda _scripts: closed.append(host.closed))
    run(tasks, operator=Nobody("done"), hosts=Hosts(one=host))
    assert closed == [0, 1]


def test_a_dry_run_lists_what_a_person_is_to_do(run: Runner, root: Path) -> None:
    """It asks nobody, and shows the prompt line by line, with the word."""
    text = play('- {name: wait, pause: {prompt: "renew it\\nand save it", word: done}}')
    ran = run(text, dry_run=True)
    assert ran.asked == []
    assert ran.of("wait").effects == ("wait for a person: renew it and save it",)
    assert "'done'" in ran.of("wait").diff
    assert "    renew it\n    and save it\n" in ran.of("wait").diff


@pytest.mark.parametrize("pause", ["{seconds: 0}", "{prompt: go on}"])
def test_after_a_pause_the_host_is_asked_anew(run: Runner, root: Path, pause: str) -> None:
    """Who waits, or lets a person work, wants to see what has become of the host meanwhile."""
    tasks = play(f"""
- {{name: before, stat: {{path: "{{{{ root }}}}/a"}}}}
- {{name: wait, pause: {pause}}}
- {{name: after, stat: {{path: "{{{{ root }}}}/a"}}}}
""")
    sent = run(tasks, operator=Nobody("\n")).hosts.made["one"].sent
    assert [len(scripts) for scripts in sent] == [1 + 1, 1 + 1]  # and about links
