"""`remediate apply`: what the plan shows and nothing else, on the hosts that are as it saw them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import pytest
from change_desk import PASSWORD, Desk, done
from ctrl_c import pressed_once
from own_hosts import OwnHosts
from runs import TestHost, down

from remediate.cli import applying
from remediate.cli.exit_codes import BAD_INPUT, DRIFTED, FAILED, UNREACHABLE
from remediate.errors import Unreachable
from remediate.plan_key import load_key
from remediate.review.plan import Plan, PlannedEffect, PlannedTask
from remediate.review.plan_file import read_plan, write_plan
from remediate.review.stamp import stamped


def test_from_the_plan_to_the_change(desk: Desk) -> None:
    """Planned, shown, approved by a colleague, applied; the history tells who, what, and with which plan."""
    bob = desk.colleague("bob")
    identity = desk.plan()[1].partition("change.plan: ")[2].split()[0]
    assert desk("approve", "change.plan", "--key", str(bob)) == (0, f"approved: {identity}\n", "")
    code, out, _ = desk.apply("--allowed-signers", "allowed_signers")
    assert code == 0
    assert "PLAY announce (2 hosts; apply)" in out
    for host in ("one", "two"):
        assert desk.on(host) == done(host)
    assert f"plan {identity[:12]}, approved by bob@example.com  2 hosts: 2 changed" in desk("history")[1]
    out = desk("history", "show", "1")[1]
    assert f"  plan {identity}, from {desk.plan_file}\n  approved by bob@example.com\n" in out
    assert desk("history", "verify")[0] == 0
    assert PASSWORD not in desk.stored()
    assert list((desk.folder / "tmp" / ".remediate-locks").iterdir()) == []
    assert not (desk.folder / "home" / ".remediate").exists()


def test_a_plan_is_applied_once(desk: Desk, hosts: OwnHosts) -> None:
    """The second time, nobody is contacted."""
    desk.plan()
    desk.apply()
    before = hosts.round_trips("one")
    code, _, err = desk.apply()
    assert code == BAD_INPUT
    assert err == (
        "remediate: this plan was applied already, by run 1 "
        "(see 'remediate history show 1'; make a new plan)\n"
    )
    assert hosts.round_trips("one") == before


def test_files_that_have_changed_since_do_not_matter(desk: Desk) -> None:
    """What is done is what the plan holds: the playbook may be edited or gone, the place another one."""
    desk.plan()
    (desk.folder / "p.yaml").write_text("- hosts: all\n  tasks:\n    - {name: worse, command: /bin/false}\n")
    assert desk.apply()[0] == 0
    assert desk.on("one") == done("one")


END = "    - {name: the end, shell: 'test ! -f {{ root }}/stop'}\n"

REFUSED = {
    "too early": (("--not-before", "2999-01-01"), (), "the plan may not be applied before 29"),
    "another key": (
        (),
        ("--state-dir", "other"),
        "change.plan was made with the key of another state directory",
    ),
    "no secret": (
        (),
        ("-e", "other=x"),
        "a secret is needed that is not given: door_password (give it as it was",
    ),
    "wrong secret": (
        (),
        ("-e", "door_password=wrong"),
        "not the value that it had when this was written: door_password (give the old value",
    ),
    "nobody approved": ((), ("--allowed-signers", "allowed_signers"), "1 approval is needed, and 0 count"),
    "nobody says whose": ((), ("--approvals", "1"), "nobody says whose (name a file: --allowed-signers)"),
    "no such file": (
        (),
        ("--allowed-signers", "nowhere"),
        "nowhere: cannot be read: No such file or directory",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(desk: Desk, hosts: OwnHosts, case: str) -> None:
    """With one line, exit code 1, and nothing contacted."""
    planned, applied, says = REFUSED[case]
    desk.plan("one,", *planned)
    before = hosts.round_trips("one")
    secret = () if "secret" in case else ("-e", "@secrets.yaml")
    code, out, err = desk("apply", "change.plan", *secret, *applied)
    assert (code, out) == (BAD_INPUT, "")
    assert says in err
    assert err.count("\n") == 1
    assert hosts.round_trips("one") == before
    assert desk.on("one") == {}
    assert not (desk.folder / "other").exists()


def test_what_comes_too_late_is_refused(desk: Desk, hosts: OwnHosts, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan whose window has closed since it was made."""

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Later":
            return cls(2998, 1, 1, 0, 0, 1, tzinfo=tz)

    assert desk.plan("one,", "--not-after", "2998-01-01")[0] == 0
    monkeypatch.setattr(applying, "datetime", Later)
    before = hosts.round_trips("one")
    code, _, err = desk.apply()
    assert code == BAD_INPUT
    assert "the plan may not be applied after 2998-01-01" in err
    assert hosts.round_trips("one") == before


