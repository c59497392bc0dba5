"""A dry run: what it foresees, and that it tells known, provisional and unknown apart."""

from collections.abc import Callable
from pathlib import Path

import pytest
from local_host import tree
from runs import Ran, play

Runner = Callable[..., Ran]


def test_a_later_task_sees_the_file_that_an_earlier_one_will_create(run: Runner, root: Path) -> None:
    """A line is foreseen in a file that is not there yet, and nothing is written."""
    tasks = play("""
- name: create
  copy: {dest: "{{ root }}/a", content: "one\\n"}
- name: edit
  lineinfile: {path: "{{ root }}/a", line: two}
- name: hold
  lineinfile: {path: "{{ root }}/a", line: one}
""")
    ran = run(tasks, dry_run=True)
    assert ran.status("create") == ran.status("edit") == "changed"
    assert ran.status("hold") == "ok"
    assert " one\n+two\n" in ran.of("edit").diff
    assert tree(root) == {}
    assert all(each.certainty == "known" for each in ran.tasks)


def test_a_later_task_sees_the_directory_the_link_and_the_removal(run: Runner, root: Path) -> None:
    """Directories, links and removals of earlier tasks count as there, and as gone."""
    (root / "old").write_text("x\n")
    tasks = play("""
- file: {path: "{{ root }}/d", state: directory}
- name: inside
  copy: {dest: "{{ root }}/d/f", content: x}
- file: {path: "{{ root }}/l", state: link, src: "{{ root }}/d"}
- {name: the link, stat: {path: "{{ root }}/l"}, register: link}
- {name: link is there, assert: {that: [link.stat.islnk]}}
- file: {path: "{{ root }}/old", state: absent}
- {name: the old, stat: {path: "{{ root }}/old"}, register: old}
- {name: old is gone, assert: {that: [not old.stat.exists]}}
- {name: gone already, file: {path: "{{ root }}/old", state: absent}}
""")
    before = tree(root)
    ran = run(tasks, dry_run=True)
    assert ran.counts().failed == 0
    assert ran.counts().changed == 4
    assert ran.status("gone already") == "ok"
    assert tree(root) == before


def test_an_opaque_command_makes_what_follows_provisional(run: Runner, root: Path) -> None:
    """After a command that says nothing of what it changes, no answer of the host is certain."""
    (root / "a").write_text("x\n")
    tasks = play("""
- {name: before, lineinfile: {path: "{{ root }}/a", line: y}}
- {name: opaque, command: "touch {{ root }}/b"}
- {name: after, copy: {dest: "{{ root }}/c", content: z}}
- {name: by itself, debug: {msg: hello}}
""")
    ran = run(tasks, dry_run=True)
    assert [ran.of(name).certainty for name in ("before", "opaque", "after", "by itself")] == [
        "known",
        "known",
        "provisional",
        "known",
    ]
    assert "task 'opaque'" in ran.of("after").message


def test_a_command_that_names_what_it_changes_clouds_only_that(run: Runner, root: Path) -> None:
    """With `changes`, that path's content is unknown and all others stay known."""
    (root / "a").write_text("x\n")
    (root / "b").write_text("x\n")
    tasks = play("""
- {name: told, command: {cmd: "cp {{ root }}/b {{ root }}/a", changes: ["{{ root }}/a"]}}
- {name: same path, lineinfile: {path: "{{ root }}/a", line: y}}
- {name: other path, lineinfile: {path: "{{ root }}/b", line: y}}
""")
    ran = run(tasks, dry_run=True)
    assert ran.status("same path") == "unknown"
    assert (ran.status("other path"), ran.of("other path").certainty) == ("changed", "provisional")


def test_a_query_between_does_not_cloud(run: Runner, root: Path) -> None:
    """Of a path that a command changed a query is unknown, and nothing after the query is less certain."""
    tasks = play("""
- {name: told, command: {cmd: "touch {{ root }}/a", changes: ["{{ root }}/a"]}}
- {name: look, stat: {path: "{{ root }}/a"}, register: seen}
- {name: elsewhere, copy: {dest: "{{ root }}/b", content: x}}
""")
    ran = run(tasks, dry_run=True)
    assert (ran.status("look"), ran.of("elsewhere").certainty) == ("unknown", "known")


