"""Plays, batches, hosts, blocks and handlers mean what they mean in Ansible."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from runs import Hosts, Ran, TestHost, play

from remediate.engine.events import PlayStarted, TaskEnded, Warned
from remediate.engine.selection import batches

Runner = Callable[..., Ran]


def test_rescue_and_always(run: Runner, root: Path) -> None:
    """A failure in a block leads to its rescue; always runs in any case; a rescued host goes on."""
    tasks = play("""
- block:
    - block:
        - {name: bad, fail: {msg: broken}}
        - {name: never, debug: {msg: x}}
      always:
        - {name: inner always, debug: {msg: x}}
  rescue:
    - {name: rescue, debug: {msg: "{{ ansible_failed_task.name }}: {{ ansible_failed_result.msg }}"}}
  always:
    - {name: outer always, debug: {msg: x}}
- {name: next, debug: {msg: x}}
- block: [{name: bad 2, fail: {msg: no}}]
  rescue: [{name: bad 3, fail: {msg: no}}]
  always: [{name: always 2, debug: {msg: x}}]
- {name: not reached, debug: {msg: x}}
""")
    ran = run(tasks)
    assert ran.names() == [
        "bad",
        "inner always",
        "rescue",
        "outer always",
        "next",
        "bad 2",
        "bad 3",
        "always 2",
    ]
    assert ran.of("rescue").message == "bad: broken"
    assert (ran.of("bad").rescued, ran.of("bad 3").rescued) == (True, False)
    assert (ran.counts().rescued, ran.counts().failed) == (2, 1)


HANDLERS = """\
  handlers:
    - {name: first, debug: {msg: x}}
    - {name: second, debug: {msg: x}, listen: topic}
    - {name: third, debug: {msg: x}}
    - {name: chained, debug: {msg: x}}
"""


def test_handlers_run_once_at_the_end_in_the_order_written(run: Runner, root: Path) -> None:
    """However often and in whichever order they are notified; a handler may notify a later one."""
    more = HANDLERS.replace(
        "{name: third, debug: {msg: x}}",
        "{name: third, debug: {msg: x}, changed_when: true, notify: chained}",
    )
    tasks = play(
        """
- {name: a, debug: {msg: x}, changed_when: true, notify: [third, topic]}
- {name: b, debug: {msg: x}, changed_when: true, notify: topic}
- {name: c, debug: {msg: x}, notify: first}
""",
        more=more,
    )
    assert run(tasks).names() == ["a", "b", "c", "second", "third", "chained"]


def test_a_handler_that_one_below_notifies_runs_after_it(run: Runner, root: Path) -> None:
    """Those above come in a further pass, however often; none runs twice, also if they notify each other."""
    tasks = play(
        "- {name: a, command: 'true', notify: h3}",
        more="""  handlers:
  - {name: h1, command: "true", notify: [h1, h4]}
  - {name: h2, command: "true", notify: h1}
  - {name: h3, command: "true", notify: [topic, h4]}
  - {name: h4, command: "true"}
  - {name: h5, command: "true", listen: topic, notify: h2}
  - {name: never, command: "true"}
""",
    )
    assert run(tasks).names() == ["a", "h3", "h4", "h5", "h2", "h1"]
    assert run(tasks, dry_run=True).names() == ["a", "h3", "h4", "h5", "h2", "h1"]


def test_a_failed_host_runs_no_handlers(run: Runner, root: Path) -> None:
    """And a host that did not fail runs its own."""
    tasks = play(
        """
- {name: a, debug: {msg: x}, changed_when: true, notify: first}
- {name: b, fail: {msg: no}, when: inventory_hostname == 'one'}
""",
        more=HANDLERS,
    )
    ran = run(tasks, inventory="one,two,")
    assert ("first" in ran.names("one"), "first" in ran.names("two")) == (False, True)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["plain", "red", "both", "kept"]),
        ({"tags": frozenset({"red"})}, ["red", "both", "kept"]),
        ({"skip_tags": frozenset({"red"})}, ["plain", "kept"]),
        ({"tags": frozenset({"red"}), "skip_tags": frozenset({"blue", "always"})}, ["red"]),
        ({"tags": frozenset({"rare"})}, ["hidden", "kept"]),
    ],
)
def test_tags_select_tasks(run: Runner, root: Path, options: dict[str, object], names: list[str]) -> None:
    """--tags and --skip-tags; always and never."""
    tasks = play("""
- {name: plain, debug: {msg: x}}
- {name: red, debug: {msg: x}, tags: red}
- block: [{name: both, debug: {msg: x}, tags: blue}]
  tags: red
