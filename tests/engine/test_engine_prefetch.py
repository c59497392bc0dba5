"""How often a host is asked: probes of all tasks whose parameters are known go in one round trip."""

from collections.abc import Callable
from pathlib import Path

import pytest
from runs import Ran, play

Runner = Callable[..., Ran]


def asks(ran: Ran) -> list[int]:
    """How many scripts each round trip of the host carried; one is about the links on the others' way."""
    return [len(scripts) for scripts in ran.hosts.made["one"].sent]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_converged_play_is_one_round_trip(run: Runner, root: Path, dry_run: bool) -> None:
    """Fifty tasks on fifty files that are as they should be cost one round trip, of a script a kind."""
    for number in range(50):
        (root / str(number)).write_text("line\n")
    tasks = play("\n".join(f'- lineinfile: {{path: "{{{{ root }}}}/{n}", line: line}}' for n in range(50)))
    ran = run(tasks, dry_run=dry_run)
    assert ran.counts().ok == 50
    assert asks(ran) == [1 + 2]


def test_a_dry_run_that_finds_changes_is_one_round_trip(run: Runner, root: Path) -> None:
    """What was foreseen is not asked again."""
    tasks = play("""
- {copy: {dest: "{{ root }}/a", content: "{{ item }}"}, loop: [x, y]}
- {lineinfile: {path: "{{ root }}/a", line: z}}
- {file: {path: "{{ root }}/d", state: directory}, when: inventory_hostname == 'one'}
- block: [{copy: {dest: "{{ root }}/d/e", content: x}}]
""")
    ran = run(tasks, dry_run=True)
    assert ran.counts().changed == 4
    assert len(asks(ran)) == 1


def test_an_effect_and_its_proof_are_one_round_trip(run: Runner, root: Path) -> None:
    """Guard, change and the questions that prove it travel together, those about one path as one script."""
    ran = run(play("""- {copy: {dest: "{{ root }}/a", content: x}}"""))
    assert asks(ran) == [1 + 2, 1 + 1]


def test_what_cannot_be_rendered_yet_is_asked_in_its_turn(run: Runner, root: Path) -> None:
    """A task that needs a registered value is asked when that is there; skipped tasks ask nothing."""
    tasks = play("""
- {stat: {path: "{{ root }}"}, register: r}
- {stat: {path: "{{ root }}/{{ r.stat.isdir }}"}}
- {stat: {path: "{{ root }}/never"}, when: false}
""")
    assert asks(run(tasks)) == [1 + 1, 1 + 1]


def test_a_host_with_nothing_to_ask_is_not_contacted(run: Runner, root: Path) -> None:
    """A play of debug, set_fact and assert needs no connection."""
    tasks = play("- set_fact: {a: 1}\n- assert: {that: [a == 1]}\n- debug: {var: a}")
    assert asks(run(tasks)) == []
