"""`remediate plan` and `remediate show`: a plan is written and shown, and changes nothing."""

import os
from pathlib import Path

import pytest
from change_desk import PASSWORD, PLAYBOOK, Desk
from runs import Hosts, TestHost, down

from remediate.review.plan_file import read_plan


def test_a_plan_is_kept_and_nothing_changed(desk: Desk) -> None:
    """The file is there for its owner alone, shows every change, and the hosts are as before."""
    code, out, _ = desk.plan()
    assert code == 0
    assert "The plan is in change.plan: " in out
    assert desk.plan_file.stat().st_mode & 0o777 == 0o600
    assert desk.on("one") == {}
    assert not (desk.folder / "state" / "remediate" / "remediate.db").exists()
    identity = out.partition("change.plan: ")[2].split()[0]
    code, out, _ = desk("show", "change.plan")
    assert code == 0
    assert f"Identity     {identity}\n" in out
    assert "Approved by  nobody yet\n" in out
    assert "Secrets      door_password (not in the plan; asked for again at apply)\n" in out
    assert "+ask for (secret door_password)\n" in out
    assert "cannot be undone: a command without 'undo'\n" in out
    assert "Plan: 4 changes on 2 of 2 hosts (+ 2  ~ 2  - 0); 2 cannot be undone\n" in out


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("retries: 3", "tried up to 4 times"),
        ("until: r.rc == 5", "tried up to 4 times"),
        ("retries: 1, loop: [a]", "(a) tried up to 2 times"),
        ("retries: 1, when: said.stdout == 'x'", "tried up to 2 times"),
        ("retries: 1, when: inventory_hostname == 'two'", ""),
        ("retries: 0", ""),
    ],
)
def test_what_may_be_tried_again(desk: Desk, more: str, told: str) -> None:
    """A change that an apply may make several times says so, in the plan and wherever it is shown."""
    (desk.folder / "p.yaml").write_text(
        "- name: p\n  hosts: all\n  tasks:\n"
        "    - {name: look, command: ls, register: said}\n"
        f"    - {{name: the bell, shell: 'echo rung >> {{{{ root }}}}/one.log', register: r, {more}}}\n"
    )
    for out in (desk.plan("one,")[1], desk("show", "change.plan")[1]):
        assert told in out
        assert (" times" in out) is bool(told)


def test_a_plan_behind_a_link(desk: Desk) -> None:
    """It is written, and approved, where the link leads, and the link stays."""
    desk.plan_file.symlink_to(desk.folder / "root" / "real.plan")
    assert desk.plan("one,")[0] == 0
    assert desk("approve", "change.plan", "--key", str(desk.colleague("bob")))[0] == 0
    assert desk.plan_file.is_symlink()
    assert len(read_plan(desk.folder / "root" / "real.plan").approvals) == 1


def test_views_for_other_readers(desk: Desk) -> None:
    """`plan` and `show` write the same page and the same Markdown; `show` then prints nothing."""
    desk.plan("one,", "--html", "change.html", "--markdown", "change.md")
    assert desk("show", "change.plan", "--html", "again.html", "--markdown", "again.md") == (0, "", "")
    for kind, beginning in (("html", "<!doctype html>"), ("md", "# Change plan: ")):
        page = (desk.folder / f"change.{kind}").read_text()
        assert page.lower().startswith(beginning.lower())
        assert page == (desk.folder / f"again.{kind}").read_text()
    assert PASSWORD not in desk.stored()


def test_a_host_on_which_the_dry_run_fails_is_no_part(desk: Desk) -> None:
    """It is named, by `plan` and by `show`; the plan is written, and the exit code is 2."""
    code, out, _ = desk.plan("one,bad,")
    assert code == 2
    assert "NOT in the change, for the dry run did not come to its end there: bad; " in out
    assert "will not touch them" in out
    out = desk("show", "change.plan")[1]
    assert "Not in the change: the dry run did not come to its end there:\n" in out
    assert "  failed: broken: not for this one\n    on bad\n" in out
    assert "1 host not in the change" in out


def test_a_host_that_cannot_be_reached_is_no_part(desk: Desk, hosts: Hosts) -> None:
    """Nor is one that fails, and the exit code is 4."""
    hosts.made["gone"] = TestHost("gone", before=down)
    code, out, _ = desk.plan("one,gone,")
    assert code == 4
    assert "did not come to its end there: gone; " in out
    assert "refused the connection" in desk("show", "change.plan")[1]


