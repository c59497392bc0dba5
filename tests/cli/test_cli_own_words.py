"""Secrets that are words of the tool's own: no record loses its sense by them, and damaged ones are read."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ctrl_c import pressed_once
from own_hosts import OwnHosts

from remediate.cli.exit_codes import INTERRUPTED
from remediate.hosts.target import Target
from remediate.secrecy import Redactor

Command = Callable[..., tuple[int, str, str]]

PLAYBOOK = """\
- name: a play
  hosts: all
  tasks:
    - {name: Ask, shell: {cmd: "echo {{ said }}", read_only: true}, register: st, no_log: true}
    - {name: a folder, file: {path: "{{ root }}/{{ inventory_hostname }}", state: directory}}
    - {name: a file, copy: {dest: "{{ root }}/{{ inventory_hostname }}/x", content: "new\\n"}}
    - name: Stop
      shell: {cmd: "echo Ctrl-C comes here", changes: []}
      when: inventory_hostname == 'mail1'
    - name: Late
      shell: {cmd: "echo late > {{ late }}", undo: "rm {{ late }}"}
      vars: {late: "{{ root }}/{{ inventory_hostname }}/late"}
"""
WORDS = (
    *("stopped", "status", "changed", "failed", "hosts", "host", "task", "message", "result", "step"),
    *("undo", "change", "mail1", "nonce", "plan", "plan_file", "limit", "playbooks", "files", "options"),
    *("unreachable", "interrupted", "inventories", "began", "tuple", "recap", "effects", "undoes", "kept"),
)


@pytest.fixture
def run(folder: Path, remediate: Command, hosts: OwnHosts) -> Callable[..., int]:
    """Runs the playbook on two hosts with these secrets, in a state directory of its own."""
    (folder / "p.yaml").write_text(PLAYBOOK)

    def run(state: str, *secrets: str) -> int:
        (folder / f"{state}-root").mkdir(exist_ok=True)
        values = {f"word{number}_password": word for number, word in enumerate(secrets)}
        values |= {"root": f"{folder}/{state}-root", "said": secrets[0] if secrets else "?"}
        (folder / f"{state}.json").write_text(json.dumps(values))
        words = ("-i", "mail1,mail2,", "-e", f"@{state}.json", "--events", f"{state}.events")
        return remediate("run", "p.yaml", *words, "--state-dir", state)[0]

    return run


def fields(value: Any) -> Any:
    """The shape of what was written: its keys, and the words and numbers that programs read."""
    if isinstance(value, dict):
        plain = ("status", "event", "host", "kind", "module", "certainty", "outcome", "dry_run", "address")
        return {key: each if key in plain else fields(each) for key, each in value.items()}
    return [fields(each) for each in value] if isinstance(value, list) else type(value).__name__


def all_told(folder: Path, remediate: Command, state: str) -> Any:
    """All that programs are told of the run in a state directory."""
    listed = json.loads(remediate("history", "--json", "--state-dir", state)[1])
    shown = json.loads(remediate("history", "show", "1", "--json", "--state-dir", state)[1])
    events = [json.loads(line) for line in (folder / f"{state}.events").read_text().splitlines()]
    for each in (shown, events):  # in which order different kinds are written is no matter of secrets
        each.sort(key=lambda record: (record.get("host", ""), record.get("kind", "")))
    return fields([listed, shown, events])


@pytest.mark.parametrize("secrets", [WORDS, *((word,) for word in ("stopped", "task", "fail"))])
def test_no_record_loses_a_word(
    folder: Path, remediate: Command, run: Callable[..., int], secrets: tuple[str, ...]
) -> None:
    """History and events have the same fields, words, hosts and figures as those of a run without secrets."""
    assert run("plain") == run("secret", *secrets) == 0
    assert all_told(folder, remediate, "secret") == all_told(folder, remediate, "plain")
    assert re.search(r"2 hosts: 2 changed\n", remediate("history", "--state-dir", "secret")[1])
    code, out, err = remediate("undo", "1", "-e", "@secret.json", "--state-dir", "secret")
    assert (code, [*(folder / "secret-root").iterdir()]) == (0, []), out + err


def test_a_run_goes_on(
    folder: Path,
    remediate: Command,
    hosts: OwnHosts,
    run: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a run is made of, and what it has done, is found again."""
    host = hosts.host(Target(name="mail1", address="mail1"))
    host._before = pressed_once(monkeypatch, at="Ctrl-C comes here")
    assert run("secret", *WORDS) == INTERRUPTED
    assert not (folder / "secret-root" / "mail1" / "late").exists()
    code, out, err = remediate("resume", "-e", "@secret.json", "--state-dir", "secret")
    assert code == 0, out + err
    assert {path.name for path in (folder / "secret-root").iterdir()} == {"mail1", "mail2"}
    assert (folder / "secret-root" / "mail1" / "late").read_text() == "late\n"


def test_a_plan_is_applied_once(folder: Path, remediate: Command, hosts: OwnHosts) -> None:
    """A plan is held to what was reviewed, and known to be applied, also where `plan` is a secret."""
    (folder / "p.yaml").write_text(PLAYBOOK)
    values = {f"word{number}_password": word for number, word in enumerate(WORDS)}
    values |= {"root": f"{folder}/root", "said": "plan"}
    (folder / "e.json").write_text(json.dumps(values))
    words = ("-i", "mail1,", "-e", "@e.json")
    assert remediate("plan", "p.yaml", *words, "-o", "change.plan")[0] == 0
    code, out, err = remediate("apply", "change.plan", *words[2:])
    assert code == 0, out + err
    code, _, err = remediate("apply", "change.plan", *words[2:])
    assert (code, "was applied" in err or "has been applied" in err) == (1, True), err


def test_the_terminal_names_hosts_and_outcomes(folder: Path, remediate: Command, hosts: OwnHosts) -> None:
    """Where a host is called as a secret, and another secret is what became of it; messages are masked."""
    (folder / "p.yaml").write_text("- hosts: all\n  tasks: [{name: t, debug: {msg: 'it failed on mail1'}}]\n")
    secrets = ("-e", "a_password=mail1", "-e", "b_password=failed", "-e", "c_password=RECAP")
    code, out, _ = remediate("run", "p.yaml", "-i", "mail1,", *secrets, "-C")
    assert code == 0
    assert "ok           mail1  t: it ******** on ********\n" in out
    assert "\nRECAP (" in out
    assert "\nmail1  ok=1  changed=0  failed=0\n" in out.replace("would-change", "changed")


@pytest.mark.parametrize("word", WORDS)
def test_damaged_records_are_read(
    remediate: Command, run: Callable[..., int], monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    """Whatever older versions have masked: each command shows what can be shown, or says what is missing."""
    with monkeypatch.context() as older:
        older.setattr(Redactor, "redact_record", lambda self, record, _own: self.redact_all(record))
        assert run("kept", word) == 0
    for words in (
        ("history",),
        ("history", "--json"),
        ("history", "show", "1"),
        ("history", "show", "1", "mail2", "--json"),
        ("history", "prune", "--keep", "1d", "--check"),
        ("history", "verify"),
        ("report", "--last", "--json", "-"),
        ("resume", "1"),
        ("undo", "1", "--check"),
    ):
        secret = ("-e", "@kept.json") if words[0] in ("resume", "undo") else ()
        code, out, err = remediate(*words, *secret, "--state-dir", "kept")
        assert code in (0, 1, 2), (words, out, err)
        assert "Traceback" not in err, (words, err)
    out = remediate("history", "--state-dir", "kept")[1]
    assert re.search(r"[12] hosts?: [12] changed\n", out), out
