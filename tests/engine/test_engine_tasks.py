"""The keywords of a task mean what they mean in Ansible."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from runs import Hosts, Ran, TestHost, play

Runner = Callable[..., Ran]


def test_when_decides_whether_a_task_runs(run: Runner, root: Path) -> None:
    """All conditions of a list must hold; a skipped task registers that it was skipped."""
    tasks = play("""
- {name: runs, debug: {msg: x}, when: [true, 1 < 2]}
- {name: skipped, debug: {msg: x}, when: [true, 1 > 2], register: r}
- {name: knows, assert: {that: [r is skipped, not r is changed]}}
- {name: broken, debug: {msg: x}, when: nowhere == 1}
""")
    ran = run(tasks)
    assert [ran.status(name) for name in ("runs", "skipped", "knows", "broken")] == [
        "ok",
        "skipped",
        "ok",
        "failed",
    ]
    assert ran.of("skipped").message == "not so: 1 > 2"
    assert "nowhere" in ran.of("broken").message


def test_a_loop_runs_the_task_for_each_item_and_registers_the_results(run: Runner, root: Path) -> None:
    """loop_var, index_var and label name things; results hold each item; `when` is asked for each."""
    tasks = play("""
- name: many
  copy: {dest: "{{ root }}/{{ n }}-{{ file.name }}", content: "{{ file.name }}"}
  loop: [{name: a}, {name: b}, {name: skip}]
  loop_control: {loop_var: file, index_var: n, label: "file {{ file.name }}"}
  when: file.name != 'skip'
  register: made
- name: check
  assert:
    that:
      - made is changed
      - made.results | length == 3
      - made.results[0].file.name == 'a'
      - made.results[2] is skipped
- {name: empty, debug: {msg: x}, loop: []}
- {name: no list, debug: {msg: x}, loop: "{{ 5 }}"}
""")
    ran = run(tasks)
    assert ran.status("check") == "ok"
    assert (ran.status("empty"), ran.status("no list")) == ("skipped", "failed")
    assert "a loop needs a list" in ran.of("no list").message
    assert sorted(each.name for each in root.iterdir()) == ["0-a", "1-b"]


def test_a_failed_item_fails_the_task_and_not_the_other_items(run: Runner, root: Path) -> None:
    """All items are done; the message names the failed ones by their labels."""
    tasks = play("""
- name: many
  command: test {{ item }} != b
  loop: [a, b, c]
  ignore_errors: true
  register: r
- {name: check, assert: {that: [r is failed, 'r.results[2].rc == 0']}}
""")
    ran = run(tasks)
    assert ran.of("many").message.startswith("(b) exit status 1")
    assert ran.status("check") == "ok"


@pytest.mark.parametrize(
    ("control", "label"),
    [("", "(item 2) "), ("  loop_control: {label: 'server {{ item.name }}'}", "(server b) ")],
)
def test_a_long_item_is_not_written_out(run: Runner, root: Path, control: str, label: str) -> None:
    """Its label stands before its message, or its number where there is none."""
    tasks = play(
        """
- name: many
  assert: {that: item.name == 'a', fail_msg: "it is {{ item.name }}"}
  loop: "{{ [{'name': 'a'}, {'name': 'b', 'text': 'x' * 60}] }}"
"""
        + control
    )
    assert run(tasks).of("many").message == f"{label}it is b"


def test_facts_set_in_a_loop_are_seen_by_the_next_item(run: Runner, root: Path) -> None:
    """A list can be built up item by item."""
    tasks = play("""
