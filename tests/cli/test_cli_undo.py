"""`remediate undo`: a run is taken back, by a run of its own, where the hosts are as it left them."""

import json

import pytest
from change_desk import PASSWORD, Desk, done
from own_hosts import OwnHosts

SECRET = ("-e", "@secrets.yaml")
BEFORE = "open\n"


@pytest.fixture
def applied(desk: Desk) -> Desk:
    """Two hosts with a notice of their own, on which the plan was applied: run 1."""
    for host in ("one", "two"):
        (desk.folder / "root" / host).write_text(BEFORE)
    desk.plan()
    code, out, err = desk.apply()
    assert code == 0, out + err
    return desk


def test_a_run_is_taken_back(applied: Desk) -> None:
    """What cannot be is listed first, with why; the rest is as it was before. The history tells of both."""
    code, out, _ = applied("undo", "1", *SECRET, "-D")
    assert code == 0
    assert out.startswith("Cannot be taken back:\n  run echo rung >> ")
    assert "two.log: a command without 'undo' (task 'the bell')\n    on two\n" in out
    assert "changed      one  take back: the notice\n" in out
    assert "+open\n" in out
    for host in ("one", "two"):
        assert applied.on(host) == {**done(host), host: BEFORE}
    lines = applied("history")[1].splitlines()
    assert "2  2" in lines[1]
    assert "takes back run 1 of " in lines[1]
    assert json.loads(applied("history", "--json")[1])[1]["undoes"] == 1
    assert PASSWORD not in applied.stored()


def test_twice(applied: Desk, hosts: OwnHosts) -> None:
    """The second time there is nothing left: exit code 1, and nobody is contacted."""
    applied("undo", "1", *SECRET)
    before = hosts.round_trips("one")
    code, _, err = applied("undo", "1", *SECRET)
    assert (code, err) == (
        1,
        "remediate: there is nothing of run 1 to take back here (see 'remediate history')\n",
    )
    assert hosts.round_trips("one") == before


def test_the_taking_back_is_taken_back(applied: Desk) -> None:
    """It is a run: what it has undone is there again after it is undone."""
    applied("undo", "1", *SECRET)
    code, out, _ = applied("undo", "2", *SECRET)
    assert code == 0
    assert "changed      one  bring back: the notice\n" in out
    assert applied.on("one") == done("one")
    assert "changed      one  take back: the notice\n" in applied("undo", "3", *SECRET)[1]


def test_a_dry_run_of_it(applied: Desk) -> None:
    """Shows what would be taken back, changes nothing, and leaves no run behind."""
    code, out, _ = applied("undo", "1", *SECRET, "-C", "-D")
    assert code == 0
    assert "would change one  take back: the notice\n" in out
    assert "-ask for ********\n" in out
    assert applied.on("one") == done("one")
    assert len(json.loads(applied("history", "--json")[1])) == 1
    assert applied("undo", "1", *SECRET)[0] == 0


def test_where_somebody_else_was_at_work(applied: Desk) -> None:
    """His work stays, the difference is shown, the exit code is 2; other hosts are taken back."""
    mine = done("one")["one"] + "mine\n"
    (applied.folder / "root" / "one").write_text(mine)
    for dry in (("-C",), ()):
        code, out, _ = applied("undo", "1", *SECRET, *dry)
        assert code == 2
        assert "failed       one  take back: the notice: not taken back: " in out
        assert "is not as the run left it:\n" in out
        assert "+mine\n" in out
        assert "look who changed it, and decide by hand" in out
    assert applied.on("one")["one"] == mine
    assert applied.on("two")["two"] == BEFORE


