"""Question: which of some names are symbolic links, and where do they point?"""

from collections.abc import Mapping
from secrets import token_hex

from remediate.bourne import WITHOUT_COMPLAINTS, decode, encode, quote_path
from remediate.errors import TaskFailed
from remediate.facts.base import Fact, Output
from remediate.records import dataclass


@dataclass(frozen=True)
class Links(Fact[Mapping[str, str]]):
    """Where those of the names point that are symbolic links; names that cannot be looked at are none."""

    names: tuple[str, ...]

    def ask(self) -> str:
        """Of each link its number, what `ls -ld` says, and a mark: `readlink` is no old program."""
        # A target may hold anything, and change between two looks: only what nobody knows before ends it.
        mark = token_hex(16)
        look = f'test -h "$2" || return 0; echo "$1 {mark}"; ls -ld "$2"; echo {mark}'
        looks = [f"look {number} {quote_path(name)}" for number, name in enumerate(self.names)]
        return WITHOUT_COMPLAINTS + "\n".join([f"look() {{ {look}; }}", *looks])

    def parse(self, output: Output) -> Mapping[str, str]:
        """The links.

        Raises:
            TaskFailed: if what `ls` says cannot be read.
        """
        links: dict[str, str] = {}
        rest, names = output.stdout, {b"%d" % number: name for number, name in enumerate(self.names)}
        while rest:
            head, _, rest = rest.partition(b"\n")
            number, _, mark = head.partition(b" ")
            line, end, rest = rest.partition(mark + b"\n") if mark else (head, b"", b"")
            name = names.get(number, "") if end else ""
            _, arrow, target = line.removesuffix(b"\n").partition(encode(f"{name} -> "))
            if not name or not arrow:
                raise TaskFailed(f"cannot read what ls says of {name or 'some names'}: {decode(line)!r}")
            links[name] = decode(target)
        return links

    def about(self) -> str:
        """Which names."""
        return f"links among {', '.join(self.names)}"

    def reads(self, resource: str) -> bool:
        """A change of one of the names, or of a directory above it."""
        return any(name == resource or name.startswith(f"{resource.rstrip('/')}/") for name in self.names)
