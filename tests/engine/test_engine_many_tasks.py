"""What a task costs does not grow with the number of tasks before it that have nothing to do with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from runs import Ran, play

from remediate.effects.write import WriteFile

Runner = Callable[..., Ran]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_file_is_not_compared_with_every_other_one(
    run: Runner, root: Path, monkeypatch: pytest.MonkeyPatch, dry_run: bool
) -> None:
    """An effect is asked what it foretells about its own path and what lies around it, and nothing else."""
    asked = []
    foretell = WriteFile.foretell

    def counted(self: WriteFile, fact: Any, answer: Any) -> Any:
        asked.append((self.path, fact))
        return foretell(self, fact, answer)

    monkeypatch.setattr(WriteFile, "foretell", counted)
    tasks = "\n".join(f'- copy: {{dest: "{{{{ root }}}}/{n:02}", content: x}}' for n in range(30))
    ran = run(play(tasks), dry_run=dry_run)
    assert ran.counts().changed == 30
    others = [fact for path, fact in asked if fact.path not in (path, str(root))]
    assert not others


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_file_behind_a_link_is_not_taken_for_another(run: Runner, root: Path, dry_run: bool) -> None:
    """What is done to a file under one of its names is seen under the other, which has no letter of it."""
    (root / "a").mkdir()
    (root / "b").symlink_to("a")
    ran = run(
        play("""
- {copy: {dest: "{{ root }}/a/f", content: "x\\n"}}
- {slurp: {path: "{{ root }}/b/f"}, register: seen}
- {lineinfile: {path: "{{ root }}/b/f", line: y}}
- {slurp: {path: "{{ root }}/a/f"}, register: last}
- {assert: {that: ["(seen.content | b64decode) == 'x\\n'", "(last.content | b64decode) == 'x\\ny\\n'"]}}
"""),
        dry_run=dry_run,
    )
    assert (ran.counts().failed, ran.counts().unknown, ran.counts().changed) == (0, 0, 2)