def test_where_only_the_mode_of_what_is_new_was_changed(desk: Desk) -> None:
    """It is refused with the difference, dry run or not, and stays as what came before it does; exit 2."""
    tasks = (
        '{name: first, shell: {cmd: "echo x > {{ root }}/log", undo: "rm {{ root }}/log"}}',
        '{name: folder, file: {path: "{{ root }}/folder", state: directory}}',
        '{name: new, copy: {dest: "{{ root }}/folder/new", content: x}}',
    )
    (desk.folder / "p.yaml").write_text(
        "- name: p\n  hosts: all\n  tasks:\n" + "".join(f"    - {task}\n" for task in tasks)
    )
    root = desk.folder / "root"
    assert desk("run", "p.yaml", "-i", "one,", "-e", f"root={root}")[0] == 0
    (root / "folder" / "new").chmod(0o600)
    for dry in (("-C",), ()):
        code, out, _ = desk("undo", "1", *dry)
        assert code == 2
        assert "-mode: 0644\n" in out
        assert "+mode: 0600\n" in out
        assert "+owner" not in out
        assert "take back: folder" not in out
        assert (root / "folder" / "new").exists()
        assert (root / "log").exists()


BELOW = """\
- name: p
  hosts: all
  tasks:
    - {name: above, file: {path: "{{ root }}/a", state: directory}}
    - {name: folder, file: {path: "{{ root }}/a/b", state: directory}}
    - {name: file, shell: {cmd: "echo x > {{ root }}/a/b/f", undo: "rm {{ root }}/a/b/f"NAMED}}
"""


@pytest.mark.parametrize("named", ["", ', changes: ["{{ root }}/a/b/f"]'], ids=["opaque", "named"])
def test_a_dry_run_behind_a_command(desk: Desk, named: str) -> None:
    """What a command will have taken back by then is known only when it is applied: no failure is told."""
    (desk.folder / "p.yaml").write_text(BELOW.replace("NAMED", named))
    assert desk("run", "p.yaml", "-i", "one,", "-e", f"root={desk.folder / 'root'}")[0] == 0
    code, out, _ = desk("undo", "1", "-C")
    assert code == 0, out
    assert "would change one  take back: file\n" in out
    assert "Known only when it is applied:\n  take back: folder: one\n  take back: above: one\n" in out
    assert (desk.folder / "root" / "a" / "b" / "f").exists()
    assert desk("undo", "1")[0] == 0
    assert not (desk.folder / "root" / "a").exists()


def test_some_hosts(applied: Desk) -> None:
    """Those of the limit; the others can be taken back later."""
    code, out, _ = applied("undo", "1", *SECRET, "-l", "two")
    assert code == 0
    assert "one" not in out.replace("door", "")
    assert (applied.on("one")["one"], applied.on("two")["two"]) == (done("one")["one"], BEFORE)
    assert applied("undo", "1", *SECRET)[0] == 0
    assert applied.on("one")["one"] == BEFORE
    limits = [run["limit"] for run in json.loads(applied("history", "--json")[1])]
    assert limits == [None, "two", None], "who gives no limit is not said to have given one"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("1",), "a secret is needed that is not given: door_password (give it as it was given then"),
        (
            ("1", "-e", "door_password=wrong"),
            "not the value that it had when this was written: door_password",
        ),
        (("7", *SECRET), "there is no run 7 in "),
        (("1", *SECRET, "-l", "three"), "no host or group is called 'three'"),
        (("1", *SECRET, "--state-dir", "nowhere"), "there is no history in nowhere"),
        (("x",), "'x' is not a valid integer"),
    ],
)
def test_what_cannot_be_undone(applied: Desk, hosts: OwnHosts, words: tuple[str, ...], says: str) -> None:
    """One line, exit code 1, nothing contacted."""
    before = hosts.round_trips("one")
    code, _, err = applied("undo", *words)
    assert code == 1
    assert says in err
    assert not (applied.folder / "nowhere").exists()
    assert hosts.round_trips("one") == before


def test_a_key_that_is_gone(desk: Desk) -> None:
    """Is told before anything begins: no run is left in the history that would seem to be cut off."""
    key = desk.key("key")
    (desk.folder / "inv.yaml").write_text(f"all: {{hosts: {{one: {{ansible_private_key_file: {key}}}}}}}")
    given = ("-e", f"root={desk.folder / 'root'}", *SECRET)
    assert desk("run", "p.yaml", "-i", "inv.yaml", *given)[0] == 0
    key.unlink()
    code, _, err = desk("undo", "1", *given)
    assert code == 1
    assert f"{key}" in err
    assert len(json.loads(desk("history", "--json")[1])) == 1


