"""Secrets by the names that they have in places beside variables: environments, parameters; and in base64."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from own_hosts import OwnHosts

Command = Callable[..., tuple[int, str, str]]

PLAYBOOK = """\
- name: environments
  hosts: all
  environment: {PLAY_PASSWORD: of-the-play-1}
  tasks:
    - name: of a task
      shell: {cmd: "echo of-a-task-2 $PLAY_PASSWORD > {{ root }}/out; cat {{ root }}/out"}
      environment: {PGPASSWORD: of-a-task-2}
    - environment: {BLOCK_PWD: "of-{{ 'a-block' }}-3"}
      block:
        - {name: of a block, shell: {cmd: "echo of-a-block-3 $BLOCK_PWD", read_only: true}}
    - {name: read, command: {cmd: "cat {{ root }}/found", read_only: true}, register: found, no_log: true}
    - name: of a host
      shell: {cmd: "echo $A_TOKEN", read_only: true}
      environment: {A_TOKEN: "{{ found.stdout }}-{{ 4 + 0 }}"}
"""
SECRETS = ("of-the-play-1", "of-a-task-2", "of-a-block-3", "short-4")


def left_in(folder: Path) -> dict[str, bytes]:
    """All that is left of what was done, but for what was done itself."""
    files = [file for file in folder.rglob("*") if file.is_file() and "root" not in file.parts]
    return {file.name: file.read_bytes() for file in files if file.name != "p.yaml"}


@pytest.mark.parametrize("way", ["run", "apply"])
def test_secret_names_in_an_environment(folder: Path, remediate: Command, hosts: OwnHosts, way: str) -> None:
    """Of a play, a block or a task, as written or as a run finds it out: its value is masked everywhere."""
    (folder / "p.yaml").write_text(PLAYBOOK)
    (folder / "root" / "found").write_text("short")
    given = ("p.yaml", "-i", "one,", "-e", f"root={folder}/root", "-vv", "-D")
    commands = [("run", *given, "--events", "events")]
    if way == "apply":
        commands = [("plan", *given, "-o", "change.plan"), ("show", "change.plan")]
        commands += [("apply", "change.plan", "-vv", "-D", "--events", "events")]
    commands += [("history", "--json"), ("history", "show", "1", "one"), ("history", "show", "1", "--json")]
    told = ""
    for words in commands:
        code, out, err = remediate(*words)
        assert code == 0, out + err
        told += out + err
    assert (folder / "root" / "out").read_text() == "of-a-task-2 of-the-play-1\n"
    assert "    | ******** ********\n" in told
    for secret in SECRETS:
        assert secret not in told
        left = [name for name, data in left_in(folder).items() if secret.encode() in data]
        assert left == []


@pytest.mark.parametrize("before", ["", "x", "xy"])
def test_what_slurp_reads(folder: Path, remediate: Command, hosts: OwnHosts, before: str) -> None:
    """A secret among other text is masked in base64, too, wherever it begins; its text can be used."""
    secret = "horse-battery9"
    text = f"{before}name=ann\npassword={secret}\nlast\n"
    (folder / "root" / "file").write_text(text)
    (folder / "p.yaml").write_text("""\
- hosts: all
  tasks:
    - {name: read, slurp: {path: "{{ root }}/file"}, register: found}
    - {name: coded, debug: {msg: "{{ found.content }}"}}
    - {name: clear, debug: {msg: "{{ found.content | b64decode }}"}}
    - {name: used, copy: {dest: "{{ root }}/copy", content: "{{ found.content | b64decode }}"}}
""")
    (folder / "e.json").write_text(json.dumps({"root": f"{folder}/root", "a_password": secret}))
    given = ("-i", "one,", "-e", "@e.json", "-vv", "--events", "events")
    code, out, err = remediate("run", "p.yaml", *given)
    assert code == 0, out + err
    (folder / "e.json").unlink()
    assert (folder / "root" / "copy").read_text() == text
    out += remediate("history", "show", "1", "--json")[1]
    coded = base64.b64encode(text.encode()).decode()
    begin = text.index(secret) * 4 // 3
    inside = coded[begin + 2 : begin + len(secret) * 4 // 3 - 2]
    for data in (out.encode(), *left_in(folder).values()):
        assert secret.encode() not in data
        assert inside.encode() not in data
    assert f"coded: {coded[: begin - 1]}" in out
    assert f"clear: {before}name=ann\n      password=********\n      last\n" in out