def test_registered_output_is_unknown_and_so_is_what_uses_it(run: Runner, root: Path) -> None:
    """A dry run never guesses what a command will print; what comes after such a task is provisional."""
    tasks = play("""
- {name: ask, command: "echo hello", register: said}
- {name: use, copy: {dest: "{{ root }}/a", content: "{{ said.stdout }}"}}
- {name: show, debug: {msg: "{{ said.stdout }}"}}
- {name: known part, debug: {msg: "{{ said.cmd | join(' ') }} {{ said is changed }}"}}
- {name: after, copy: {dest: "{{ root }}/b", content: x}}
""")
    ran = run(tasks, dry_run=True)
    assert [ran.status(name) for name in ("use", "show", "known part")] == ["unknown", "unknown", "ok"]
    assert ran.of("show").message == "unknown until applied: task 'ask'"
    assert ran.of("known part").message == "echo hello True"
    assert ran.of("after").certainty == "provisional"
    applied = run(tasks)
    assert (root / "a").read_text() == "hello"
    assert applied.counts().unknown == 0


def test_an_unknown_condition_shows_what_may_come(run: Runner, root: Path) -> None:
    """Where only the condition is unknown, the change is shown as one that may come; it clouds its path."""
    tasks = play("""
- {name: ask, command: {cmd: "true", changes: []}, register: said}
- {name: perhaps, copy: {dest: "{{ root }}/a", content: "x\\n"}, when: said.rc == 0}
- {name: same path, lineinfile: {path: "{{ root }}/a", line: y, create: true}}
- {name: other path, copy: {dest: "{{ root }}/b", content: x}}
""")
    ran = run(tasks, dry_run=True)
    assert ran.status("perhaps") == "unknown"
    assert "+x" in ran.of("perhaps").diff
    assert ran.of("same path").certainty == "provisional"
    assert ran.of("other path").certainty == "known"


def test_a_failure_that_an_earlier_task_may_prevent_is_unknown(run: Runner, root: Path) -> None:
    """A plan does not fail for what a command before it may still mend; it says what it rests on."""
    tasks = play("""
- {name: makes it, command: "cp /dev/null {{ root }}/made"}
- {name: needs it, lineinfile: {path: "{{ root }}/made", line: x}}
- {name: look, command: {cmd: "cat {{ root }}/made", read_only: true}, register: seen}
- {name: demand, assert: {that: [seen.rc == 0]}}
- {name: last, copy: {dest: "{{ root }}/b", content: x}}
""")
    ran = run(tasks, dry_run=True)
    assert ran.counts().failed == 0
    assert [ran.status(name) for name in ("needs it", "look", "demand")] == ["unknown"] * 3
    assert "is not there" in ran.of("needs it").message
    assert ran.status("last") == "changed"
    assert run(tasks).counts().failed == 0


def test_a_failure_that_is_certain_fails_the_dry_run(run: Runner, root: Path) -> None:
    """What does not hold now, and no earlier task touches, is a failure in the dry run too."""
    tasks = play("""
- {name: needs it, lineinfile: {path: "{{ root }}/missing", line: x}}
- {name: never, debug: {msg: x}}
""")
    ran = run(tasks, dry_run=True)
    assert ran.names() == ["needs it"]
    assert ran.counts().failed == 1


def test_a_doubtful_registered_value_makes_its_users_provisional(run: Runner, root: Path) -> None:
    """What was read after an opaque command is provisional, and so is every task that uses it."""
    tasks = play("""
- {name: opaque, command: "true"}
- {name: look, stat: {path: "{{ root }}/a"}, register: seen}
- {name: use, debug: {msg: "{{ seen.stat.exists }}"}}
- {name: by condition, debug: {msg: x}, when: not seen.stat.exists}
- {name: not it, debug: {msg: x}}
""")
    ran = run(tasks, dry_run=True)
    assert [ran.of(name).certainty for name in ("look", "use", "by condition", "not it")] == [
        "provisional",
        "provisional",
        "provisional",
        "known",
    ]


def test_a_dry_run_does_not_wait_for_what_only_the_apply_can_bring(run: Runner, root: Path) -> None:
    """`until` on an answer that an earlier command may change is unknown after one attempt."""
    tasks = play("""
- {name: starts it, command: "touch {{ root }}/up"}
- name: is it up
  command: {cmd: "test -f {{ root }}/up", read_only: true}
  register: up
  until: up.rc == 0
  retries: 5
  delay: 3600
""")
    ran = run(tasks, dry_run=True)
    assert (ran.status("is it up"), ran.of("is it up").attempts) == ("unknown", 1)
    assert run(tasks).status("is it up") == "ok"


