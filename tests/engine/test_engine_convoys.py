"""Changes of several tasks that go to a host as one script: which of them go together."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from convoys import FOUR, Line, Runner
from runs import Hosts, TestHost, play


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