@pytest.mark.parametrize("where", [0.1, 0.5, 0.9])
def test_an_edited_plan(desk: Desk, where: float) -> None:
    """One other letter: refused."""
    desk.plan("one,")
    data = bytearray(desk.plan_file.read_bytes())
    data[int(len(data) * where)] ^= 1
    desk.plan_file.write_bytes(data)
    code, _, err = desk.apply()
    assert code == BAD_INPUT
    assert "change.plan: has been changed since it was made (make it anew with 'remediate plan'" in err
    assert desk.on("one") == {}


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        (("root=elsewhere",), "root"),
        (("box=1", "other=2"), "box, other"),
        (('{"users": [{"name": "ann"}]}',), "users"),
        (('{"users": [{"name": "ann", "token": "x"}]}',), ""),
        (("unused_password=x",), ""),
        (("n=1",), ""),
    ],
)
def test_variables_of_a_plan_stay(desk: Desk, given: tuple[str, ...], refused: str) -> None:
    """With -e secrets are given again, and what was given before; what would have no effect is refused."""
    desk.plan("one,", "-e", "{n: 1}")
    code, _, err = desk.apply(*(word for each in given for word in ("-e", each)))
    assert (code == BAD_INPUT) is bool(refused)
    assert (f"only secrets are given again: {refused} (leave that out" in err) is bool(refused)
    assert desk.on("one") == ({} if refused else done("one"))


FORGED: dict[str, Callable[[Plan], Plan]] = {
    "what is done": lambda plan: _with_tasks(plan, effects=_harmless),
    "the name of a task": lambda plan: _with_tasks(plan, task=lambda _: "look around"),
    "a message": lambda plan: _with_tasks(plan, message=lambda _: "nothing to see"),
    "what is undecided": lambda plan: _with_tasks(plan, undecided=lambda _: (1,)),
    "a warning": lambda plan: replace(plan, warnings=("all is well",)),
    "the planner": lambda plan: replace(plan, planner="eve@office", planner_keys=()),
    "the window": lambda plan: replace(plan, not_after="2999-01-01T00:00:00+00:00"),
    "the stamp": lambda plan: replace(plan, stamp=""),
}


def _with_tasks(plan: Plan, **changes: Callable[[Any], Any]) -> Plan:
    def changed(task: PlannedTask) -> PlannedTask:
        return replace(task, **{name: change(getattr(task, name)) for name, change in changes.items()})

    return replace(
        plan,
        hosts=tuple(replace(host, tasks=tuple(map(changed, host.tasks))) for host in plan.hosts),
    )


def _harmless(effects: tuple[PlannedEffect, ...]) -> tuple[PlannedEffect, ...]:
    return tuple(replace(each, summary="look", diff="", no_undo="") for each in effects)


@pytest.mark.parametrize("case", FORGED)
def test_a_plan_that_shows_something_else(desk: Desk, hosts: OwnHosts, case: str) -> None:
    """Whoever writes its file anew, with right sums but without the key, has no plan; nobody is asked."""
    desk.plan("one,", "--not-after", "2998-01-01")
    plan = read_plan(desk.plan_file).plan
    forged = FORGED[case](plan)
    assert forged != plan
    write_plan(forged, desk.plan_file)
    before = hosts.round_trips("one")
    code, out, err = desk.apply()
    assert (code, out) == (BAD_INPUT, "")
    assert "change.plan is not as 'remediate plan' has made it with this key (make it anew" in err
    assert (desk.on("one"), hosts.round_trips("one")) == ({}, before)


SHOWN: dict[str, dict[str, Callable[[Any], Any]]] = {
    "what is done": {"effects": _harmless},
    "the name of a task": {"task": lambda _: "look around"},
    "its module": {"module": lambda _: "stat"},
    "what is undecided": {"undecided": lambda _: (-1,)},
    "who does it": {"asks_person": lambda _: True},
}


@pytest.mark.parametrize("case", SHOWN)
def test_a_plan_of_the_right_key_that_shows_something_else(desk: Desk, case: str) -> None:
    """What is shown of a change must be what the hosts come to, whoever made the plan; nothing is sent."""
    desk.plan("one,")
    plan = _with_tasks(read_plan(desk.plan_file).plan, **SHOWN[case])
    write_plan(stamped(plan, load_key(desk.folder / "state" / "remediate"))[0], desk.plan_file)
    code, _, err = desk.apply()
    assert code == DRIFTED
    assert "the plan shows it otherwise than it is:" in err
    assert desk.on("one") == {}


