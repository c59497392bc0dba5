"""Questions as the scripts that are sent for them: those of one kind as one script."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from remediate.facts.base import Fact, Joint, Output

AT_ONCE = 50
"""Words that one script asks about: the arguments of one program must fit into what old systems allow."""


class Script(NamedTuple):
    """The text of one script, and the questions that it answers, by their words if they are asked as one."""

    text: str
    facts: Mapping[str, Sequence[Fact[Any]]]
    joint: Joint | None = None

    def answered(self, output: Output) -> Mapping[Fact[Any], Output]:
        """What each question alone would have brought; not there where that is in doubt."""
        words = list(self.facts)
        shared = self.joint.share(words, output) if self.joint is not None else dict.fromkeys(words, output)
        return {fact: shared[word] for word in words if word in shared for fact in self.facts[word]}


def scripts_for(facts: Iterable[Fact[Any]]) -> list[Script]:
    """As few scripts as ask all of these that are asked by scripts, in the order of the first of each."""
    groups: dict[Any, dict[str, list[Fact[Any]]]] = {}
    for fact in dict.fromkeys(facts):
        if fact.by_request:
            continue
        joint, word = fact.joint() or (None, "")
        group = groups.setdefault(fact if joint is None else joint, {})
        group.setdefault(word, []).append(fact)
    return [script for key, group in groups.items() for script in _split(key, group)]


def answered(scripts: Sequence[Script], outputs: Sequence[Output]) -> dict[Fact[Any], Output]:
    """The output for each question; see `left_open` for those that have none."""
    found: dict[Fact[Any], Output] = {}
    for script, output in zip(scripts, outputs, strict=True):
        found.update(script.answered(output))
    return found


def left_open(scripts: Iterable[Script], found: Mapping[Fact[Any], Output]) -> list[Script]:
    """The own scripts of those questions that have no output yet."""
    asked = [fact for script in scripts for facts in script.facts.values() for fact in facts]
    return [_alone(fact) for fact in asked if fact not in found]


def _alone(fact: Fact[Any]) -> Script:
    return Script(str(fact.ask()), {"": [fact]})


def _split(key: Any, group: Mapping[str, list[Fact[Any]]]) -> list[Script]:
    words = list(group)
    if isinstance(key, Fact) or len(words) == 1 == len(group[words[0]]):
        return [_alone(fact) for facts in group.values() for fact in facts]
    parts = [words[start : start + AT_ONCE] for start in range(0, len(words), AT_ONCE)]
    return [Script(key.ask(part), {word: group[word] for word in part}, key) for part in parts]