- {name: kept, debug: {msg: x}, tags: always}
- {name: hidden, debug: {msg: x}, tags: [never, rare]}
""")
    assert sorted(run(tasks, **options).names()) == sorted(names)


def test_serial_makes_batches(run: Runner, root: Path) -> None:
    """Each batch is through before the next one begins; the last size repeats."""
    tasks = play(
        "- {name: t, debug: {msg: \"{{ ansible_play_batch | join(' ') }}\"}}", more='  serial: [1, "50%"]\n'
    )
    ran = run(tasks, inventory="h1,h2,h3,h4,")
    assert [(e.hosts, e.batch, e.batches) for e in ran.events if isinstance(e, PlayStarted)] == [
        (("h1",), 1, 3),
        (("h2", "h3"), 2, 3),
        (("h4",), 3, 3),
    ]
    order = [each.host for each in ran.tasks]
    assert (order[0], set(order[1:3]), order[3]) == ("h1", {"h2", "h3"}, "h4")
    assert ran.of("t", "h3").message == "h2 h3"


@pytest.mark.parametrize(
    ("hosts", "sizes"), [(7, [4, 3]), (8, [4, 4]), (31, [16, 15]), (3, [2, 1]), (1, [1])]
)
def test_a_part_of_the_hosts_leaves_no_crumbs(hosts: int, sizes: list[int]) -> None:
    """Half of the hosts is never three batches."""
    names = [str(number) for number in range(hosts)]
    assert [len(part) for part in batches(names, ["50%"])] == sizes


@pytest.mark.parametrize(
    ("extra", "begun"),
    [
        ({}, [("h1",), ("h2", "h3")]),
        ({"budget": "60"}, [("h1",), ("h2", "h3"), ("h4",)]),
        ({"budget": 49.5, "sizes": "3"}, [("h1", "h2", "h3"), ("h4",)]),
    ],
)
def test_batches_and_the_budget_may_be_templates(
    run: Runner, root: Path, extra: dict[str, object], begun: list[tuple[str, ...]]
) -> None:
    """Rendered with -e and the play's vars before the play begins; a text with a number in it is one."""
    more = """\
  vars: {sizes: [1, "50%"]}
  serial: "{{ sizes }}"
  max_fail_percentage: "{{ budget | default(0) }}"
"""
    tasks = play("- {name: t, fail: {msg: no}, when: inventory_hostname == 'h2'}", more=more)
    ran = run(tasks, inventory="h1,h2,h3,h4,", extra=extra)
    assert [event.hosts for event in ran.events if isinstance(event, PlayStarted)] == begun


def test_a_failed_host_takes_no_part_in_later_plays(run: Runner, root: Path) -> None:
    """The others go on; what they registered in the first play is known in the second."""
    text = play('- {name: t, command: "test {{ inventory_hostname }} = two", register: r}')
    text += play('- {name: later, debug: {msg: "{{ r.rc }} {{ hostvars.one.r is defined }}"}}')
    ran = run(text, inventory="one,two,")
    assert (ran.names("one"), ran.names("two")) == (["t"], ["t", "later"])
    assert ran.of("later").message == "0 True"


def test_hosts_do_not_wait_for_each_other(run: Runner, root: Path) -> None:
    """While one host hangs in its first task, another one goes through the whole play."""
    through = threading.Event()
    late: list[bool] = []

    def hang(_scripts: Sequence[str]) -> None:
        late.append(through.wait(60))

    def watch(_run: object, event: object) -> None:
        if isinstance(event, TaskEnded) and (event.host, event.task) == ("two", "last"):
            through.set()

    tasks = play("""
- {name: first, stat: {path: "{{ root }}"}}
- {name: last, stat: {path: /}}
""")
    ran = run(tasks, inventory="one,two,", hosts=Hosts(one=TestHost("one", before=hang)), watch=watch)
    assert late[0] is True
    assert ran.counts("one").ok == 2


def test_no_more_hosts_at_once_than_forks(run: Runner, root: Path) -> None:
    """With one fork, one host is through before the next one begins."""
    ran = run(play("- debug: {msg: x}\n- debug: {msg: x}"), inventory="a,b,c,", forks=1)
    assert [each.host for each in ran.tasks] == ["a", "a", "b", "b", "c", "c"]


def test_a_play_without_hosts_is_told(run: Runner, root: Path) -> None:
    """No host matched: a warning, and the next play goes on."""
    text = play("- {name: t, debug: {msg: x}}", hosts="none*") + play("- {name: u, debug: {msg: x}}")
    ran = run(text)
    assert ran.names() == ["u"]
    assert any(isinstance(event, Warned) and "no hosts matched" in event.message for event in ran.events)
