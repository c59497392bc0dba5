"""Which variables a task sees, what is data and never rendered, and what no_log hides."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from runs import Hosts, Ran, TestHost, play

Runner = Callable[..., Ran]

GROUPS = """\
all:
  vars: {colour: inventory, url: "http://{{ inventory_hostname }}/{{ colour }}"}
  children:
    web: {hosts: {one: {}, two: {colour: own}}}
    db: {hosts: {three: {}}}
"""


def test_the_precedence_of_variables(run: Runner, root: Path) -> None:
    """extra before facts before the task's before the play's before the inventory's."""
    show = '- {name: NAME, debug: {msg: "{{ colour }}"}}'
    fact = "- set_fact: {colour: fact}"
    task = show.replace("}}", "}}", 1)[:-1] + ", vars: {colour: task}}"
    steps = [
        show.replace("NAME", "play"),
        task.replace("NAME", "task"),
        fact,
        task.replace("NAME", "fact"),
    ]
    with_vars = play("\n".join(steps), more="  vars: {colour: play}\n")
    ran = run(with_vars, inventory=GROUPS, limit="one")
    assert [ran.of(name).message for name in ("play", "task", "fact")] == ["play", "task", "fact"]
    ran = run(with_vars, inventory=GROUPS, limit="one", extra={"colour": "extra"})
    assert {ran.of(name).message for name in ("play", "task", "fact")} == {"extra"}
    ran = run(play(show), inventory=GROUPS, limit="two")
    assert ran.of("NAME").message == "own"


def test_what_a_host_knows_of_the_inventory(run: Runner, root: Path) -> None:
    """inventory_hostname, group_names, groups, and the variables of other hosts, rendered for those."""
    tasks = play("""
- {name: me, debug: {msg: "{{ inventory_hostname }} {{ group_names }} {{ groups.web }}"}}
- {name: other, debug: {msg: "{{ hostvars.two.url }} {{ hostvars['three'].group_names }}"}}
- {name: mode, debug: {msg: "{{ ansible_check_mode }}"}}
""")
    ran = run(tasks, inventory=GROUPS, limit="one", dry_run=True)
    assert ran.of("me").message == "one ['web'] ['one', 'two']"
    assert ran.of("other").message == "http://two/own ['db']"
    assert ran.of("mode").message == "True"


def test_hostvars_show_what_the_host_itself_has_registered(run: Runner, root: Path) -> None:
    """Of the host itself as it is now, also where it is looked ahead; of others as the play began."""
    tasks = play(
        """
- {set_fact: {colour: "{{ inventory_hostname }} fact"}}
- {name: own, copy: {dest: "{{ root }}/{{ inventory_hostname }}", content: "{{ mine.colour }}"}}
- {set_fact: {colour: "{{ inventory_hostname }} later"}}
- {name: later, copy: {dest: "{{ root }}/{{ inventory_hostname }}.l", content: "{{ mine.colour }}"}}
- {name: other, debug: {msg: "{{ hostvars.two.colour }}"}}
""",
        more='  vars: {mine: "{{ hostvars[inventory_hostname] }}"}\n',
    )
    ran = run(tasks, inventory=GROUPS, limit="one,two")
    assert (root / "one").read_text() == "one fact"
    assert (root / "one.l").read_text() == "one later"
    assert ran.of("other", "one").message == "own"
    assert ran.of("other", "two").message == "two later"


@pytest.mark.parametrize(
    "text", ["{{ 7*7 }}", "{{ lookup('env', 'HOME') }}", "{% for x in y %}", "{# gone #}"]
)
def test_what_a_host_prints_is_never_rendered(run: Runner, root: Path, text: str) -> None:
    """Through register, set_fact, loops and conditions, text from a host stays text."""
    (root / "evil").write_text(text + "\n")
    tasks = play("""
- {command: {cmd: "cat {{ root }}/evil", read_only: true}, register: said}
- {set_fact: {fact: "{{ said.stdout }}"}}
- {name: show, debug: {msg: "{{ fact }}"}}
- {name: looped, debug: {msg: "{{ item }}"}, loop: "{{ said.stdout_lines }}"}
- {name: through vars, debug: {msg: "{{ v }}"}, vars: {v: "{{ fact }}"}}
- {name: var, debug: {var: fact}}
- {name: copied, copy: {dest: "{{ root }}/copy", content: "{{ fact }}"}}
""")
    ran = run(tasks)
    assert ran.counts().failed == 0
    assert [ran.of(name).result["msg"] for name in ("show", "through vars")] == [text, text]
    assert ran.of("looped").message.endswith(text)
    assert (root / "copy").read_text() == text


def test_no_log_hides_everything(run: Runner, root: Path) -> None:
    """No secret in any event, diff, reason or journal line, also when the task fails or is unknown."""
    tasks = play("""
- {name: writes, copy: {dest: "{{ root }}/a", content: "s3cret\\n"}, no_log: true}
- {name: runs, command: "echo s3cret", no_log: true, register: r}
- {name: user, debug: {msg: "{{ r.rc }}"}}
- {name: touched, command: {cmd: "true s3cret", changes: ["{{ root }}/b"]}, no_log: true}
- {name: reader, stat: {path: "{{ root }}/b"}}
- {name: looped, debug: {msg: "{{ item }}"}, loop: [s3cret], no_log: true}
- {name: "named {{ 's3' + 'cret' }}", debug: {msg: x}, no_log: true}
- {name: fails, command: "false s3cret", no_log: true}
""")
    for dry_run in (True, False):
        ran = run(tasks, dry_run=dry_run)
        told = repr([*ran.events, *ran.journal.lines])
        assert "s3cret" not in told.replace("{{ 's3' + 'cret' }}", "")
        assert "hidden: no_log" in told


def test_no_log_does_not_hide_why_a_host_is_unreachable(run: Runner, root: Path) -> None:
    """The connection's words hold no secret of the task, and the administrator needs them."""

    def gone(_scripts: Sequence[str]) -> None:
        from remediate.errors import Unreachable

        raise Unreachable("refused")

    ran = run(play("- {name: t, command: x, no_log: true}"), hosts=Hosts(one=TestHost("one", before=gone)))
    assert ran.of("t").message == "refused"


def test_a_doubt_goes_through_variables_behind_variables(run: Runner, root: Path) -> None:
    """What rests on a provisional answer by way of two variables of the play is provisional, too."""
    tasks = play(
        """
- {name: opaque, command: "touch {{ root }}/b"}
- {name: look, stat: {path: "{{ root }}/a"}, register: a}
- {name: made, copy: {dest: "{{ root }}/c", content: "{{ words }}"}}
- {name: apart, debug: {msg: "{{ other }}"}}
""",
        more='  vars: {words: "it is {{ there }}", there: "{{ a.stat.exists }}", other: x}\n',
    )
    ran = run(tasks, dry_run=True)
    assert (ran.of("made").certainty, ran.of("apart").certainty) == ("provisional", "known")