def test_a_fact_that_may_be_set_is_unknown(run: Runner, root: Path) -> None:
    """Whether set_fact takes effect may be unknown: its old value must not be taken for certain."""
    tasks = play("""
- {name: ask, command: {cmd: "true", changes: []}, register: said}
- set_fact: {colour: red}
- {name: perhaps, set_fact: {colour: blue, other: 1}, when: said.rc == 0}
- {name: show, debug: {msg: "{{ colour }}"}}
- {name: new, debug: {msg: "{{ other }}"}}
""")
    ran = run(tasks, dry_run=True)
    assert [ran.status(name) for name in ("perhaps", "show", "new")] == ["unknown"] * 3
    assert run(tasks).of("show").message == "blue"


def test_a_handler_that_may_be_notified_is_shown_as_such(run: Runner, root: Path) -> None:
    """A task that is unknown may notify: its handler is in the plan, and unknown; a sure one is changed."""
    more = """\
  handlers:
    - {name: restart, copy: {dest: "{{ root }}/restarted", content: x}}
    - {name: reload, copy: {dest: "{{ root }}/reloaded", content: x}}
    - {name: unused, debug: {msg: x}}
"""
    tasks = play(
        """
- {name: ask, command: {cmd: "true", changes: []}, register: said, changed_when: false}
- {copy: {dest: "{{ root }}/a", content: x}, when: said.rc == 0, notify: [restart, reload]}
- {copy: {dest: "{{ root }}/b", content: x}, notify: reload}
""",
        more=more,
    )
    ran = run(tasks, dry_run=True)
    assert (ran.status("restart"), ran.status("reload")) == ("unknown", "changed")
    assert "+x" in ran.of("restart").diff
    assert "unused" not in ran.names()
    assert run(tasks).status("restart") == "changed"


def test_the_results_of_a_loop_are_unknown_where_its_items_are(run: Runner, root: Path) -> None:
    """Whether a loop of commands failed cannot be told before it ran; that it changes can."""
    tasks = play("""
- {name: ask, command: "echo {{ item }}", loop: [a, b], register: said}
- {name: changed, debug: {msg: "{{ said.changed }}"}}
- {name: failed, debug: {msg: "{{ said.failed }}"}}
""")
    ran = run(tasks, dry_run=True)
    assert ran.of("changed").message == "True"
    assert ran.status("failed") == "unknown"


@pytest.mark.parametrize("dry_run", [True, False])
def test_only_an_apply_is_journalled(run: Runner, root: Path, dry_run: bool) -> None:
    """A dry run writes no intent; an apply writes one for each effect, and its outcome after it."""
    ran = run(play("""- {name: t, copy: {dest: "{{ root }}/a", content: x}}"""), dry_run=dry_run)
    expected = [] if dry_run else [("intend", ("one", "t", f"create {root}/a")), ("conclude", (1, "done"))]
    assert ran.journal.lines == expected


def test_a_fact_from_what_was_not_run_is_unknown(run: Runner, root: Path) -> None:
    """`set_fact` from a command's output neither fails the plan nor lets an older value stand in."""
    tasks = play("""
- set_fact: {y: old}
- {command: echo hi, register: o}
- set_fact: {y: "{{ o.stdout }}"}
- debug: {msg: "{{ y }}"}
""")
    ran = run(tasks, dry_run=True)
    assert ran.counts().failed == 0
    assert ran.counts().unknown == 2


RESCUED = """
- block:
    - {name: change, copy: {dest: "{{ root }}/a", content: x}}
    - {name: install, command: "sh {{ root }}/installer", when: installing | default(true)}
  rescue:
    - {name: take back, file: {path: "{{ root }}/a", state: absent}, register: taken}
    - {name: report, debug: {msg: "{{ ansible_failed_task.name }}"}}
- {name: after, copy: {dest: "{{ root }}/b", content: y}, when: taken is not defined}
"""


def test_a_rescue_is_shown_as_what_may_be_done(run: Runner, root: Path) -> None:
    """What a failure would set off is in the plan, and what follows is not certain."""
    ran = run(play(RESCUED), dry_run=True)
    assert ran.status("take back") == "unknown"
    assert ran.of("take back").effects == (f"remove {root}/a",)
    assert "only if the block at" in ran.of("take back").message
    assert ran.status("report") == "unknown"
    assert (ran.status("after"), ran.of("after").certainty) == ("changed", "provisional")
    (root / "installer").write_text("exit 3\n")
    assert [each.task for each in run(play(RESCUED)).tasks] == [
        "change",
        "install",
        "take back",
        "report",
        "after",
    ]


def test_a_rescue_of_what_cannot_fail_is_not_shown(run: Runner, root: Path) -> None:
    """Where the block has nothing to do, there is nothing to mend."""
    (root / "a").write_text("x")
    ran = run(play(RESCUED), dry_run=True, extra={"installing": False})
    assert ran.names() == ["change", "install", "after"]