def test_a_host_that_was_not_got_to_is_no_part(desk: Desk) -> None:
    """Where too many others have failed before its turn came, it is named, too."""
    play = "  hosts: all\n  serial: 1\n  max_fail_percentage: 0\n"
    playbook = desk.folder / "p.yaml"
    playbook.write_text(playbook.read_text().replace("  hosts: all\n", play))
    code, out, _ = desk.plan("bad,late,")
    assert code == 2
    assert "did not come to its end there: bad, late; " in out
    assert "2 hosts not in the change" in desk("show", "change.plan")[1]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("-o", "nowhere/change.plan"), "--out nowhere/change.plan: cannot be written"),
        (("-o", "root"), "--out root: is no regular file"),
        (("-o", "pipe"), "--out pipe: is no regular file (name a file"),
        (("-o", "to_pipe"), "--out to_pipe: is no regular file"),
        (("-o", "-"), "--out -: is no regular file"),
        (("--html", "root"), "--html root: cannot be written"),
        (("--not-before", "soon"), "'soon' is no time, such as 2026-03-14T22:00"),
        (("-l", "three"), "no host or group is called 'three'"),
    ],
)
def test_what_cannot_be_planned(desk: Desk, hosts: Hosts, words: tuple[str, ...], says: str) -> None:
    """It is told before any host is contacted."""
    (desk.folder / "to_pipe").symlink_to("pipe")
    os.mkfifo(desk.folder / "pipe")
    code, _, err = desk.plan("one,", *words)
    assert code == 1
    assert says in err
    assert hosts.made == {}
    assert (desk.folder / "to_pipe").is_symlink()
    assert (desk.folder / "pipe").is_fifo()


def test_a_window_is_shown_in_utc(desk: Desk) -> None:
    """Whatever zone it was given in."""
    desk.plan("one,", "--not-before", "2998-03-14T22:00+01:00", "--not-after", "2998-03-15T02:00Z")
    out = desk("show", "change.plan")[1]
    assert "not before 2998-03-14T21:00:00+00:00, not after 2998-03-15T02:00:00+00:00\n" in out


@pytest.mark.parametrize("where", [0.02, 0.3, 0.6, 0.99])
def test_an_edited_plan_is_not_shown(desk: Desk, where: float) -> None:
    """One other letter, wherever it is: refused, and not a word of it shown."""
    desk.plan("one,")
    data = bytearray(desk.plan_file.read_bytes())
    data[int(len(data) * where)] ^= 1
    desk.plan_file.write_bytes(data)
    code, out, err = desk("show", "change.plan")
    assert (code, out) == (1, "")
    assert err.startswith("remediate: change.plan: ")


def test_what_is_no_plan(desk: Desk) -> None:
    """A file that is not there, or another one."""
    assert "nowhere: cannot be read: No such file" in desk("show", "nowhere")[2]
    code, _, err = desk("show", "p.yaml")
    assert code == 1
    assert err == "remediate: p.yaml: not a plan (plans are made with 'remediate plan')\n"


def test_who_has_approved_is_shown(desk: Desk, tmp_path: Path) -> None:
    """Signatures are counted; whose they are, and which do not count, needs the file of those who may."""
    desk.plan("one,")
    for key in (desk.colleague("bob"), desk.key("stranger"), desk.own_key):
        desk("approve", "change.plan", "--key", str(key))
    desk.allow("me@example.com", desk.own_key)
    assert "Approved by  3 signatures, not checked\n" in desk("show", "change.plan")[1]
    out = desk("show", "change.plan", "--allowed-signers", "allowed_signers")[1]
    assert "Approved by  bob@example.com, does not count: the key SHA256:" in out
    assert "is of none of those whom allowed_signers names" in out
    assert "does not count: the approval by me@example.com is that of " in out
    code, _, err = desk("show", "change.plan", "--allowed-signers", "nowhere")
    assert (code, err) == (1, "remediate: nowhere: cannot be read: No such file or directory\n")


@pytest.mark.parametrize(
    "options",
    [
        ("-o", "p.yaml"),
        ("--html", "p.yaml"),
        ("--markdown", "./change.plan"),
        ("--html", "one", "--markdown", "one"),
    ],
)
def test_no_output_is_written_over_an_input(desk: Desk, options: tuple[str, ...]) -> None:
    """The playbook, or another output, stays as it is; nobody is contacted."""
    code, out, err = desk.plan("one,", *options)
    assert (code, out) == (1, "")
    assert "would be written over (name another file)" in err
    assert (desk.folder / "p.yaml").read_text() == PLAYBOOK


def test_a_plan_is_not_shown_into_itself(desk: Desk) -> None:
    """A view that names the plan's own file is refused, and the plan stays whole."""
    desk.plan()
    assert desk("show", "change.plan", "--markdown", "change.plan")[0] == 1
    assert desk("show", "change.plan")[0] == 0


@pytest.mark.parametrize(
    "window",
    [("--not-before", "2998-01-01", "--not-after", "2997-01-01"), ("--not-after", "2020-01-01T00:00")],
)
def test_a_window_that_never_opens_is_refused(desk: Desk, nobody: None, window: tuple[str, ...]) -> None:
    """The plan could never be applied, so nothing is asked for it."""
    code, _, err = desk.plan("one,", *window)
    assert code == 1
    assert "the plan could never be applied" in err


def test_a_planner_without_a_key_is_warned(desk: Desk) -> None:
    """Before anything is asked, and so is whoever approves that plan: it may be his own approval."""
    told = "no SSH key of yours was found"
    assert told not in desk.plan("one,")[2]
    for each in (desk.folder / "home" / ".ssh").iterdir():
        each.unlink()
    code, _, err = desk.plan("one,")
    assert code == 0
    assert err.count("\n") == 1
    assert told in err
    code, out, err = desk("approve", "change.plan", "--key", str(desk.colleague("bob")))
    assert code == 0
    assert out.startswith("approved: ")
    assert "warning: this approval may not count where one is demanded: no key of " in err
