"""A secret in a file, in a command, in a path: nothing that a change leaves behind shows it, in any form."""

import base64
import html
import json
import random
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from filter_chains import STEPS, expression
from own_hosts import work_in

from remediate.cli.main import main
from remediate.templating.scope import Layer, Scope
from remediate.templating.templar import Templar

PLAYBOOK = """\
- name: "the door of {{ door_password }}"
  hosts: all
  vars: {path: "{{ root }}/{{ inventory_hostname }}-{{ door_password }}"}
  tasks:
    - {name: a template, template: {src: t.j2, dest: "{{ root }}/{{ inventory_hostname }}"}}
    - {name: "a path for {{ door_password }}", file: {path: "{{ path }}", state: directory}}
    - {name: below, copy: {dest: "{{ path }}/x", content: "{{ door_password | to_json }}"}}
    - name: a command
      command: {argv: [echo, "{{ door_password }}"], changes: [], undo: "echo {{ door_password | quote }}"}
      register: said
    - {name: what it said, debug: {msg: "{{ said.stdout }} {{ door_password | b64encode }}"}}
    - {name: asked, command: {argv: [echo, "{{ door_password }}"], read_only: true}}
    - name: "{{ item }}"
      shell: {cmd: "printf '%s\\n' {{ item | quote }} >&2; exit 1", changes: []}
      loop: ["{{ door_password }}"]
"""

SECRETS = {
    "plain": "open-sesame",
    "quotes": 'it\'s "so" $HOME `x`',
    "letters": "söß-€-geheim",
    "page": "<b>&open;<b>",
    "backslashes": "a\\nb\\\\c%41",
}
"""Of each host its own."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the playbook, its template, and hosts that need no SSH; the state is there, too."""
    hosts = {name: {"door_password": secret} for name, secret in SECRETS.items()}
    files = {
        "p.yaml": PLAYBOOK,
        "t.j2": "key={{ door_password }}\nquoted={{ door_password | quote }}\n",
        "inventory.yaml": json.dumps({"all": {"hosts": hosts, "vars": {"root": str(tmp_path / "root")}}}),
    }
    work_in(tmp_path, files, monkeypatch)
    return tmp_path


def forms(secret: str) -> Iterator[str]:
    """The ways in which a secret might be written."""
    yield secret
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
    yield from (
        html.escape(secret),
        html.escape(secret, quote=False),
        quote(secret),
        shlex.quote(secret)[1:-1],
    )
    yield base64.b64encode(secret.encode()).decode()


