"""Files of the controller that a playbook names as they are must be there before anything is contacted."""

from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., tuple[int, str, str]]

PLAYBOOK = """\
- hosts: all
  tasks:
    - copy:
        src: nofile
        dest: /tmp/a
    - template:
        src: nofile.j2
        dest: /tmp/b
    - copy: {src: "{{ later }}", dest: /tmp/c}
    - copy: {src: there, dest: /tmp/d}
    - domino_document:
        server: {tls_ca: no.pem}
        database: names.nsf
        unids: [0123456789ABCDEF0123456789ABCDEF]
  handlers:
    - {name: later, copy: {src: none, dest: /tmp/e}}
"""


@pytest.mark.parametrize(
    "words",
    [("lint",), ("run", "-i", "a,"), ("plan", "-i", "a,", "-o", "x.plan")],
    ids=lambda words: words[0],
)
def test_all_that_are_not_there_are_told(
    folder: Path, remediate: Command, nobody: None, words: tuple[str, ...]
) -> None:
    """Each with its place and where it was looked for; what a template names is known only later."""
    (folder / "files").mkdir()
    (folder / "files" / "there").write_text("x")
    (folder / "p.yaml").write_text(PLAYBOOK)
    code, _, err = remediate(words[0], "p.yaml", *words[1:])
    assert code == 1
    told = [line.split(" (looked for ")[0] for line in err.splitlines()]
    assert told == [
        "p.yaml:4:14: there is no file 'nofile' on the controller",
        "p.yaml:7:14: there is no file 'nofile.j2' on the controller",
        "p.yaml:12:17: there is no file 'no.pem' on the controller",
        "p.yaml:16:33: there is no file 'none' on the controller",
    ]
    assert "looked for " in err
    assert "files/nofile and " in err