def test_approvals_that_do_not_count(desk: Desk) -> None:
    """A stranger's and the planner's own: told one by one; a colleague's is then enough, and two are not."""
    bob = desk.colleague("bob")
    desk.allow("me@example.com", desk.own_key)
    desk.plan("one,")
    for key in (desk.key("stranger"), desk.own_key):
        desk("approve", "change.plan", "--key", str(key))
    code, _, err = desk.apply("--allowed-signers", "allowed_signers")
    assert code == BAD_INPUT
    assert "1 approval is needed, and 0 count; the key SHA256:" in err
    assert "the approval by me@example.com is that of" in err
    desk("approve", "change.plan", "--key", str(bob))
    code, _, err = desk.apply("--allowed-signers", "allowed_signers", "--approvals", "2")
    assert code == BAD_INPUT
    assert "2 approvals are needed, and 1 counts (by bob@example.com)" in err
    assert desk.on("one") == {}
    assert desk.apply("--allowed-signers", "allowed_signers")[0] == 0


def test_what_has_drifted_is_refused(desk: Desk) -> None:
    """With what has changed; nothing is sent to it. The others go on, and the exit code is 3."""
    (desk.folder / "root" / "one").write_text("open\n")
    desk.plan()
    (desk.folder / "root" / "one").write_text("open till 9\n")
    code, out, err = desk.apply()
    assert code == DRIFTED
    assert "one: REFUSED: it is not as the plan saw it; nothing was sent to it\n  task 'the notice':\n" in err
    assert "-open\n" in err
    assert "+open till 9\n" in err
    assert "2 hosts: 1 changed, 1 failed, 0 unreachable, 1 stopped before the end\n" in out
    assert desk.on("one") == {"one": "open till 9\n"}
    assert desk.on("two") == done("two")


def test_all_or_nothing(desk: Desk) -> None:
    """Where one host has drifted, nothing is sent to any; when it is as before, the same plan is applied."""
    desk.plan()
    (desk.folder / "root" / "one").write_text("mine\n")
    code, out, err = desk.apply("--all-or-nothing")
    assert (code, out) == (DRIFTED, "")
    assert err.endswith("nothing was sent to any host\n")
    assert desk.on("two") == {}
    (desk.folder / "root" / "one").unlink()
    assert desk.apply("--all-or-nothing")[0] == 0


def test_what_somebody_else_has_done_already(desk: Desk) -> None:
    """A change that is not needed any more is drift, too, with the same diff."""
    desk.plan("one,")
    (desk.folder / "root" / "one").write_text(done("one")["one"])
    code, _, err = desk.apply()
    assert code == DRIFTED
    assert "/one has changed:\n" in err
    assert "+ask for (secret door_password)\n" in err
    assert "was changed, is now ok\n" in err


def test_what_fails_now(desk: Desk) -> None:
    """Why it does, and how much is not reached behind it, in a line each."""
    desk.plan("one,")
    (desk.folder / "root" / "one").mkdir()
    code, _, err = desk.apply()
    assert code == DRIFTED
    assert "was changed, is now failed: " in err
    assert "  not reached any more: task 'the bell' and 1 more\n" in err


def test_a_failure_is_worse_than_drift(desk: Desk) -> None:
    """Where one host fails and another one has drifted, the exit code is 2."""
    playbook = desk.folder / "p.yaml"
    playbook.write_text(playbook.read_text() + END)
    assert desk.plan()[0] == 0
    (desk.folder / "root" / "one").write_text("mine\n")
    (desk.folder / "root" / "stop").touch()
    code, out, err = desk.apply()
    assert code == FAILED
    assert "one: REFUSED" in err
    assert "failed       two  the end" in out


def test_a_comparison_that_the_play_stops(desk: Desk) -> None:
    """Where too many hosts fail now, those behind them are not compared; that is said, and nothing sent."""
    playbook = desk.folder / "p.yaml"
    more = "  hosts: all\n  serial: 1\n  max_fail_percentage: 0\n"
    playbook.write_text(playbook.read_text().replace("  hosts: all\n", more))
    desk.plan()
    (desk.folder / "root" / "one").mkdir()
    code, _, err = desk.apply()
    assert code == DRIFTED
    assert "two: REFUSED" in err
    assert "it was not compared to its end: the play stops when too many hosts fail" in err
    assert desk.on("two") == {}


