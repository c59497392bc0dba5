"""Wrong input: one clear message with place and cure, exit code 1, nothing contacted."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from remediate.store.history import open_history

Command = Callable[..., tuple[int, str, str]]

GOOD = "- name: p\n  hosts: all\n  tasks:\n    - debug: {msg: x}\n"
INVENTORY = "all:\n  hosts:\n    one: {}\n"

MISTAKES = {
    "missing playbook": ("run nowhere.yaml -i inv.yaml", r"nowhere.yaml: cannot be read: No such file"),
    "bad YAML": ("run bad.yaml -i inv.yaml", r"bad.yaml:3:1: not valid YAML"),
    "binary playbook": ("run binary.yaml -i inv.yaml", r"binary.yaml: not UTF-8 text .*save it as UTF-8"),
    "directory as playbook": ("run adir -i inv.yaml", r"adir: cannot be read: Is a directory"),
    "unknown module": ("run module.yaml -i inv.yaml", r"module.yaml:4:7: .*'coppy'.*did you mean 'copy'"),
    "unknown parameter": ("run param.yaml -i inv.yaml", r"param.yaml:4:\d+: .*'destt'.*did you mean 'dest'"),
    "unknown host": ("run good.yaml -i inv.yaml -l nowhere", r"'nowhere'"),
    "missing inventory": ("run good.yaml -i no.yaml", r"no.yaml.*"),
    "broken inventory": ("run good.yaml -i badinv.yaml", r"badinv.yaml:\d+:\d+: "),
    "bad connection variable": ("run good.yaml -i port.yaml", r"ansible_port"),
    "bad -e": ("run good.yaml -i inv.yaml -e nonsense", r"-e: 'nonsense' is no assignment .*name=value"),
    "bad -e JSON": ("run good.yaml -i inv.yaml -e {a", r"-e:\d:1: not valid YAML"),
    "bad -e name": ("run good.yaml -i inv.yaml -e for=1", r"-e: .*'for'"),
    "missing -e file": ("run good.yaml -i inv.yaml -e @no.yaml", r"no.yaml: cannot be read"),
    "unknown option": ("run good.yaml -i inv.yaml --chek", r"No such option.*--chek.*--check"),
    "unknown command": ("rnu good.yaml", r"No such command 'rnu'"),
    "no inventory": ("run good.yaml", r"Missing option '-i'"),
    "bad number": ("run good.yaml -i inv.yaml -f many", r"'many' is not a valid"),
    "undefined in hosts": ("run pattern.yaml -i inv.yaml", r"pattern.yaml:2:10: .*'where' is undefined .*-e"),
    "unwritable events": ("run good.yaml -i inv.yaml --events adir", r"--events adir: Is a directory"),
    "unwritable state": (
        "run good.yaml -i inv.yaml --state-dir good.yaml",
        r"store cannot be used.*--state-dir",
    ),
    "nothing to show": ("inventory -i inv.yaml", r"--list, --graph and --host"),
    "unknown host to show": ("inventory -i inv.yaml --host nowhere", r"no host 'nowhere'"),
    "lint": ("lint param.yaml module.yaml", r"param.yaml:4:.*\n.*module.yaml:4:"),
    "ping nowhere": ("ping nowhere -i inv.yaml", r"'nowhere'"),
}


@pytest.fixture
def files(folder: Path) -> Path:
    """Good and bad files in the current folder."""
    texts = {
        "good.yaml": GOOD,
        "bad.yaml": "- hosts: all\n  tasks: [a\n",
        "module.yaml": GOOD.replace("debug:", "coppy:"),
        "param.yaml": GOOD.replace("debug: {msg: x}", "copy: {destt: /x, dest: /y, content: z}"),
        "pattern.yaml": GOOD.replace("all", '"{{ where }}"'),
        "inv.yaml": INVENTORY,
        "badinv.yaml": "all:\n  hosts: [one\n",
        "port.yaml": INVENTORY.replace("{}", "{ansible_port: many}"),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    (folder / "binary.yaml").write_bytes(b"\x80\x81")
    (folder / "adir").mkdir()
    return folder


@pytest.mark.parametrize("name", MISTAKES)
@pytest.mark.usefixtures("files", "nobody")
def test_a_mistake_is_told_with_place_and_cure(remediate: Command, name: str) -> None:
    """Exit code 1, the message alone on stderr, no traceback, nothing contacted."""
    line, pattern = MISTAKES[name]
    code, out, err = remediate(*line.split())
    assert code == 1
    assert re.search(pattern, err), err
    assert "Traceback" not in err
    assert out == ""


@pytest.mark.usefixtures("nobody")
def test_all_mistakes_of_a_playbook_are_told_at_once(files: Path, remediate: Command) -> None:
    """Each on a line of its own, in the order written."""
    (files / "many.yaml").write_text(
        GOOD + "    - copy: {}\n    - debug: {msg: x, vrbosity: 1}\n    - nothing: {}\n"
    )
    code, _, err = remediate("run", "many.yaml", "-i", "inv.yaml")
    places = [line.split(": ")[0] for line in err.splitlines()]
    assert code == 1
    assert [place.split(":")[1] for place in places] == ["5", "6", "7"]


@pytest.mark.usefixtures("nobody")
def test_a_refused_run_leaves_nothing_behind(files: Path, remediate: Command) -> None:
    """The history knows nothing of a run that did not begin."""
    remediate("run", "good.yaml", "-i", "port.yaml")
    if (files / "state" / "remediate").exists():
        with open_history(files / "state" / "remediate") as history:
            assert history.runs() == ()


def test_an_unreadable_key_is_told_for_its_host(files: Path, remediate: Command) -> None:
    """A key file that is not there: the host is unreachable, and the file is named."""
    (files / "local.yaml").write_text(INVENTORY.replace("{}", "{ansible_host: 127.0.0.1, ansible_port: 1}"))
    (files / "ask.yaml").write_text(GOOD.replace("debug: {msg: x}", "stat: {path: /}"))
    code, out, _ = remediate("run", "ask.yaml", "-i", "local.yaml", "--private-key", "no-key")
    assert code == 4
    assert "no-key" in out


def test_secrets_of_an_inventory_are_masked(files: Path, remediate: Command) -> None:
    """`inventory --list` and `--host` show no password."""
    (files / "secret.yaml").write_text(INVENTORY.replace("{}", "{ansible_password: hunter22, colour: red}"))
    _, listed, _ = remediate("inventory", "-i", "secret.yaml", "--list")
    _, one, _ = remediate("inventory", "-i", "secret.yaml", "--host", "one")
    assert "hunter22" not in listed + one
    assert json.loads(one)["colour"] == "red"
