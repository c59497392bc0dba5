"""Secrets known by the names of variables, wherever these come from: nothing that is left shows them."""

import html
import json
from pathlib import Path

import pytest
from ctrl_c import pressed_once
from own_hosts import OwnHosts, work_in

from remediate.cli import running
from remediate.cli.exit_codes import INTERRUPTED
from remediate.cli.main import main
from remediate.hosts.target import Target

PLAYBOOK = """\
- name: named
  hosts: all
  vars:
    site_password: {alice: Wonder-Pw1, lists: [[Nested-Pw2]]}
    late_password: "{{ said.stdout }}-{{ 'late' }}"
    both_password: "it's \\"both\\" quotes"
  tasks:
    - name: "of a list {{ item.password }}"
      copy: {dest: "{{ root }}/{{ item.name }}", content: "{{ item.password }}"}
      loop: "{{ users }}"
    - {name: of a dict, debug: {msg: "{{ site_password.alice }} {{ site_password }}"}}
    - {name: of a file, debug: {var: db_passwords}}
    - {name: a number, copy: {dest: "{{ root }}/number", content: "{{ api_token }} {{ api_token * 2 }}"}}
    - {name: a tiny one, copy: {dest: "{{ root }}/tiny", content: "{{ pin_secret }}{{ flag_token }}"}}
    - {name: in a dict, debug: {msg: "{{ {'a': both_password, 'b': api_token} }} {{ [both_password] }}"}}
    - {name: twice, debug: {var: n_secret * 2}}
    - name: hidden
      command: {argv: [printf, "%s\\n", "Hid-den-{{ 40 + 2 }}-x"], read_only: true}
      no_log: true
      register: said
    - {name: "shown {{ said.stdout }}", debug: {var: said}}
    - {name: a hidden file, copy: {dest: "{{ root }}/hidden", content: "x"}, no_log: true, register: put}
    - {name: where, debug: {msg: "put into {{ put.dest }}"}}
    - {name: late, debug: {msg: "{{ late_password }}"}}
    - name: set
      set_fact:
        gen_password: "{{ ['Gen', 'Pw', '77'] | join('_') }}"
        made: {their_token: ["{{ 'To-' ~ 'ken-9' }}"]}
    - {name: "{{ gen_password }}", debug: {msg: "{{ gen_password | upper }} {{ gen_password }} {{ made }}"}}
    - {name: a hidden fact, set_fact: {plain: "{{ 'Fac' ~ 'tual-5' }}"}, no_log: true}
    - {name: a fact, debug: {var: plain}}
    - {name: as written, set_fact: {plain_password: Literal-Pw4}}
    - name: items
      debug: {msg: "{{ item.password }}"}
      loop: "{{ ('[{!password!: !It' ~ 'em-Pw8!}]') | replace('!', '\\"') | from_json }}"
    - name: an error
      debug: {msg: "{{ lookup('file', '/no/' ~ users[0].password) }}"}
      ignore_errors: true
    - name: a command
      command: {argv: [echo, "{{ gen_password }}", "{{ api_token }}"], undo: "echo {{ n_secret }}"}
"""

VARIABLES = {
    "users": [{"name": "annabel", "password": "AnnPw12345"}, {"name": "bobby", "password": "BobPw12345"}],
    "api_token": 9988776655,
    "n_secret": 424242424,
    "pin_secret": 73,
    "flag_token": True,
    "nested": {"list_of": [{"client_secret": "deep-Pw6"}]},
}
SECRETS = (
    *("AnnPw12345", "BobPw12345", "9988776655", "19977553310", "848484848", "424242424", "deep-Pw6"),
    *("Wonder-Pw1", "Nested-Pw2", "First-Pw3", "Hid-den-42-x", "Hid-den-42-x-late", "Gen_Pw_77", "GEN_PW_77"),
    *("To-ken-9", "Factual-5", "Literal-Pw4", "Item-Pw8", 'it\'s "both" quotes'),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the playbook and the inventory of a host that needs no SSH; the state is there, too."""
    variables = {**VARIABLES, "root": str(tmp_path / "root")}
    files = {
        "p.yaml": PLAYBOOK,
        "creds.yaml": "db_passwords: [First-Pw3, [[First-Pw3]]]\n",
        "inventory.yaml": json.dumps({"all": {"hosts": {"web1": variables}}}),
    }
    work_in(tmp_path, files, monkeypatch)
    return tmp_path


def test_nothing_shows_them(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither plan, views, events, store nor screen; and numbers come out of the plan as numbers."""
    words, extra = ("-vv", "-D"), ("-e", "@creds.yaml")
    views = ("--html", "kept/page.html", "--markdown", "kept/page.md")
    assert main(("plan", "p.yaml", "-i", "inventory.yaml", *extra, *words, "-o", "kept/plan", *views)) == 0
    assert main(("show", "kept/plan")) == 0
    assert main(("apply", "kept/plan", *extra, *words, "--events", "kept/events")) in (0, 2)
    assert (folder / "root" / "number").read_text() == "9988776655 19977553310"
    assert (folder / "root" / "tiny").read_text() == "73True"
    assert main(("history", "--json")) == 0
    assert main(("history", "show", "1", "web1", "--json")) == 0
    assert main(("undo", "1", *extra, *words)) == 0
    assert [*(folder / "root").iterdir()] == []
    told = "".join(capfd.readouterr())
    kept = [file for name in ("kept", "state") for file in (folder / name).rglob("*") if file.is_file()]
    assert {"plan", "page.html", "page.md", "events"} <= {file.name for file in kept}
    assert b'["pin_secret","<<secret:pin_secret:number:' in (folder / "kept" / "plan").read_bytes()
    assert "Traceback" not in told
    assert f"put into {folder}/root/hidden" in told
    for secret in SECRETS:
        for form in (secret, json.dumps(secret)[1:-1], html.escape(secret), repr(secret)[1:-1]):
            assert form not in told, form
            assert [file.name for file in kept if form.encode() in file.read_bytes()] == [], form


RESUMED = """\
- name: resumed
  hosts: all
  tasks:
    - {name: a number, debug: {var: api_token}, register: shown}
    - {name: set, set_fact: {gen_password: "{{ ['Gen', 'Pw', '77'] | join('_') }}"}}
    - {name: stopped, shell: {cmd: "echo Ctrl-C comes here", changes: []}}
    - name: gone on with
      copy: {dest: "{{ root }}/file", content: "{{ gen_password }} {{ shown.api_token + 1 }}"}
"""


def test_a_resumed_run_has_them_again(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was set and registered is known as a secret in the second part, and a number is one again."""
    (folder / "p.yaml").write_text(RESUMED)
    here = running.Fleet()
    assert isinstance(here, OwnHosts)
    host = here.host(Target(name="web1", address="web1"))
    host._before = pressed_once(monkeypatch, at="Ctrl-C comes here")
    assert main(("run", "p.yaml", "-i", "inventory.yaml")) == INTERRUPTED
    assert not (folder / "root" / "file").exists()
    assert main(("resume", "-vv", "-D", "-i", "inventory.yaml")) == 0
    assert (folder / "root" / "file").read_text() == "Gen_Pw_77 9988776656"
    told = "".join(capfd.readouterr()).encode()
    texts = [told, *(file.read_bytes() for file in (folder / "state").rglob("*") if file.is_file())]
    assert [each for each in (b"Gen_Pw_77", b"998877665") if any(each in text for text in texts)] == []