def test_what_no_log_hides_is_hidden_from_the_undo_too(desk: Desk) -> None:
    """What its file held before is in no view and in clear in no record; it is taken back all the same."""
    (desk.folder / "root" / "one").write_text("PRIVATE-BEFORE\n")
    task = '{name: t, no_log: true, copy: {dest: "{{ root }}/one", content: PRIVATE-AFTER}}'
    (desk.folder / "p.yaml").write_text(f"- name: p\n  hosts: all\n  tasks:\n    - {task}\n")
    assert desk("run", "p.yaml", "-i", "one,", "-e", f"root={desk.folder / 'root'}")[0] == 0
    assert desk("undo", "1", "-C", "-D")[0] == 0
    assert (desk.folder / "root" / "one").read_text() == "PRIVATE-AFTER"
    key = desk.folder / "state" / "remediate" / "plan.key"
    kept = key.read_text()
    key.write_text(f"{'0' * 64}\n")
    code, _, err = desk("undo", "1", "-D", "-vv")
    assert code == 1
    assert "what this run kept encrypted cannot be opened" in err
    key.write_text(kept)
    assert desk("undo", "1", "-D", "-vv", "--events", "change.events")[0] == 0
    assert (desk.folder / "root" / "one").read_text() == "PRIVATE-BEFORE\n"
    assert "PRIVATE" not in desk.told + desk("history", "show", "1", "--json")[1]
    assert "PRIVATE-BEFORE" not in desk.stored()


def test_what_a_template_makes_of_a_secret_is_known_in_the_undo(desk: Desk) -> None:
    """It stands in what is kept to take a change back, encrypted, and is masked when that is shown."""
    (desk.folder / "root" / "one").write_text(f"{PASSWORD.upper()}\n")
    tasks = (
        '{name: t, copy: {dest: "{{ root }}/one", content: "new {{ door_password | reverse }}\\n"}}',
        '{name: u, command: {cmd: "true", changes: [], undo: "echo {{ door_password | upper }}"}}',
    )
    (desk.folder / "p.yaml").write_text(
        "- name: p\n  hosts: all\n  tasks:\n" + "".join(f"    - {task}\n" for task in tasks)
    )
    secret = ("-e", "@secrets.yaml")
    root = f"root={desk.folder / 'root'}"
    assert desk("run", "p.yaml", "-i", "one,", "-e", root, *secret, "-D", "-vv")[0] == 0
    assert desk("undo", "1", *secret, "-D", "-vv", "--events", "change.events")[0] == 0
    assert (desk.folder / "root" / "one").read_text() == f"{PASSWORD.upper()}\n"
    seen = desk.told + desk("history", "show", "1", "--json")[1] + desk.stored()
    assert PASSWORD[::-1] not in seen
    assert PASSWORD.upper() not in seen


def test_a_play_takes_back_what_no_log_hides(desk: Desk) -> None:
    """It is taken back, and shown as hidden: in what is told, in the events and in the history."""
    (desk.folder / "root" / "one").write_text("PRIVATE-BEFORE\n")
    task = '{name: t, no_log: true, copy: {dest: "{{ root }}/one", content: PRIVATE-AFTER}}'
    head = "- name: p\n  hosts: all\n  undo_on_failure: true\n  tasks:\n"
    (desk.folder / "p.yaml").write_text(f"{head}    - {task}\n    - {{name: nope, fail: {{msg: nope}}}}\n")
    root = f"root={desk.folder / 'root'}"
    assert desk("run", "p.yaml", "-i", "one,", "-e", root, "-D", "-vv", "--events", "events.json")[0] == 2
    assert (desk.folder / "root" / "one").read_text() == "PRIVATE-BEFORE\n"
    seen = desk.told + (desk.folder / "events.json").read_text() + desk("history", "show", "1", "one")[1]
    assert "take back: t" in seen
    assert "PRIVATE" not in seen
    assert "PRIVATE-BEFORE" not in desk.stored()
