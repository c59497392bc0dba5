"""Wrong input: one clear message with place and cure, exit code 1, nothing contacted."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from runs import Hosts

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
    "unknown host": ("run good.yaml -i inv.yaml -l noe", r"--limit: .*'noe' .did you mean 'one'"),
    "unknown host of a play": ("run nohost.yaml -i inv.yaml", r"nohost.yaml:2:10: .*'noe'"),
    "unknown tag": ("run tags.yaml -i inv.yaml -t reed", r"--tags: no task has the tag 'reed' .*'red'"),
    "other tag": ("run tags.yaml -i inv.yaml -t x,red --list-tasks", r"'x' \(there are: blue, red\)"),
    "no tags at all": ("run good.yaml -i inv.yaml -t red", r"no task has any tag"),
    "missing inventory": ("run good.yaml -i no.yaml", r"no.yaml.*"),
    "broken inventory": ("run good.yaml -i badinv.yaml", r"badinv.yaml:\d+:\d+: "),
    "bad connection variable": ("run good.yaml -i port.yaml", r"port.yaml:3:11: host one: ansible_port must"),
    "bad connection variable to ping": ("ping -i port.yaml", r"port.yaml:3:11: host one: ansible_port must"),
    "bad connection variable in -e to ping": (
        "ping -i inv.yaml -e ansible_port=x",
        r"^remediate: -e: ansible_p",
    ),
    "bad connection variable in -e": (
        "run good.yaml -i inv.yaml -e ansible_port=x",
        r"^remediate: -e: ansible_p",
    ),
    "missing key": (
        "run good.yaml -i inv.yaml --private-key no",
        r"^remediate: --private-key: .*key no cannot",
    ),
    "missing key of a host": (
        "run good.yaml -i key.yaml",
        r"key.yaml:3:11: host one: .*no-key.*No such file",
    ),
    "missing key to ping": ("ping -i inv.yaml --private-key adir", r"--private-key: .*adir.*Is a directory"),
    "key for others": (
        "ping -i openkey.yaml",
        r"^remediate: openkey.yaml:3:11: host one: .*open-key is not used: .* 0640 .*chmod 600 open-key",
    ),
    "missing host keys": (
        "run good.yaml -i known.yaml",
        r"known.yaml:3:11: .*no-keys.*--accept-new-host-keys",
    ),
    "budget that is none": (
        "run budget.yaml -i inv.yaml -e n=many",
        r"budget.yaml:3:24: .*from 0 to 100, not .*many",
    ),
    "budget without a value": ("run budget.yaml -i inv.yaml", r"budget.yaml:3:24: .*'n' is undefined .*-e"),
    "batch of none": ("run serial.yaml -i inv.yaml -e n=0", r"serial.yaml:3:15: 'serial' must .*number 0"),
    "-e that is no mapping": ("run good.yaml -i inv.yaml -e [1]", r"-e: variables must be a mapping .*name"),
    "bad -e": ("run good.yaml -i inv.yaml -e nonsense", r"-e: 'nonsense' is no assignment .*name=value"),
    "-e with a secret": (
        "run good.yaml -i inv.yaml -e a_pass='x",
        r"-e: what stands beside 'a_pass': no closing",
    ),
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
        r"cannot be used.*--state-dir",
    ),
    "nothing to show": ("inventory -i inv.yaml", r"--list, --graph and --host"),
    "two things to show": ("inventory -i inv.yaml --list --graph", r"one of --list, --graph and --host"),
    "unknown host to show": ("inventory -i inv.yaml --host noe", r"'noe' .did you mean 'one'"),
    "lint": ("lint param.yaml module.yaml", r"param.yaml:4:.*\n.*module.yaml:4:"),
    "ping no host": ("ping one -i inv.yaml -l all:!one", r"^remediate: no host is chosen .*--graph"),
    "doctor for no host": ("doctor -i inv.yaml -l all:!one", r"^remediate: no host is chosen"),
    "run on no host": ("run good.yaml -i inv.yaml -l all:!one", r"^remediate: no host is chosen .*--limit"),
    "recheck of no host": ("recheck good.yaml -i inv.yaml -l all:!one", r"^remediate: no host is chosen"),
    "plan for no host": ("plan good.yaml -i inv.yaml -l all:!one -o plan", r"^remediate: no host is chosen"),
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
        "nohost.yaml": GOOD.replace("all", "noe"),
        "tags.yaml": GOOD + "      tags: [red]\n    - {debug: {msg: y}, tags: blue}\n",
        "budget.yaml": GOOD.replace("tasks", 'max_fail_percentage: "{{ n }}"\n  tasks'),
        "serial.yaml": GOOD.replace("tasks", 'serial: [1, "{{ n }}"]\n  tasks'),
        "inv.yaml": INVENTORY,
        "badinv.yaml": "all:\n  hosts: [one\n",
        "port.yaml": INVENTORY.replace("{}", "{ansible_port: many}"),
        "key.yaml": INVENTORY.replace("{}", "{ansible_ssh_private_key_file: no-key}"),
        "openkey.yaml": INVENTORY.replace("{}", "{ansible_ssh_private_key_file: open-key}"),
        "open-key": "-----BEGIN OPENSSH PRIVATE KEY-----\n",
        "known.yaml": INVENTORY.replace("{}", "{ssh_known_hosts: no-keys}"),
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    (folder / "open-key").chmod(0o640)
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


@pytest.mark.usefixtures("nobody")
def test_a_file_of_host_keys_may_be_made(files: Path, remediate: Command, hosts: Hosts) -> None:
    """With --accept-new-host-keys a missing one is no mistake; nor is it one where nobody is contacted."""
    assert remediate("run", "good.yaml", "-i", "known.yaml", "--accept-new-host-keys")[0] == 0
    assert remediate("run", "good.yaml", "-i", "known.yaml", "--list-hosts")[0] == 0


@pytest.mark.usefixtures("nobody")
def test_all_mistakes_of_an_inventory_are_told_at_once(files: Path, remediate: Command) -> None:
    """Every host's, each at its place; what several hosts got from a group is told once."""
    (files / "many.yaml").write_text(
        "all:\n  hosts:\n    one: {ansible_port: 0}\n    two: {ansible_become_method: doas, ssh_legacy: 5}\n"
        "    three: {ansible_ssh_private_key_file: nokey, ssh_known_hosts: nokeys, ansible_port: 22}\n"
        "  children:\n    old:\n"
        "      hosts: {a: {}, b: {}, c: {}, d: {}}\n      vars: {ssh_legacy: perhaps}\n"
    )
    code, _, err = remediate("run", "good.yaml", "-i", "many.yaml")
    assert code == 1
    assert err.splitlines() == [
        "many.yaml:3:11: host one: ansible_port must be a number from 1 to 65535, not 0",
        "many.yaml:4:11: host two: ansible_become_method is 'doas' (sudo and su are supported)",
        "many.yaml:4:40: host two: ssh_legacy must be true or false, not 5",
        "many.yaml:5:13: host three: the private key nokey cannot be read: No such file or directory "
        "(name a key that is there, or none: then the SSH agent's and the usual ones are tried)",
        "many.yaml:5:50: host three: the file of host keys nokeys cannot be read: No such file or directory "
        "(collect the keys in it with ssh-keyscan, or let --accept-new-host-keys do so)",
        "many.yaml:9:14: hosts a, b, c and 1 more: ssh_legacy must be true or false, not 'perhaps'",
    ]


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize(
    "words", ["run good.yaml -i port.yaml", "run good.yaml -i inv.yaml -t no", "ping -i port.yaml"]
)
def test_mistakes_are_told_before_passwords_are_asked_for(
    files: Path, remediate: Command, words: str
) -> None:
    """Nobody types two passwords in order to hear of a typo."""
    _, out, err = remediate(*words.split(), "-k", "-K")
    assert "password" not in (out + err).lower()


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("words", "option", "variable"),
    [
        ("ping -i inv.yaml -k", "--ask-pass", "ansible_password"),
        ("run good.yaml -i inv.yaml -K", "--ask-become-pass", "ansible_become_password"),
    ],
)
def test_passwords_need_a_terminal(words: str, option: str, variable: str) -> None:
    """Where there is none, that is told in one line, with what to do instead."""
    done = subprocess.run(
        [sys.executable, "-m", "remediate", *words.split()],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,  # without a terminal
        check=False,
    )
    cure = f"put {variable} into a file that only you can read, and name that: -e @FILE"
    told = f"remediate: {option}: there is no terminal to ask for the password at ({cure})\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)


def test_secrets_of_an_inventory_are_masked(files: Path, remediate: Command) -> None:
    """`inventory --list` and `--host` show no password."""
    (files / "secret.yaml").write_text(INVENTORY.replace("{}", "{ansible_password: hunter22, colour: red}"))
    _, listed, _ = remediate("inventory", "-i", "secret.yaml", "--list")
    _, one, _ = remediate("inventory", "-i", "secret.yaml", "--host", "one")
    assert "hunter22" not in listed + one
    assert json.loads(one)["colour"] == "red"
