"""`remediate schedule`: added, listed, shown, run by its own line of the crontab, and removed wholly."""

import json
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from crontabs import own_crontab
from dead_servers import refusing
from local_host import tree

from remediate.schedule.timers import program
from remediate.store.findings import open_findings

Command = Callable[..., tuple[int, str, str]]

PLAYBOOK = """\
- name: look
  hosts: all
  gather_facts: false
  tasks:
    - name: the notice is there
      stat: {path: /etc/motd}
      register: notice
      tags: notice
"""


class Shop:
    """A folder with a playbook and an inventory whose one host nobody answers for, and a crontab."""

    def __init__(self, folder: Path, command: Command, port: int) -> None:
        self.folder = folder
        self.tab = folder / "tab"
        self.told = ""
        self._command = command
        (folder / "look.yaml").write_text(PLAYBOOK)
        (folder / "remediate.toml").write_text(
            f"[notify.ops]\nkind = 'command'\narguments = ['/bin/sh', '-c', 'cat > {folder}/heard']\n"
        )
        (folder / "hosts.yaml").write_text(
            f"all:\n  hosts:\n    one: {{ansible_host: 127.0.0.1, ansible_port: {port}}}\n"
        )

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """`remediate schedule` with these words."""
        code, out, err = self._command("schedule", *words)
        self.told += out + err
        assert "Traceback" not in out + err
        return code, out, err

    def add(self, *words: str, when: tuple[str, ...] = ("--on", "daily 06:00")) -> tuple[int, str, str]:
        """Add `nightly`, by cron."""
        usual = ("--playbook", "look.yaml", "-i", "hosts.yaml", "--timezone", "UTC", "--with", "cron")
        return self("add", "nightly", *usual, *when, *words)

    @property
    def kept(self) -> Path:
        return self.folder / "state" / "remediate" / "schedules"

    def schedule(self) -> dict[str, object]:
        """What `show` says of it, for programs."""
        shown: dict[str, object] = json.loads(self("show", "nightly", "--json")[1])
        return shown