- {set_fact: {names: "{{ names | default([]) + [item] }}"}, loop: [a, b, c]}
- {name: show, debug: {msg: "{{ names | join('-') }}"}}
""")
    assert run(tasks).of("show").message == "a-b-c"


@pytest.mark.parametrize(
    ("retries", "attempts", "status"),
    [
        ("retries: 3", 4, "failed"),
        ("retries: 0", 1, "changed"),
        ("delay: 0", 4, "failed"),
        ("retries: 5", 5, "changed"),
    ],
)
def test_until_is_tried_once_and_then_as_often_as_retries_say(
    run: Runner, root: Path, retries: str, attempts: int, status: str
) -> None:
    """`retries: n` means up to n + 1 attempts, and without it there are four; the last one counts."""
    needed = 5 if status == "changed" else 99
    more = "" if retries.startswith("delay") else f"\n  {retries}"
    tasks = play(f"""
- name: t
  shell: echo x >> {{{{ root }}}}/n; wc -l < {{{{ root }}}}/n
  register: r
  until: r.stdout | int >= {needed}
  delay: 0{more}
""")
    ran = run(tasks)
    assert (ran.status("t"), ran.of("t").attempts) == (status, attempts)
    assert len((root / "n").read_text().splitlines()) == attempts


def test_retries_without_until_repeat_what_failed(run: Runner, root: Path) -> None:
    """A failing task is repeated until it succeeds."""
    tasks = play("""
- name: t
  shell: echo x >> {{ root }}/n; test `wc -l < {{ root }}/n` -ge 3
  retries: 5
  delay: 0
""")
    ran = run(tasks)
    assert (ran.status("t"), ran.of("t").attempts) == ("changed", 3)


def test_each_attempt_asks_anew(run: Runner, root: Path) -> None:
    """`until` of a read-only command does not judge the first answer again and again."""
    asked: list[str] = []

    def count(scripts: Sequence[str]) -> None:
        asked.extend(scripts)
        if len(asked) == 3:
            (root / "there").write_text("x")

    tasks = play("""
- name: t
  command: {cmd: "test -f {{ root }}/there", read_only: true}
  register: r
  until: r.rc == 0
  retries: 9
  delay: 0
""")
    ran = run(tasks, hosts=Hosts(one=TestHost("one", before=count)))
    assert (ran.status("t"), ran.of("t").attempts) == ("ok", 3)


def test_changed_when_and_failed_when_judge(run: Runner, root: Path) -> None:
    """They see the registered result, and override what the module says."""
    tasks = play("""
- {name: quiet, command: "true", changed_when: false}
- {name: fine, command: "false", failed_when: r.rc > 1, register: r}
- {name: loud, debug: {msg: x}, changed_when: true}
- {name: bad, command: "echo no", register: r, failed_when: "'no' in r.stdout"}
""")
    ran = run(tasks)
    assert [each.status for each in ran.tasks] == ["ok", "changed", "changed", "failed"]


def test_each_of_several_conditions_must_hold(run: Runner, root: Path) -> None:
    """Lists of `failed_when` and `changed_when` are joined by "and"; an empty one says nothing."""
    tasks = play("""
- {name: both, command: "false", register: r, failed_when: [r.rc == 1, r.stdout == ''], ignore_errors: true}
- {name: one, command: "false", register: r, failed_when: [r.rc == 1, r.stdout == 'x']}
- {name: changed, debug: {msg: x}, changed_when: [true, false]}
- {name: none, debug: {msg: x}, changed_when: [], failed_when: []}
""")
    ran = run(tasks)
    assert [each.status for each in ran.tasks] == ["failed", "changed", "ok", "ok"]


def test_until_that_never_held_fails_no_task_that_says_itself_what_a_failure_is(
    run: Runner, root: Path
) -> None:
    """`failed_when` counts for the task, what is registered has failed; `retries: 0` asks for no `until`."""
    tasks = play("""
