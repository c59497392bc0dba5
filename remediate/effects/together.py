"""Several files that are written as one: what all need is done at once, by as few programs as for one.

This is for what is usual: files that can be replaced in one step, that are as they were read, and that are
different ones by whatever name. Anything else is noticed before the first of them is touched, and then each
is written alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from remediate.effects.arrival import Arrival
from remediate.effects.base import Effect
from remediate.effects.paths import Link, MakeDirectory
from remediate.effects.permissions import SetMode, SetOwner
from remediate.effects.write import WriteFile
from remediate.facts.files import is_inside
from remediate.facts.together import is_plain
from remediate.records import dataclass

AT_ONCE = 20
"""Files of one group: the arguments of one program must fit into what old systems allow."""


@dataclass(frozen=True)
class Group:
    """Some effects one after the other, whose files can be written as one."""

    effects: tuple[Effect, ...]

    @cached_property
    def files(self) -> Mapping[int, Arrival]:
        """The files, each by its place among the effects; none where one file alone would gain nothing."""
        files = {
            number: each.arrival() for number, each in enumerate(self.effects) if isinstance(each, WriteFile)
        }
        return files if len(files) > 1 else {}

    def contents(self) -> str:
        """Bourne text with a function for each content: it may have to be written a second time."""
        return "".join(f"w{number}() {{\n{file.write()}}}\n" for number, file in self.files.items())

    def alone(self) -> list[str]:
        """The script of each effect."""
        return [
            self.files[number].script(f"w{number}\n") if number in self.files else str(effect.script())
            for number, effect in enumerate(self.effects)
        ]

    def steps(self) -> list[str]:
        """Bourne text for each effect when all is staged; `end` is called, with a status, if it fails."""
        return [
            file.names() + file.keep() + file.place()
            if (file := self.files.get(number))
            else f"(\n{effect.script()}\n) >&2 || end $?\n"
            for number, effect in enumerate(self.effects)
        ]


def groups(effects: Iterable[Effect]) -> Iterator[Group]:
    """All the effects in their order, as groups."""
    group: list[Effect] = []
    for effect in effects:
        if group and not (_fits(group[0], []) and _fits(effect, group)):
            yield Group(tuple(group))
            group = []
        group.append(effect)
    if group:
        yield Group(tuple(group))


def _fits(effect: Effect, group: Sequence[Effect]) -> bool:
    """Whether what is before it in a group leaves as it is what it needs, and the other way round.

    Between files may stand what makes something new, and what concerns a file of the group alone.
    """
    written = [each.path for each in group if isinstance(each, WriteFile)]
    made = [each.path for each in group if isinstance(each, MakeDirectory | Link)]
    match effect:
        case WriteFile(path=path):
            inside = any(is_inside(path, each) for each in made)
            return is_plain(path) and path not in written and len(written) < AT_ONCE and not inside
        case MakeDirectory() | Link(before=None):
            return True
        case SetMode(path=path) | SetOwner(path=path):
            return path in written
    return False