def test_no_form_of_a_secret_is_left(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Planned, shown, applied, taken back: neither plan, views, events, store nor screen show it."""
    views = ("--html", "kept/page.html", "--markdown", "kept/page.md")
    assert main(("plan", "p.yaml", "-i", "inventory.yaml", "-vv", "-D", "-o", "kept/plan", *views)) == 0
    assert main(("show", "kept/plan")) == 0
    assert main(("apply", "kept/plan", "-vv", "-D", "--events", "kept/events")) == 2
    assert main(("history", "show", "1", "plain", "--json")) == 0
    assert all(secret in (folder / "root" / name).read_text() for name, secret in SECRETS.items())
    assert main(("undo", "1", "-vv", "-D")) == 0
    assert [*(folder / "root").iterdir()] == []
    told = "".join(capfd.readouterr())
    kept = [file for name in ("kept", "state") for file in (folder / name).rglob("*") if file.is_file()]
    assert {"plan", "page.html", "page.md", "events"} <= {file.name for file in kept}
    for form in (form for secret in SECRETS.values() for form in forms(secret)):
        assert form not in told
        assert [file.name for file in kept if form.encode() in file.read_bytes()] == []


DERIVED = """\
- name: "the gate of {{ door_password | title }}"
  hosts: all
  vars: {made: "@MADE@", path: "{{ root }}/{{ inventory_hostname }}-{{ door_password | hash('md5') }}"}
  tasks:
    - {name: a file, copy: {dest: "{{ path }}", content: "begin\\nkey {{ made }}\\nend\\n"}}
    - name: "a command {{ made }}"
      command: {argv: [echo, "{{ made }}"], changes: [], undo: "echo {{ made | quote }}"}
      register: said
    - {name: what it said, debug: {msg: "{{ said.stdout }} {{ said.stdout | upper }}"}}
    - {name: asked, command: {argv: [echo, "{{ door_password[:9] }}"], read_only: true}}
    - {name: kept, set_fact: {loud: "{{ made }}"}}
    - {name: "shown {{ loud }}", debug: {var: loud}}
    - name: it fails
      shell: {cmd: "printf '%s\\\\n' {{ made | quote }} >&2; exit 1", changes: []}
"""


CHAINS = [random.Random(seed).sample(STEPS, 3) for seed in range(8)]  # noqa: S311 - the same each time


@pytest.mark.parametrize("chain", CHAINS)
def test_nothing_that_is_made_of_a_secret_is_left(
    folder: Path, capfd: pytest.CaptureFixture[str], chain: list[str]
) -> None:
    """Whatever chain of filters a template puts a secret through: nobody shows what comes of it."""
    made = expression("door_password", chain)
    (folder / "p.yaml").write_text(DERIVED.replace("@MADE@", "{{ " + made.replace('"', '\\"') + " }}"))
    words = ("-vv", "-D")
    views = ("--html", "kept/page.html", "--markdown", "kept/page.md")
    assert main(("plan", "p.yaml", "-i", "inventory.yaml", *words, "-o", "kept/plan", *views)) == 0
    assert main(("show", "kept/plan")) == 0
    assert main(("apply", "kept/plan", *words, "--events", "kept/events")) == 2
    assert main(("history", "show", "1", "plain", "--json")) == 0
    assert len([*(folder / "root").iterdir()]) == len(SECRETS)
    assert main(("undo", "1", *words)) == 0
    assert [*(folder / "root").iterdir()] == []
    told = "".join(capfd.readouterr())
    kept = [file for name in ("kept", "state") for file in (folder / name).rglob("*") if file.is_file()]
    texts = [told, *(file.read_bytes().decode("utf-8", "replace") for file in kept)]
    for secret in SECRETS.values():
        scope = Scope((Layer({"door_password": secret}),))
        templates = (made, f"{made} | string | upper", "door_password[:9]", "door_password | hash('md5')")
        for text in (str(Templar().render("{{ " + each + " }}", scope)) for each in templates):
            lines = [line for line in text.splitlines() if len(set(line)) > 3]
            for form in (
                form for line in lines for form in (line, json.dumps(line)[1:-1], html.escape(line))
            ):
                assert not any(form in each for each in texts), (form, chain)


def test_a_piece_that_cannot_be_masked_is_warned_of(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Once for all hosts, with file, line and variable, also in the plan; not where no_log hides it."""
    (folder / "p.yaml").write_text(
        "- name: p\n  hosts: all\n  tasks:\n"
        '    - {name: hint, debug: {msg: "begins with {{ door_password[:3] }}"}}\n'
        '    - {name: hidden, debug: {msg: "{{ door_password[:3] }}"}, no_log: true}\n'
        "    - {name: fine, debug: {msg: '{{ door_password | length }}'}, when: door_password is defined}\n"
    )
    warning = "p.yaml:4: a piece of door_password that is too short to be masked may be shown by task 'hint'"
    assert main(("plan", "p.yaml", "-i", "inventory.yaml", "-o", "kept/plan")) == 0
    assert "".join(capfd.readouterr().out.split()).count("".join(warning.split())) == 1
    assert main(("show", "kept/plan")) == 0
    shown = "".join(capfd.readouterr().out.split())
    assert "".join(warning.split()) in shown
    assert "hidden" not in shown
