"""Several files that are written as one: what all need is done at once, by as few programs as for one.

This is for what is usual: files that can be replaced in one step, that are as they were read, and that are
different ones by whatever name. Anything else is noticed before the first of them is touched, and then each
is written alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from remediate.effects.arrival import Arrival
from remediate.effects.base import Effect
from remediate.effects.paths import Link, MakeDirectory
from remediate.effects.permissions import SetMode, SetOwner
from remediate.effects.write import WriteFile
from remediate.facts.files import is_inside
from remediate.facts.together import is_plain

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

    def stage(self) -> str:
        """Bourne text that puts all contents beside their files; it fails if anything is not as usual."""
        files = self.files.values()
        replaced = {number: file for number, file in self.files.items() if file.old is not None}
        modes: dict[int, list[str]] = {}
        for file in files:
            if file.old is None:
                modes.setdefault(file.mode, []).append(file.beside)
        sums = " ".join(f"{file.new} {file.beside}" for file in files)
        sums += "".join(f" {file.old} {file.path}" for file in replaced.values())
        names = " ".join([*(file.beside for file in files), *(file.path for file in replaced.values())])
        return "".join(
            [
                "umask 077\n",
                *(_is_usual(file) for file in files),
                _looks_alike(replaced) if replaced else "",
                *(f"n={file.beside}\nw{number}\n" for number, file in self.files.items()),
                f'set x `cksum {names}`\ntest "$*" = "x {sums}" || exit 1\n',
                *(f"chmod {mode:04o} {' '.join(new)} || exit 1\n" for mode, new in modes.items()),
            ]
        )

    def steps(self) -> list[str]:
        """Bourne text for each effect when all is staged; `end` is called, with a status, if it fails."""
        return [
            file.names() + file.keep() + file.place()
            if (file := self.files.get(number))
            else f"(\n{effect.script()}\n) >&2 || end $?\n"
            for number, effect in enumerate(self.effects)
        ]


def _is_usual(file: Arrival) -> str:
    """Bourne text that leaves with 1 unless a file is not there, or is copied beside."""
    path = file.path
    if file.old is None:
        return f"test ! -f {path} && test ! -d {path} && test ! -h {path} || exit 1\n"
    kept = "" if file.kept is None else f" && test ! -f {path}.{file.kept}"
    return f"test -f {path}{kept} && cp -p {path} {file.beside} || exit 1\n"


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


def _looks_alike(replaced: Mapping[int, Arrival]) -> str:
    """Bourne text that leaves with 1 unless each copy has the status of its file, and none is the other.

    ls sorts its lines; of all their words only the names have a slash.
    """
    names = " ".join(f"{each.beside} {each.path}" for each in replaced.values())
    cases = "".join(
        f"  {each.beside}) b{number}=$s ;;\n  {each.path}) p{number}=$s ;;\n"
        for number, each in replaced.items()
    )
    alike = " && ".join(f'test -n "$b{number}" && test "$b{number}" = "$p{number}"' for number in replaced)
    return _LOOK.format(names=names, cases=cases, alike=alike)


_LOOK = """\
set x `ls -ldin {names}`; i=
while test $# -gt 5; do
  case "$i " in *" $2 "*) exit 1 ;; esac
  test "$4" = 1 || exit 1
  i="$i $2" s="$3 $5 $6"
  while test $# -gt 1; do shift; case $1 in /*) break ;; esac; done
  case $1 in
{cases}  esac
done
{alike} || exit 1
"""