def test_an_interrupted_comparison(desk: Desk, hosts: OwnHosts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the hosts are compared: nothing is sent, and no host is said to have drifted."""
    desk.plan()
    hosts.made["one"]._before = pressed_once(monkeypatch)
    code, out, err = desk.apply()
    assert (code, out) == (130, "")
    assert err.endswith("interrupted: nothing was sent to any host\n")
    assert "REFUSED" not in err
    assert (desk.on("one"), desk.on("two")) == ({}, {})


def test_a_host_that_cannot_be_reached(desk: Desk, hosts: OwnHosts, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told why, the others go on, and the exit code is 4; with --all-or-nothing nothing is sent."""
    desk.plan()

    def down(*_words: object, **_settings: object) -> None:
        raise Unreachable("refused the connection", where="one", cure="start sshd")

    monkeypatch.setattr(hosts.made["one"], "ask", down)
    code, _, err = desk.apply("--all-or-nothing")
    assert code == UNREACHABLE
    assert "one: UNREACHABLE: refused the connection (start sshd); nothing was sent to it\n" in err
    assert err.endswith("nothing was sent to any host\n")
    assert desk.on("two") == {}
    code, out, _ = desk.apply()
    assert code == UNREACHABLE
    assert "2 changed" not in out
    assert (desk.on("one"), desk.on("two")) == ({}, done("two"))


def test_a_host_that_is_asked_nothing_and_cannot_be_reached(desk: Desk, hosts: OwnHosts) -> None:
    """Also where only commands are run, it is no part of a plan; and of an apply, before anything is sent."""
    (desk.folder / "p.yaml").write_text(
        "- name: p\n  hosts: all\n  tasks:\n"
        "    - {name: the bell, shell: 'echo rung >> {{ root }}/{{ inventory_hostname }}.log'}\n"
    )
    hosts.made["gone"] = TestHost("gone", before=down)
    code, out, _ = desk.plan("one,gone,")
    assert code == UNREACHABLE
    assert "NOT in the change, for the dry run did not come to its end there: gone; " in out
    assert desk.plan("one,two,")[0] == 0
    hosts.made["two"] = TestHost("two", before=down)
    code, _, err = desk.apply("--all-or-nothing")
    assert code == UNREACHABLE
    assert "two: UNREACHABLE: refused the connection (start sshd); nothing was sent to it\n" in err
    assert err.endswith("nothing was sent to any host\n")
    assert desk.on("one") == {}
    assert "two: UNREACHABLE" in desk.apply()[2]
    assert desk.on("one") == {"one.log": "rung\n"}


def test_hosts_that_are_no_part_of_the_plan(desk: Desk, hosts: OwnHosts) -> None:
    """Where the dry run failed, nothing is asked again; a plan without any host is refused."""
    assert desk.plan("one,bad,")[0] == 2
    before = hosts.round_trips("bad")
    assert desk.apply()[0] == 0
    assert hosts.round_trips("bad") == before
    assert (desk.on("one"), desk.on("bad")) == (done("one"), {})
    desk.plan("bad,")
    code, _, err = desk.apply()
    assert code == BAD_INPUT
    assert "change.plan changes no host: the dry run came to its end on none" in err


def test_where_secrets_are_found(desk: Desk) -> None:
    """In the inventory that the plan was made of, from whatever directory; or in the one that is named."""
    kept = desk.folder / "inventory.yaml"
    text = f"all: {{hosts: {{one: {{door_password: {PASSWORD}}}}}}}\n"
    kept.write_text(text)
    root = ("-e", f"root={desk.folder}/root", "-o", "change.plan")
    for given in ((), ("-i", "elsewhere.yaml")):
        kept.write_text(text)
        desk("plan", "p.yaml", "-i", "inventory.yaml", *root)
        if given:
            kept.rename(desk.folder / "elsewhere.yaml")
        assert desk("apply", "change.plan", *given)[0] == 0
        assert desk.on("one") == done("one")
        for file in (desk.folder / "root").iterdir():
            file.unlink()


def test_secrets_are_found_from_another_directory(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan names whole paths."""
    (desk.folder / "inventory.yaml").write_text(f"all: {{hosts: {{one: {{door_password: {PASSWORD}}}}}}}\n")
    desk("plan", "p.yaml", "-i", "inventory.yaml", "-e", f"root={desk.folder}/root", "-o", "change.plan")
    monkeypatch.chdir(desk.folder / "tmp")
    assert desk("apply", "../change.plan")[0] == 0
    assert desk.on("one") == done("one")


def test_secrets_are_asked_for_at_a_terminal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each that is found nowhere once, by the variable's name, unseen."""
    desk.plan("one,")
    asked: list[tuple[str, object]] = []

    def prompt(text: str, *, hide_input: bool, **_settings: object) -> str:
        asked.append((text, hide_input))
        return PASSWORD

    monkeypatch.setattr("click.prompt", prompt)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    assert desk("apply", "change.plan")[0] == 0
    assert asked == [("door_password", True)]
    assert desk.on("one") == done("one")


DEMANDS = {
    'allowed_signers = "allowed_signers"': "1 approval is needed, and 0 count",
    'approvals = 2\nallowed_signers = "allowed_signers"': "2 approvals are needed, and 0 count",
    "approvals = 1": "approvals are demanded, and nobody says whose",
    "approvals = 0": "",
    "approvals = true": "remediate.toml:1: not understood: a value of the wrong kind (it may have [apply]",
    'approvals = "one"': "remediate.toml:1: not understood: a value of the wrong kind",
    "approvers = 2": "remediate.toml:2: not understood: approvers (it may have [apply] with approvals",
    "approvals": "remediate.toml: cannot be read: ",
}


@pytest.mark.parametrize("text", DEMANDS)
def test_what_is_demanded_in_this_directory(desk: Desk, text: str) -> None:
    """`remediate.toml` demands approvals by itself; what it cannot mean is told."""
    desk.plan("one,")
    (desk.folder / "remediate.toml").write_text(f"[apply]\n{text}\n")
    code, _, err = desk.apply()
    assert (code == 0) == (DEMANDS[text] == "")
    assert DEMANDS[text] in err


def test_a_toml_that_means_something_else(desk: Desk) -> None:
    """`apply` is a table."""
    desk.plan("one,")
    (desk.folder / "remediate.toml").write_text("apply = 1\n")
    assert "remediate.toml: not understood: apply" in desk.apply()[2]


def test_demands_cannot_be_lowered(desk: Desk, tmp_path: Path) -> None:
    """Neither by --approvals nor by another file of signers."""
    (desk.folder / "remediate.toml").write_text(
        '[apply]\napprovals = 1\nallowed_signers = "allowed_signers"\n'
    )
    desk.plan("one,")
    assert "1 approval is needed, and 0 count" in desk.apply("--approvals", "0")[2]
    code, _, err = desk.apply("--allowed-signers", "mine")
    assert code == BAD_INPUT
    assert "whose approvals count, remediate.toml says: " in err
    desk("approve", "change.plan", "--key", str(desk.colleague("bob")))
    assert desk.apply("--approvals", "0")[0] == 0


def test_the_same_drift_is_told_once(desk: Desk) -> None:
    """In words, with an octal mode, after the hosts on which it is."""
    shared = desk.folder / "root" / "shared"
    shared.touch(mode=0o644)
    task = '{name: closed, file: {path: "{{ root }}/shared", mode: "0600"}}'
    (desk.folder / "p.yaml").write_text(f"- name: p\n  hosts: all\n  tasks:\n    - {task}\n")
    assert desk.plan()[0] == 0
    shared.chmod(0o640)
    code, _, err = desk.apply()
    assert code == DRIFTED
    assert [line.strip() for line in err.splitlines() if "mode:" in line] == ["-mode: 0644", "+mode: 0640"]
    refused = "REFUSED: it is not as the plan saw it; nothing was sent to it\n"
    assert err.startswith(f"one: {refused}two: {refused}  on these 2 hosts the same:\n  task 'closed':\n")
    assert "PathStatus" not in err


def test_a_directory_that_has_become_a_link(desk: Desk) -> None:
    """The file is the same and lies elsewhere: the plan was made for another place."""
    folder = desk.folder / "root" / "etc"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "conf").write_text("a\n")
    task = '{name: line, lineinfile: {path: "{{ root }}/etc/app/conf", line: b}}'
    (desk.folder / "p.yaml").write_text(f"- name: p\n  hosts: all\n  tasks:\n    - {task}\n")
    assert desk.plan("one,")[0] == 0
    folder.rename(desk.folder / "root" / "elsewhere")
    folder.symlink_to("elsewhere")
    code, _, err = desk.apply()
    assert code == DRIFTED
    assert f"+{folder} -> elsewhere" in err
    assert (folder / "app" / "conf").read_text() == "a\n"
