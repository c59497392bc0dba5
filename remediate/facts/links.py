"""Question: which of some names are symbolic links, and where do they point?"""

from collections.abc import Mapping
from dataclasses import dataclass

from remediate.bourne import WITHOUT_COMPLAINTS, decode, encode, quote_path
from remediate.errors import TaskFailed
from remediate.facts.base import Fact, Output


@dataclass(frozen=True)
class Links(Fact[Mapping[str, str]]):
    """Where those of the names point that are symbolic links; names that cannot be looked at are none."""

    names: tuple[str, ...]

    def ask(self) -> str:
        """A number, a length and a line of `ls -ld` for each link: `readlink` is no old program."""
        # Names may hold anything, so the length tells where a line ends.
        look = 'test -h "$2" || return 0; n=$1; set x "$2" `ls -ld "$2" | wc -c`; echo "$n $3"; ls -ld "$2"'
        looks = [f"look {number} {quote_path(name)}" for number, name in enumerate(self.names)]
        return WITHOUT_COMPLAINTS + "\n".join([f"look() {{ {look}; }}", *looks])

    def parse(self, output: Output) -> Mapping[str, str]:
        """The links.

        Raises:
            TaskFailed: if what `ls` says cannot be read.
        """
        links: dict[str, str] = {}
        rest = output.stdout
        while rest:
            head, _, rest = rest.partition(b"\n")
            number, length = (int(word) for word in head.split())
            line, rest = rest[:length].removesuffix(b"\n"), rest[length:]
            _, arrow, target = line.partition(encode(f"{self.names[number]} -> "))
            if not arrow:
                raise TaskFailed(f"cannot read what ls says of {self.names[number]}: {decode(line)!r}")
            links[self.names[number]] = decode(target)
        return links

    def about(self) -> str:
        """Which names."""
        return f"links among {', '.join(self.names)}"

    def reads(self, resource: str) -> bool:
        """A change of one of the names, or of a directory above it."""
        return any(name == resource or name.startswith(f"{resource.rstrip('/')}/") for name in self.names)