@pytest.fixture
def shop(folder: Path, remediate: Command, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """Nothing is scheduled yet."""
    with refusing() as port:
        made = Shop(folder, remediate, port)
        own_crontab(made.tab, monkeypatch)
        yield made


def as_cron(shop: Shop) -> subprocess.CompletedProcess[str]:
    """What cron does with the line: next to nothing is in its environment."""
    line = shop.tab.read_text().splitlines()[-1].split(" ", 5)[5]
    return subprocess.run(
        ["/bin/sh", "-c", line],
        env={"HOME": str(shop.folder / "home"), "PATH": f"{shop.folder}/bin:/usr/bin:/bin"},
        cwd=shop.folder / "home",
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_added_listed_shown_and_removed(shop: Shop) -> None:
    """And then everything is as it was before, byte for byte."""
    shop.tab.write_text("5 5 * * * /usr/bin/true\n")
    before = tree(shop.folder)
    code, out, _ = shop.add("-l", "one", "-t", "notice", "-e", "colour=blue", "--until", "2090-12-31")
    assert code == 0
    assert out.startswith("nightly: daily 06:00, UTC; next ")
    assert out.endswith(" 06:00 UTC; called by cron\n")
    listed = shop("list")[1].splitlines()
    assert listed[0].split() == ["NAME", "WHAT", "WHEN", "NEXT", "LAST", "OUTCOME"]
    assert listed[1].startswith("nightly  look  daily 06:00, UTC  20")
    assert listed[1].endswith("-     -")
    shown = shop("show", "nightly")[1]
    root = shop.folder
    what = f"recheck {root}/look.yaml --inventory {root}/hosts.yaml --limit one --extra-vars colour=blue"
    assert f"remediate {what} --tags notice --name nightly --state-dir {root}/state/remediate\n" in shown
    assert f"\n# remediate schedule nightly in {root}/state/remediate: daily 06:00, UTC\n0 * * * * " in shown
    assert shop("remove", "nightly") == (0, "nightly: removed\n", "")
    (shop.folder / "state" / "remediate").rmdir()
    (shop.folder / "state").rmdir()
    assert tree(shop.folder) == before
    assert shop("list")[1] == "no schedules\n"


def test_it_is_removed_by_any_spelling_of_its_place(shop: Shop) -> None:
    """Added and removed by different links to the same state directory, no line stays."""
    (shop.folder / "real").mkdir()
    (shop.folder / "link").symlink_to("real")
    assert shop.add("--state-dir", "link/../link")[0] == 0
    assert f"'{shop.folder}/real'" in shop.tab.read_text()
    assert shop("remove", "nightly", "--state-dir", f"{shop.folder}/real")[0] == 0
    assert not shop.tab.exists()


def test_a_state_directory_that_is_none_is_told(shop: Shop) -> None:
    """Also one whose links lead in a circle, here or in anybody's crontab."""
    circle = shop.folder / "circle"
    circle.symlink_to(circle)
    code, _, err = shop.add("--state-dir", str(circle))
    assert code == 1
    assert "circle" in err
    other = f"0 * * * * 'r' 'schedule' 'run' 'nightly' '--due' '--state-dir' '{circle}'\n"
    shop.tab.write_text(other)
    assert shop.add()[0] == 0
    assert shop("remove", "nightly")[0] == 0
    assert shop.tab.read_text() == other


def test_its_line_looks_at_the_hosts(shop: Shop) -> None:
    """With cron's environment; once at its time; and what it found is in the store under its name."""
    shop.add("--notify", "ops", when=("--cron", "* * * * *"))
    added = json.loads((shop.kept / "nightly.json").read_text())
    (shop.kept / "nightly.json").write_text(json.dumps({**added, "added": "2026-01-01T00:00:00+00:00"}))
    ran = as_cron(shop)
    assert (ran.returncode, ran.stdout, ran.stderr) == (4, "", "")
    kept = shop.schedule()
    assert kept["last"] == {**kept["last"], "outcome": "unreachable", "code": 4}  # type: ignore[dict-item]
    assert "refused the connection" in (shop.kept / "nightly.log").read_text()
    assert "nightly" in (shop.folder / "heard").read_text()
    assert str(shop.kept / "nightly.log") in shop("show", "nightly")[1]
    with open_findings(shop.folder / "state" / "remediate") as findings:
        (recheck,) = findings.rechecks(name="nightly")
    assert [(each.host, each.check, each.verdict) for each in recheck.findings] == [
        ("one", "connection", "unreachable")
    ]
    shop("remove", "nightly")
    assert not shop.kept.exists()
    assert not shop.tab.exists()


@pytest.mark.parametrize("once", [True, False])
def test_what_could_not_be_told_is_seen(shop: Shop, remediate: Command, once: bool) -> None:
    """By whom the timer mails, and in the list until it is told: also of a schedule that is gone by then."""
    settings = (shop.folder / "remediate.toml").read_text()
    (shop.folder / "remediate.toml").write_text(settings.replace("cat >", "exit 3; cat >"))
    shop.add("--notify", "ops", when=("--once", "+24h") if once else ("--on", "daily 06:00"))
    added = json.loads((shop.kept / "nightly.json").read_text())
    over = {"once": "2026-01-02T00:00:00+00:00"} if once else added["when"]
    long_ago = {**added, "when": over, "added": "2026-01-01T00:00:00+00:00"}
    (shop.kept / "nightly.json").write_text(json.dumps(long_ago))
    ran = as_cron(shop)
    assert ran.returncode == 4
    assert "run 1  ops  NOT TOLD, tried 20" in ran.stdout
    assert "ended with 3" in ran.stdout
    assert (shop.kept / "nightly.json").exists() != once
    assert ("no schedules\n" in shop("list")[1]) == once
    assert "run 1  ops  NOT TOLD, tried 20" in shop("list")[1]
    (shop.folder / "remediate.toml").write_text(settings)
    assert remediate("notify", "retry") == (0, "1 message sent\n", "")
    assert "NOT TOLD" not in shop("list")[1]
    assert "nightly" in (shop.folder / "heard").read_text()
    if not once:
        assert as_cron(shop).stdout == ""


def test_two_at_once_lose_nothing(shop: Shop) -> None:
    """Different schedules may look at one fleet at the same time, and each keeps what it found."""
    names = ["nightly", "weekly", "monthly"]
    for name in names:
        usual = ("--playbook", "look.yaml", "-i", "hosts.yaml", "--on", "hourly", "--with", "cron")
        assert shop("add", name, *usual)[0] == 0
    state = str(shop.kept.parent)
    running = [
        subprocess.Popen([*program(), "schedule", "run", name, "--state-dir", state], stdout=subprocess.PIPE)
        for name in names
    ]
    said = [(process.communicate()[0], process.returncode) for process in running]
    assert [code for _, code in said] == [4, 4, 4], said
    with open_findings(shop.kept.parent) as findings:
        rechecks = list(findings.rechecks())
    assert sorted(each.name for each in rechecks) == sorted(names)
    assert [len(each.findings) for each in rechecks] == [1, 1, 1]
    assert {each["last"]["outcome"] for each in json.loads(shop("list", "--json")[1])} == {"unreachable"}


def test_that_it_cannot_look_is_told_once(shop: Shop) -> None:
    """To its channels, until it has looked again; and to whom that did not reach, at the next time."""
    settings = shop.folder / "remediate.toml"
    good = f"cat >> {shop.folder}/heard; echo >> {shop.folder}/heard"
    table = "[notify.{name}]\nkind = 'command'\narguments = ['/bin/sh', '-c', '{does}']\n"
    settings.write_text(table.format(name="ops", does=good) + table.format(name="pager", does="exit 3"))
    shop.add("--notify", "ops", "--notify", "pager", when=("--cron", "* * * * *"))
    playbook = (shop.folder / "look.yaml").read_text()

    def heard(*, looks: bool) -> list[tuple[str, str]]:
        """What was told at a further time, of which this is known."""
        (shop.folder / "heard").unlink(missing_ok=True)
        (shop.folder / "look.yaml").write_text(playbook if looks else "- nonsense\n")
        kept = json.loads((shop.kept / "nightly.json").read_text())
        began = {**kept["last"], "began": "2026-01-01T00:00:00+00:00"} if kept["last"] else None
        (shop.kept / "nightly.json").write_text(
            json.dumps({**kept, "added": "2026-01-01T00:00:00+00:00", "last": began})
        )
        ran = as_cron(shop)
        assert ran.returncode == (4 if looks else 1)
        assert ("nightly: channel 'pager' was not told" in ran.stdout) == (
            not looks and "exit 3" in settings.read_text()
        )
        told = (shop.folder / "heard").read_text().splitlines() if (shop.folder / "heard").exists() else []
        return [(each["kind"], each.get("outcome", "")) for each in map(json.loads, told)]

    assert heard(looks=False) == [("blind", "bad input")]
    assert heard(looks=False) == []
    settings.write_text(settings.read_text().replace("exit 3", good))
    assert heard(looks=False) == [("blind", "bad input")]
    assert heard(looks=False) == []
    assert ("recheck", "") in heard(looks=True)
    assert heard(looks=False) == [("blind", "bad input")] * 2


def test_what_is_not_due_is_not_done(shop: Shop) -> None:
    """Cron calls every hour; nothing is begun, and nothing said."""
    shop.add(when=("--once", "+24h"))
    ran = as_cron(shop)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert shop.schedule()["last"] is None


@pytest.mark.parametrize(
    ("agent", "words", "warned"),
    [(True, (), True), (True, ("--private-key", "key"), False), (False, (), False)],
)
def test_a_login_by_agent_is_warned_of(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, agent: bool, words: tuple[str, ...], warned: bool
) -> None:
    """The timer has none; who names a key needs none."""
    (shop.folder / "key").write_text("a key\n")
    if agent:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(shop.folder / "agent"))
    else:
        monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    code, _, err = shop.add(*words)
    assert code == 0
    assert ("'remediate schedule run nightly' tries it without" in err) == warned


def test_a_damaged_one_hides_no_other(shop: Shop) -> None:
    """The list has the others, and says which file is damaged and what to do; exit code 1."""
    shop.add()
    (shop.kept / "broken.json").write_text("{}")
    code, out, err = shop("list")
    assert code == 1
    assert out.splitlines()[1].startswith("nightly  look  ")
    assert "broken.json: is damaged: " in err
    code, out, err = shop("list", "--json")
    assert (code, [each["name"] for each in json.loads(out)]) == (1, ["nightly"])
    assert "broken.json: is damaged: " in err


def test_it_can_be_run_by_hand(shop: Shop, capfd: pytest.CaptureFixture[str]) -> None:
    """With what it finds on the terminal, and its exit code."""
    shop.add()
    code, out, _ = shop("run", "nightly")
    assert code == 4
    assert "one" in out
    assert out.endswith("nightly: unreachable\n")


def test_a_unit_calls_the_same(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands behind ExecStart= can be carried out as it is."""
    told = shop.folder / "told"
    (shop.folder / "bin" / "systemctl").write_text(f'#!/bin/sh\necho "$*" >> {told}\n')
    (shop.folder / "bin" / "systemctl").chmod(0o755)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(shop.folder / "config"))
    code, out, err = shop.add("--with", "systemd", "--jitter", "5m", "--deadline", "20m")
    assert code == 0
    assert out.endswith("called by systemd\n")
    assert "loginctl enable-linger" in err
    (line,) = [each for each in shop("show", "nightly")[1].splitlines() if each.startswith("ExecStart=")]
    ran = subprocess.run(shlex.split(line.removeprefix("ExecStart=")), capture_output=True, check=False)
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, b"")
    assert shop.schedule()["last"] is None
    assert shop("remove", "nightly")[0] == 0
    assert list((shop.folder / "config" / "systemd" / "user").iterdir()) == []


def test_a_schedule_changes_its_timer(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --replace, and then the old one is gone; without it the name is taken."""
    (shop.folder / "bin" / "systemctl").write_text("#!/bin/sh\n")
    (shop.folder / "bin" / "systemctl").chmod(0o755)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(shop.folder / "config"))
    shop.add()
    code, _, err = shop.add("--with", "systemd")
    assert code == 1
    assert "there is a schedule 'nightly' already (take another name, or write over it: --replace)" in err
    assert shop.tab.exists()
    assert shop.add("--with", "systemd", "--replace")[0] == 0
    assert not shop.tab.exists()


@pytest.mark.parametrize("replaced", [False, True])
def test_a_half_written_add_leaves_nothing(shop: Shop, replaced: bool) -> None:
    """If the timer cannot be written, there is no schedule either, or the one before."""
    if replaced:
        shop.add()
    before = tree(shop.folder / "state") if replaced else None
    stub = shop.folder / "bin" / "crontab"
    stub.write_text(stub.read_text().replace("-) cat", "-) echo 'too full' >&2; exit 1; cat"))
    code, _, err = shop.add("--replace", when=("--on", "hourly"))
    assert code == 1
    assert "crontab -: too full" in err
    assert (tree(shop.folder / "state") if replaced else None) == before
    assert shop.kept.exists() == replaced


MISTAKES = {
    "no time": ((), "say when it is to run (one of --on 'daily 06:00', --cron and --once +24h)"),
    "two times": (("--on", "hourly", "--cron", "0 6 * * *"), "say when it is to run"),
    "no phrase": (("--on", "at noon"), "--on: 'at noon' is not understood (write one of 'hourly'"),
    "no fields": (("--cron", "0 6 * *"), "--cron: '0 6 * *': wrong number of fields"),
    "over": (("--once", "2020-01-01"), "--once: 2020-01-01 is over"),
    "never": (("--on", "hourly", "--until", "2020-01-01"), "--until: 2020-01-01 is over"),
    "no zone": (("--on", "hourly", "--timezone", "Mars"), "'Mars' is no time zone"),
    "no span": (("--on", "hourly", "--deadline", "long"), "--deadline: 'long' is no time"),
    "no jitter": (("--on", "hourly", "--jitter", "5"), "--jitter: '5' is no time"),
    "as long as between two": (
        ("--cron", "0,10 6 * * *", "--jitter", "10m"),
        "--jitter: 10m is too much for 'cron 0,10 6 * * *, ",
    ),
    "a long one": (("--on", "monthly 1 06:00", "--jitter", "24h"), "--jitter: 24h is too much for"),
    "a long one, once": (("--once", "+2d", "--jitter", "9999d"), "(less than 1d)"),
    "a person": (("--on", "hourly", "-K"), "nobody will be there for a re-check to type"),
    "a secret": (("--on", "hourly", "-e", "db_password=swordfish"), "-e: db_password would stand in"),
    "a nested one": (("--on", "hourly", "-e", '{"db": [{"password": "swordfish"}]}'), "-e: password would"),
    "no tag": (("--on", "hourly", "-t", "blue"), "no task has the tag 'blue'"),
    "no host": (("--on", "hourly", "-l", "two"), "'two'"),
    "a state directory in two lines": (
        ("--on", "hourly", "--state-dir", "a\nb"),
        "/a\\nb' cannot be named in a timer",
    ),
    "nothing to look at": (("--on", "hourly", "-l", "all:!one"), "no host is chosen (see 'hosts'"),
    "no playbook": (("--on", "hourly", "--playbook", "gone.yaml"), "gone.yaml: cannot be read"),
    "no channel": (("--on", "hourly", "--notify", "opps"), "there is no channel 'opps' (did you mean 'ops'"),
    "no system cron": (("--on", "hourly", "--system"), "--system is for units of systemd"),
}


@pytest.mark.parametrize("name", list(MISTAKES))
def test_a_mistake_leaves_nothing(shop: Shop, name: str) -> None:
    """It is told with its cure; and no secret is."""
    words, says = MISTAKES[name]
    code, out, err = shop.add(*words, when=())
    assert (code, out) == (1, "")
    assert str(says) in err
    assert "swordfish" not in shop.told
    assert not list(shop.folder.rglob("schedules"))
    assert not shop.tab.exists()


def test_all_mistakes_are_told_at_once(shop: Shop) -> None:
    """Of the time, of the options, of the playbook and of the inventory."""
    (shop.folder / "look.yaml").write_text(PLAYBOOK.replace("stat:", "statt:"))
    code, _, err = shop.add("-k", "--deadline", "x", when=("--on", "never"))
    assert code == 1
    assert len(err.splitlines()) == 4
    for said in ("--on: 'never'", "--deadline: 'x'", "--ask-pass", "look.yaml:6:7: "):
        assert said in err


def test_secrets_that_others_may_read_are_refused(shop: Shop) -> None:
    """Those in files of -e and of the inventory, each file with the cure; a template is no secret."""
    variables = shop.folder / "host_vars"
    variables.mkdir()
    (variables / "one.yaml").write_text("ansible_become_password: '{{ door_password }}'\n")
    (variables / "two.yaml").write_text("app: {token: swordfish}\n")
    (shop.folder / "vars.yaml").write_text("door_password: swordfish\n")
    for file in (variables / "two.yaml", shop.folder / "vars.yaml"):
        file.chmod(0o640)
    code, _, err = shop.add("-e", "@vars.yaml", "-i", "two,")
    assert code == 1
    assert err.splitlines() == [
        "vars.yaml: others may read door_password in it (chmod 600 vars.yaml)",
        "host_vars/two.yaml: others may read token in it (chmod 600 host_vars/two.yaml)",
    ]
    assert not shop.tab.exists()
    for file in (variables / "two.yaml", shop.folder / "vars.yaml"):
        file.chmod(0o600)
    assert shop.add("-e", "@vars.yaml", "-i", "two,")[0] == 0


def test_a_key_that_others_may_read_is_refused(shop: Shop) -> None:
    """As every run refuses it."""
    (shop.folder / "key").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    (shop.folder / "key").chmod(0o644)
    code, _, err = shop.add("--private-key", "key")
    assert code == 1
    assert err == (
        "remediate: --private-key: the private key key is not used: "
        "its mode 0644 is not for its owner alone (chmod 600 key)\n"
    )


@pytest.mark.parametrize("words", [("show",), ("run",), ("run", "--due"), ("remove",)])
def test_what_is_not_there_is_told(shop: Shop, words: tuple[str, ...]) -> None:
    """Exit code 1, and where it was looked for."""
    code, _, err = shop(words[0], "nightly", *words[1:])
    assert code == 1
    assert f"there is no schedule 'nightly' in {shop.folder}/state/remediate (see" in err


def test_what_is_named_is_right_from_everywhere(shop: Shop) -> None:
    """Paths are whole; a list of hosts, and what is as usual, stay as they are."""
    (shop.folder / "vars.yaml").write_text("door_password: swordfish\n")
    (shop.folder / "vars.yaml").chmod(0o600)
    (shop.folder / "key").write_text("a key\n")
    words = ("-e", "@vars.yaml", "--private-key", "key", "-i", "two,", "-b", "-T", "5", "-f", "32")
    assert shop.add(*words)[0] == 0
    root = shop.folder
    assert shop.schedule()["recheck"] == [
        *("recheck", f"{root}/look.yaml", "--inventory", f"{root}/hosts.yaml", "--inventory", "two,"),
        *("--extra-vars", f"@{root}/vars.yaml", "--private-key", f"{root}/key", "--become"),
        *("--timeout", "5.0", "--name", "nightly", "--state-dir", f"{root}/state/remediate"),
    ]
    assert "swordfish" not in "".join(path.read_text() for path in shop.kept.iterdir()) + shop.told


def test_what_is_late_is_overdue(shop: Shop) -> None:
    """A timer that does not call is seen in the list; and one that is gone, by `show`."""
    shop.add()
    kept = json.loads((shop.kept / "nightly.json").read_text())
    (shop.kept / "nightly.json").write_text(json.dumps({**kept, "added": "2026-01-01T00:00:00+00:00"}))
    assert "2026-01-01 06:00 UTC OVERDUE" in shop("list")[1]
    assert shop.schedule()["overdue"] is True
    shop.tab.unlink()
    assert "its timer is GONE" in shop("show", "nightly")[1]
    assert [each["name"] for each in json.loads(shop("list", "--json")[1])] == ["nightly"]