- {name: a, command: "false", until: r.rc == 5, register: r, failed_when: r.rc == 3, retries: 1, delay: 0}
- {name: b, debug: {msg: "{{ r.failed }}"}}
- {name: c, command: "echo {{ item }}", until: false, loop: [1, 2], failed_when: false, retries: 1, delay: 0}
- {name: d, command: "true", until: false, retries: 0}
- {name: e, command: "true", until: false, retries: 1, delay: 0}
""")
    ran = run(tasks)
    assert [each.status for each in ran.tasks] == ["changed", "ok", "changed", "changed", "failed"]
    assert ran.of("a").attempts == 2
    assert ran.of("a").message == "'until' did not hold in 2 attempts"
    assert ran.of("b").message == "True"


BROKEN = {
    "a parameter": 'copy: {dest: "{{ root }}/f", content: "{{ nothere }}"}',
    "a file of this machine": 'copy: {dest: "{{ root }}/f", src: nothere}',
    "a template of this machine": 'template: {dest: "{{ root }}/f", src: broken.j2}',
    "a condition": "assert: {that: nothere}",
    "the environment": 'command: "true"\n  environment: {A: "{{ nothere }}"}',
    "whom to become": 'command: "true"\n  become_user: "{{ nothere }}"\n  become: true',
    "an item": "command: \"echo {{ ['a'][item] }}\"\n  loop: [1]",
    "the verdict": 'command: "true"\n  changed_when: nothere',
}


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("task", BROKEN.values(), ids=BROKEN)
def test_no_verdict_hides_what_is_wrong_with_the_task_itself(
    run: Runner, root: Path, tmp_path: Path, task: str, *, dry_run: bool
) -> None:
    """`failed_when` judges what the host did; what cannot be rendered fails at once, once for all."""
    (tmp_path / "broken.j2").write_text("{{ nothere }}")
    tasks = play(f"- name: t\n  {task}\n  failed_when: false\n  retries: 3\n  delay: 3600")
    ran = run(tasks, dry_run=dry_run)
    assert ran.status("t") == "failed"
    assert "nothere" in ran.of("t").message or "broken.j2" in ran.of("t").message or "item" in task


def test_ignored_errors_are_told_and_do_not_stop(run: Runner, root: Path) -> None:
    """The task is shown as failed and ignored, and counted as ok and ignored."""
    ran = run(play("- {name: bad, fail: {msg: no}, ignore_errors: true}\n- {name: next, debug: {msg: x}}"))
    assert (ran.status("bad"), ran.of("bad").ignored) == ("failed", True)
    assert (ran.counts().failed, ran.counts().ignored, ran.counts().ok) == (0, 1, 2)


def test_the_environment_reaches_commands(run: Runner, root: Path) -> None:
    """Play and task combine; values are rendered and arrive unharmed."""
    tasks = play(
        """
- name: t
  shell: echo "$A-$B-$C"
  environment: {B: "{{ 1 + 1 }}", C: "it's $HOME `x`"}
  register: r
- {name: show, debug: {msg: "{{ r.stdout }}"}}
""",
        more="  environment: {A: play, B: play}\n",
    )
    assert run(tasks).of("show").message == "play-2-it's $HOME `x`"


def test_the_events_say_where_a_task_is_written(run: Runner, root: Path, tmp_path: Path) -> None:
    """Each event has file:line, module, play, and its rendered name."""
    event = run(play('- {name: "say {{ inventory_hostname }}", debug: {msg: x}}')).tasks[0]
    assert (event.place, event.module, event.play) == (f"{tmp_path}/playbook.yaml:4", "debug", "a play")
    assert event.task == "say one"


def test_a_local_file_is_found_beside_the_playbook(run: Runner, root: Path, tmp_path: Path) -> None:
    """In `files/` first, then beside it; where it was looked for is said if it is nowhere."""
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a").write_text("inner\n")
    (tmp_path / "a").write_text("outer\n")
    tasks = play("""
- {copy: {src: a, dest: "{{ root }}/"}}
- {name: nowhere, copy: {src: b, dest: "{{ root }}/b"}}
""")
    ran = run(tasks)
    assert (root / "a").read_text() == "inner\n"
    assert str(tmp_path / "files" / "b") in ran.of("nowhere").message
