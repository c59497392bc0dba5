"""scanmail_build: which build of ScanMail is installed."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from remediate.errors import TaskFailed
from remediate.facts.base import Fact
from remediate.facts.files import Listing
from remediate.modules.base import HostView, Module
from remediate.modules.types import Path
from remediate.records import dataclass

_VERSION = re.compile(r"V(\d+(?:\.\d+)*)\.(\d+)")


@dataclass(frozen=True, kw_only=True)
class ScanMailBuild(Module):
    """Registers `build` (a number) and `version`.

    The installed build is the highest of the directories `program/V<version>.<build>` below `install_dir`
    (seen on Linux 5.8 and Windows 5.0; on other platforms inferred). Where that does not hold, the
    administrator says the build: `build` is then taken as it is and nothing is asked.
    """

    query: ClassVar[bool] = True

    install_dir: Path | None = None
    build: int | None = None

    def __post_init__(self) -> None:
        """Refuse parameters that are missing, malformed or contradict each other.

        Raises:
            ValueError: if neither parameter is given.
        """
        if self.install_dir is None and self.build is None:
            raise ValueError("give 'install_dir' (with program/V*.*.*.NNNN in it), or the 'build' itself")

    def probe(self) -> Iterable[Fact[Any]]:
        """The versions installed."""
        return () if self.build is not None else (Listing(f"{self.install_dir}/program"),)

    def report(self, state: HostView, outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The build.

        Raises:
            TaskFailed: if no version directory is there.
        """
        if self.build is not None:
            return {"build": self.build, "version": ""}
        directory = f"{self.install_dir}/program"
        names = state.of(Listing(directory)) or ()
        found = [(int(match[2]), name) for name in names if (match := _VERSION.fullmatch(name))]
        if not found:
            raise TaskFailed(
                f"no installed build found: {directory} holds no V*.*.*.NNNN",
                cure="set smd_build to the build that the console database shows",
            )
        build, name = max(found)
        return {"build": build, "version": name}
