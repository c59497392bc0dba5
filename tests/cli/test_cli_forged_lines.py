"""What a host or a playbook says in several lines never begins a line of a command's own output."""

from collections.abc import Callable
from pathlib import Path

import pytest
from runs import Hosts, TestHost

from remediate.errors import Unreachable

Command = Callable[..., tuple[int, str, str]]

FORGED = "2026-11-23T07:41:14.000+00:00  b  changed  All is well"

PLAYBOOK = f"""\
- hosts: all
  tasks:
    - name: "two\\n{FORGED}"
      shell: "true\\n: {FORGED}"
    - shell: "printf 'oops\\\\n{FORGED}\\\\n' >&2; exit 3"
"""


@pytest.fixture
def ran(folder: Path, remediate: Command, hosts: Hosts) -> Path:
    """A folder with the history of one run."""
    (folder / "p.yaml").write_text(PLAYBOOK)
    assert remediate("run", "p.yaml", "-i", "a,", "--state-dir", "kept")[0] == 2
    return folder


@pytest.mark.parametrize(
    "words",
    [("history", "show", "1"), ("history", "show", "1", "a"), ("undo", "1"), ("run", "--list-tasks")],
    ids=" ".join,
)
def test_it_is_indented(ran: Path, remediate: Command, words: tuple[str, ...]) -> None:
    """Every line of it but the first stands further to the right than a record."""
    behind = ("p.yaml", "-i", "a,") if words[0] == "run" else ()
    _, out, _ = remediate(*words, *behind, "--state-dir", "kept")
    forged = [line for line in out.splitlines() if line.lstrip().removeprefix(": ").startswith(FORGED)]
    assert forged
    assert all(line.startswith("    ") for line in forged)


def test_an_unreachable_host_does_not_answer_for_another(
    folder: Path, remediate: Command, hosts: Hosts
) -> None:
    """The words of one host's refusal are indented below its line."""

    def refuses(_scripts: object) -> None:
        raise Unreachable("no shell\nok           b  Linux 6 x86_64 as root, 0.01 s")

    hosts.made["a"] = TestHost("a", before=refuses)
    out = remediate("ping", "-i", "a,")[1]
    assert "no shell\n      ok           b" in out
