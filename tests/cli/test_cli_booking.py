"""The module `recheck`: foreseen, booked once for all hosts that were changed, in plans, and taken back."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from crontabs import own_crontab
from own_hosts import OwnHosts

from remediate.store.findings import open_findings

Command = Callable[..., tuple[int, str, str]]

PLAYBOOK = """\
- name: renew
  hosts: all
  tasks:
    - name: the licence
      copy: {dest: "{{ root }}/{{ inventory_hostname }}", content: "new\\n"}
      notify: Look again
  handlers:
    - name: Look again
      recheck: {after: [1d, 30d]}
"""
LOOK = "- hosts: all\n  tasks: [{name: it is there, stat: {path: /etc/motd}}]\n"
# For the run this machine stands for them; the re-check is another process, and finds them down.
HOSTS = """\
all:
  vars: {ansible_host: 127.0.0.1, ansible_port: 1}
  hosts: {one: {}, two: {}, three: {}}
"""
FORESEEN = "a re-check of this host 1d after the change, with recheck.yaml"


class Renewal:
    """A playbook that renews licences, and what it has booked."""

    def __init__(self, folder: Path, command: Command) -> None:
        self.folder = folder
        self.tab = folder / "tab"
        self._command = command
        (folder / "renew.yaml").write_text(PLAYBOOK)
        (folder / "recheck.yaml").write_text(LOOK)
        (folder / "hosts.yaml").write_text(HOSTS)
        (folder / "root" / "three").write_text("new\n")  # nothing is to be renewed there

    def __call__(self, *words: str) -> tuple[int, str, str]:
        code, out, err = self._command(*words)
        assert "Traceback" not in out + err
        return code, out, err

    def run(self, *words: str) -> tuple[int, str, str]:
        return self("run", "renew.yaml", "-i", "hosts.yaml", "-e", f"root={self.folder}/root", *words)

    def booked(self) -> dict[str, list[str]]:
        """The schedules there are, and which hosts each is about."""
        kept = self.folder / "state" / "remediate" / "schedules"
        return {path.stem: path.read_text().split() for path in sorted(kept.glob("*.hosts"))}


@pytest.fixture
def renewal(folder: Path, remediate: Command, hosts: OwnHosts, monkeypatch: pytest.MonkeyPatch) -> Renewal:
    """Nothing is booked yet."""
    del hosts
    own_crontab(folder / "tab", monkeypatch)
    return Renewal(folder, remediate)


def test_a_dry_run_foresees_it(renewal: Renewal) -> None:
    """For the hosts that would be changed; and books nothing."""
    code, out, _ = renewal.run("--check", "--diff", "-v")
    assert code == 0
    assert f"+ {FORESEEN}" in out
    assert "30d after the change" in out
    assert renewal.booked() == {}
    assert not renewal.tab.exists()


def test_all_changed_hosts_share_a_timer(renewal: Renewal) -> None:
    """One schedule a time, with the hosts that were changed, done as the run was."""
    assert renewal.run("-f", "3")[0] == 0
    assert {name: sorted(hosts) for name, hosts in renewal.booked().items()} == {
        "run1-1d-recheck": ["one", "two"],
        "run1-30d-recheck": ["one", "two"],
    }
    assert len(renewal.tab.read_text().splitlines()) == 4
    shown = json.loads(renewal("schedule", "show", "run1-1d-recheck", "--json")[1])
    root = renewal.folder
    state = f"{root}/state/remediate"
    assert shown["recheck"] == [
        "recheck",
        f"{root}/recheck.yaml",
        "--inventory",
        f"{root}/hosts.yaml",
        "--limit",
        f"@{state}/schedules/run1-1d-recheck.hosts",
        "--extra-vars",
        json.dumps({"root": f"{root}/root"}),
        "--forks",
        "3",
        "--state-dir",
        state,
    ]
    assert list(shown["when"]) == ["once"]
    assert FORESEEN in renewal("history", "show", "1")[1]
    assert renewal("lint", "recheck.yaml")[0] == 0


def test_what_is_booked_is_done_once(renewal: Renewal) -> None:
    """On the hosts that were changed; and then it is gone, with its hosts and its timer."""
    renewal.run()
    kept = renewal.folder / "state" / "remediate" / "schedules" / "run1-1d-recheck.json"
    over = {**json.loads(kept.read_text()), "when": {"once": "2026-01-02T00:00:00+00:00"}}
    kept.write_text(json.dumps({**over, "added": "2026-01-01T00:00:00+00:00"}))
    code, out, _ = renewal("schedule", "run", "run1-1d-recheck", "--due")
    assert (code, out) == (4, "")
    with open_findings(renewal.folder / "state" / "remediate") as findings:
        (recheck,) = findings.rechecks(name="recheck")
    assert [each.host for each in recheck.findings] == ["one", "two"]
    assert list(renewal.booked()) == ["run1-30d-recheck"]
    assert "run1-1d" not in renewal.tab.read_text()


def test_an_undo_takes_it_back(renewal: Renewal) -> None:
    """Host by host; with the last one the schedule goes, and its timer."""
    renewal.run()
    code, out, _ = renewal("undo", "1", "--check", "--diff")
    assert code == 0
    assert "- no re-check of this host 1d after the change, with recheck.yaml" in out
    assert len(renewal.booked()) == 2
    assert renewal("undo", "1", "--limit", "one")[0] == 0
    assert set(map(tuple, renewal.booked().values())) == {("two",)}
    assert renewal("undo", "1")[0] == 0
    assert renewal.booked() == {}
    assert not renewal.tab.exists()
    assert not (renewal.folder / "state" / "remediate" / "schedules").exists()
    assert renewal("undo", "1")[0] == 1


def test_a_plan_shows_it_and_its_apply_books_it(renewal: Renewal) -> None:
    """And not among what cannot be taken back."""
    words = ("-i", "hosts.yaml", "-e", f"root={renewal.folder}/root", "-o", "change.plan")
    assert renewal("plan", "renew.yaml", *words)[0] == 0
    shown = renewal("show", "change.plan")[1]
    assert FORESEEN in shown
    assert renewal.booked() == {}
    assert renewal("apply", "change.plan")[0] == 0
    assert {name: sorted(hosts) for name, hosts in renewal.booked().items()} == {
        "run1-1d-recheck": ["one", "two"],
        "run1-30d-recheck": ["one", "two"],
    }


def test_an_apply_that_could_not_book_changes_nothing(renewal: Renewal) -> None:
    """It is refused before anything is sent to a host, and the plan can still be applied."""
    words = ("-i", "hosts.yaml", "-e", f"root={renewal.folder}/root", "-o", "change.plan")
    renewal("plan", "renew.yaml", *words)
    code, _, err = renewal("apply", "change.plan", "-e", "door_password=swordfish")
    assert code == 1
    assert "-e: door_password would stand in the schedule" in err
    assert not (renewal.folder / "root" / "one").exists()
    assert renewal("apply", "change.plan")[0] == 0


def test_what_cannot_be_booked_fails_the_host(renewal: Renewal) -> None:
    """With what is the matter; nothing half-written is left."""
    stub = renewal.folder / "bin" / "crontab"
    stub.write_text(stub.read_text().replace("-) cat", "-) echo 'too full' >&2; exit 1; cat"))
    code, out, _ = renewal.run("--limit", "one")
    assert code == 2
    assert "crontab -: too full" in out
    assert renewal.booked() == {}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("-K",), "nobody will be there for a re-check to type a password"),
        (("-e", "door_password=swordfish"), "-e: door_password would stand in the schedule"),
    ],
)
@pytest.mark.parametrize("check", [(), ("--check",)])
def test_what_needs_a_person_is_refused(
    renewal: Renewal, words: tuple[str, ...], says: str, check: tuple[str, ...]
) -> None:
    """Before anything is contacted, in a dry run as well."""
    code, out, err = renewal.run(*words, *check)
    assert code == 1
    assert says in err
    assert "swordfish" not in out + err


@pytest.mark.parametrize(
    ("task", "says"),
    [
        ("{after: []}", "'after' needs at least one time, such as 7d"),
        ("{after: [soon]}", "'soon' is no time"),
        ("{}", "recheck needs the parameter 'after'"),
    ],
)
def test_a_time_that_is_none_is_found_by_lint(renewal: Renewal, task: str, says: str) -> None:
    """With its place."""
    path = renewal.folder / "renew.yaml"
    path.write_text(PLAYBOOK.replace("{after: [1d, 30d]}", task))
    code, _, err = renewal("lint", "renew.yaml")
    assert code == 1
    assert says in err
    assert "renew.yaml:9:" in err or "renew.yaml:10:" in err


def spoilt(renewal: Renewal, booked: str) -> None:
    """The playbook books this instead, and there is a channel `ops`."""
    (renewal.folder / "renew.yaml").write_text(PLAYBOOK.replace("{after: [1d, 30d]}", booked))
    (renewal.folder / "remediate.toml").write_text(
        "[notify.ops]\nkind = 'command'\narguments = ['/bin/true']\n"
    )


@pytest.mark.parametrize(
    ("booked", "says"),
    [
        ("{after: [1d], notify: [opps]}", "there is no channel 'opps' (did you mean 'ops'"),
        ("{after: [1d], playbook: gone.yaml}", "there is no file 'gone.yaml' on the controller"),
    ],
)
def test_what_is_not_there_is_found_by_lint(renewal: Renewal, booked: str, says: str) -> None:
    """With its place; and so no run begins with it."""
    spoilt(renewal, booked)
    plan = ("plan", "renew.yaml", "-i", "hosts.yaml", "-e", "root=x", "-o", "change.plan")
    for words in (("lint", "renew.yaml"), plan):
        code, _, err = renewal(*words)
        assert code == 1
        assert "renew.yaml:9:" in err
        assert says in err
    assert renewal.run()[0] == 1
    assert not (renewal.folder / "root" / "one").exists()


@pytest.mark.parametrize("check", [(), ("--check",)])
@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ("who=opps", "there is no channel 'opps'"),
        ("what=gone.yaml", "there is no file 'gone.yaml' on the controller"),
    ],
)
def test_what_variables_say_is_not_there_changes_nothing(
    renewal: Renewal, check: tuple[str, ...], variables: str, says: str
) -> None:
    """It is told before anything is contacted, in a dry run as well; and not where nothing is asked for."""
    spoilt(
        renewal, "{after: ['1d'], notify: ['{{ who }}'], playbook: '{{ what | default(\"recheck.yaml\") }}'}"
    )
    code, _, err = renewal.run("-e", "who=ops", "-e", variables, *check)
    assert code == 1
    assert says in err
    assert not (renewal.folder / "root" / "one").exists()
    path = renewal.folder / "renew.yaml"
    path.write_text(f"{path.read_text()}      when: later | default(false)\n")
    assert renewal.run("-e", "who=ops", "-e", variables, *check)[0] == 0
    assert renewal.booked() == {}


def test_what_only_a_task_says_is_seen_by_a_dry_run(renewal: Renewal) -> None:
    """The host is no part of the plan; and an apply whose channel is gone since then refuses it."""
    spoilt(renewal, "{after: [1d], notify: ['{{ who }}']}")
    path, settings = renewal.folder / "renew.yaml", renewal.folder / "remediate.toml"
    learnt = "  tasks:\n    - {name: who is told, set_fact: {who: ops}}\n"
    path.write_text(path.read_text().replace("  tasks:\n", learnt))
    good = settings.read_text()
    words = ("-i", "hosts.yaml", "-e", f"root={renewal.folder}/root", "-o", "change.plan")
    settings.write_text(good.replace("ops", "oops"))
    code, out, _ = renewal("plan", "renew.yaml", "--limit", "one", *words)
    assert code == 2
    assert "there is no channel 'ops' (did you mean 'oops'?)" in out
    settings.write_text(good)
    assert renewal("plan", "renew.yaml", *words)[0] == 0
    settings.unlink()
    code, _, err = renewal("apply", "change.plan")
    assert code == 3
    assert "nothing was sent to it" in err
    assert not (renewal.folder / "root" / "one").exists()


@pytest.mark.parametrize("gone", ["recheck.yaml", "remediate.toml"])
def test_what_is_gone_since_the_plan_changes_nothing(renewal: Renewal, gone: str) -> None:
    """An apply sees that what it shall book can be done, before it sends anything."""
    spoilt(renewal, "{after: [1d], notify: [ops]}")
    words = ("-i", "hosts.yaml", "-e", f"root={renewal.folder}/root", "-o", "change.plan")
    assert renewal("plan", "renew.yaml", *words)[0] == 0
    (renewal.folder / gone).unlink()
    code, _, err = renewal("apply", "change.plan")
    assert code == 1
    assert "there is no " in err
    assert not (renewal.folder / "root" / "one").exists()


def test_a_playbook_that_is_not_there_is_refused(renewal: Renewal) -> None:
    """Also the one that is taken if none is named."""
    (renewal.folder / "recheck.yaml").unlink()
    code, _, err = renewal.run("--check", "--limit", "one")
    assert code == 1
    assert "there is no file 'recheck.yaml' on the controller" in err
