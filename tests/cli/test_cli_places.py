"""A task that fails says where it is written, on a terminal and in the history."""

from collections.abc import Callable
from pathlib import Path

import pytest
from runs import Hosts

Command = Callable[..., tuple[int, str, str]]

PLAYBOOK = """\
- hosts: all
  tasks:
    - name: greet
      {task}
"""


@pytest.mark.parametrize(
    ("task", "at"),
    [
        ("debug: {msg: '{{ greeting.nosuch }}'}", "    at p.yaml:3\n"),
        ("debug: {msg: hello}\n      when: greeting.nosuch", "    at p.yaml:3\n"),
        ("command: 'false'", "    at p.yaml:3\n"),
        ("template: {src: t.j2, dest: /nowhere}", "/templates/t.j2:2: 'nobody' is undefined"),
    ],
)
def test_where_it_failed_is_told(folder: Path, remediate: Command, hosts: Hosts, task: str, at: str) -> None:
    """File and line, without any `-v`; those of a template file besides."""
    (folder / "templates").mkdir()
    (folder / "templates" / "t.j2").write_text("hello\n{{ nobody }}\n")
    (folder / "p.yaml").write_text(PLAYBOOK.replace("{task}", task))
    words = ("run", "p.yaml", "-i", "a,", "-e", "{greeting: {}}", "--state-dir", "kept")
    code, out, _ = remediate(*words)
    assert code == 2
    assert at in out
    assert "    at p.yaml:3\n" in out
    assert "    at p.yaml:3\n" in remediate("history", "show", "1", "--state-dir", "kept")[1]
    assert out.count("p.yaml:3") == remediate(*words, "-vv")[1].count("p.yaml:3") == 1
