"""The plan tells the state after the apply: random effects on random trees, foretold, then carried out."""

import os
import shutil
from typing import Any

import hostile
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from local_host import SHELLS, LocalHost, answers
from trees import TARGETS, Plan, groups, grow, modes, owners, trees

from remediate.answers import Answer, Known
from remediate.effects.base import Effect
from remediate.effects.paths import Link, MakeDirectory, removal
from remediate.effects.permissions import SetMode, SetOwner
from remediate.effects.write import WriteFile
from remediate.engine.asking import agrees
from remediate.facts.base import Fact
from remediate.facts.files import FileStatus, FileText, Listing, PathStatus, Text


class Planner:
    """Draws effects that suit what is foretold, and lays what they foretell over the answers."""

    def __init__(self, data: st.DataObject, root: str, answers: dict[Fact[Any], Answer]) -> None:
        self.data = data
        self.root = root
        self.answers = answers

    def known(self, fact: Fact[Any]) -> Any:
        """The answer, or None if it cannot be foretold."""
        answer = self.answers.get(fact)
        return answer.value if isinstance(answer, Known) else None

    def effect(self, path: str) -> Effect | None:
        """An effect that makes sense for what is foretold to be at the path."""
        draw = self.data.draw
        status: PathStatus | None = self.known(FileStatus(path))
        text: FileText | None = self.known(Text(path))
        if status is None:
            return None
        choices: list[st.SearchStrategy[Effect]] = []
        above = os.path.dirname(path)  # noqa: PTH120
        parent = self.known(FileStatus(above))
        if status.kind == "absent":
            if above != self.root and (parent is None or parent.kind != "directory"):
                return None
            choices += [
                st.builds(MakeDirectory, path=st.just(path), mode=modes),
                st.builds(Link, path=st.just(path), target=st.sampled_from(TARGETS), before=st.none()),
            ]
        else:
            lost = text if status.kind == "file" else None
            choices.append(st.just(removal(path, status, lost)))
        if status.kind == "link":
            choices.append(
                st.builds(
                    Link, path=st.just(path), target=st.sampled_from(TARGETS), before=st.just(status.target)
                )
            )
        if status.kind in ("file", "directory"):
            choices += [
                st.builds(SetMode, path=st.just(path), before=st.just(status.mode), after=modes),
                st.builds(SetOwner, path=st.just(path), owner=owners, group=groups, before=st.just("?")),
            ]
        if text is not None and (text.kind == "file" or status.kind == "absent"):
            choices.append(
                st.builds(
                    WriteFile,
                    path=st.just(path),
                    before=st.just(text),
                    after=hostile.contents,
                    mode=modes,
                    backup=st.booleans(),
                )
            )
        return draw(st.one_of(choices))

    def foresee(self, effect: Effect) -> None:
        """Lay the effect over every answer."""
        self.answers = {fact: effect.foretell(fact, answer) for fact, answer in self.answers.items()}


@pytest.mark.root
@settings(max_examples=30)
@given(shell=st.sampled_from(sorted(SHELLS)), plan=trees(), data=st.data())
def test_what_is_foretold_is_what_will_be(
    shell: str,
    plan: Plan,
    data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """After effects foretold one upon the other were carried out, every foretold answer is the true one."""
    base = tmp_path_factory.mktemp("world")
    root = f"{base}/tree"
    os.mkdir(root)  # noqa: PTH102
    grow(base, plan)
    paths = [f"{root}/{name}" for name in plan]
    facts: list[Fact[Any]] = [kind(path) for path in [root, *paths] for kind in (Text, FileStatus, Listing)]
    planner = Planner(data, root, {f: Known(a) for f, a in zip(facts, answers(facts, shell), strict=True)})
    effects: list[Effect] = []
    for path in data.draw(st.lists(st.sampled_from(paths), min_size=1, max_size=6)):
        effect = planner.effect(path)
        if effect is not None:
            effects.append(effect)
            planner.foresee(effect)
    assume(effects)
    host = LocalHost(shell)
    for effect, output in zip(effects, host.ask([e.script() for e in effects], deadline=60), strict=True):
        assert effect.judge(output) == {}
    for fact, found in zip(facts, answers(facts, shell), strict=True):
        foretold = planner.answers[fact]
        assert not isinstance(foretold, Known) or agrees(foretold.value, found), (fact, effects)
    assert not [
        name for _, folders, files in os.walk(base) for name in folders + files if "remediate-" in name
    ]
    shutil.rmtree(base)
