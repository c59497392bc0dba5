"""What modules need to be tried: a view of this machine, or of answers made up, and a controller's desk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from local_host import LocalHost, answer

from remediate.effects.base import Effect
from remediate.errors import Place, TaskFailed
from remediate.facts.base import Fact
from remediate.modules.base import Module
from remediate.modules.catalog import Catalog

WHERE = Place("play.yaml", 7, 5)


class Here:
    """This machine as a module sees it."""

    begun = False

    def of(self, fact: Fact[Any]) -> Any:
        """The true answer."""
        return answer(fact)


@dataclass
class Told:
    """A host of which only these answers are known; it notes what was asked."""

    answers: Mapping[Fact[Any], Any]
    asked: list[Fact[Any]] = field(default_factory=list)
    begun: bool = False

    def of(self, fact: Fact[Any]) -> Any:
        """The answer made up for this question."""
        self.asked.append(fact)
        return self.answers[fact]


@dataclass
class Desk:
    """A controller with some files, where conditions are true if they say so and templates shout."""

    files: Mapping[str, str] = field(default_factory=dict)

    def find(self, path: str, folder: str) -> Path:
        """The file's place, if it is on this machine; else that of an empty one."""
        return Path(path) if path.startswith("/") else Path("/dev/null")

    def size(self, file: Path) -> int:
        """That of the file on this machine."""
        return file.stat().st_size

    def read(self, path: str, folder: str) -> str:
        """The file's text."""
        return self.files[f"{folder}/{path}"]

    def render(self, path: str, folder: str) -> str:
        """The file's text in capitals."""
        return self.read(path, folder).upper()

    def holds(self, condition: str | bool) -> bool:
        """Whether the condition is the word true."""
        return condition is True or condition == "true"

    def value(self, expression: str) -> Any:
        """The expression itself, twice."""
        return [expression, expression]


def built(name: str, /, *, desk: Desk | None = None, **params: Any) -> Module:
    """The module with these parameters, as the engine builds it."""
    catalog = Catalog()
    return catalog.build(name, catalog.module(name).prepare(params, desk or Desk()), WHERE)


def refusal(name: str, /, **params: Any) -> str:
    """What is said of parameters that cannot be meant."""
    with pytest.raises(TaskFailed) as failed:
        built(name, **params)
    assert failed.value.where == WHERE
    return str(failed.value)


def carry_out(module: Module) -> list[Effect]:
    """Do on this machine what the module decides, and make sure that then nothing is left to do."""
    effects = list(module.decide(Here()))
    host = LocalHost()
    for effect in effects:
        script, feed = effect.script(), effect.feed()
        assert isinstance(script, str)
        output = host.ask([script], deadline=60)[0] if feed is None else host.send(script, feed, deadline=60)
        effect.judge(output)
    assert list(module.decide(Here())) == []
    return effects
