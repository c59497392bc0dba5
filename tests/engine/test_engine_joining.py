"""Questions of one kind travel as one script, and each gets its own answer."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from local_host import LocalHost

from remediate.engine.asking import Refused, ask
from remediate.engine.joining import AT_ONCE
from remediate.errors import TaskFailed
from remediate.facts.base import Fact
from remediate.facts.commands import CommandLine, CommandOutput
from remediate.facts.files import Directory, FileStatus, FileText, Listing, Text
from remediate.hosts.target import Become


def sent(host: LocalHost) -> list[int]:
    """How many scripts each round trip carried."""
    return [len(scripts) for scripts in host.sent]


def test_each_kind_is_one_script(tmp_path: Path) -> None:
    """Texts are one, statuses another, the rest goes alone; the answers are those of each question."""
    (tmp_path / "a").write_text("in a\n")
    (tmp_path / "two words").write_text("odd\n")
    paths = [f"{tmp_path}/{name}" for name in ("a", "none", "two words")]
    facts: list[Fact[Any]] = [kind(path) for path in paths for kind in (Text, FileStatus, Listing, Directory)]
    host = LocalHost()
    found = ask(host, facts, None)
    assert sent(host) == [2 + 3 * 1 + 3]
    assert list(found) == facts
    assert found == {fact: ask(LocalHost(), [fact], None)[fact] for fact in facts}


def test_a_script_asks_about_no_more_than_old_systems_can_take(tmp_path: Path) -> None:
    """Many paths are several scripts of one round trip."""
    host = LocalHost()
    found = ask(host, [Text(f"{tmp_path}/{number}") for number in range(2 * AT_ONCE + 1)], None)
    assert sent(host) == [3]
    assert {*found.values()} == {FileText(kind="absent")}


def test_what_is_in_doubt_is_asked_alone(tmp_path: Path) -> None:
    """A second round trip holds only what the first left open."""
    (tmp_path / "link").symlink_to("x\ny")
    (tmp_path / "file").touch()
    paths = [f"{tmp_path}/{name}" for name in ("link", "file")]
    host = LocalHost()
    found = ask(host, [*map(FileStatus, paths), *map(Text, paths)], None)
    assert sent(host) == [2, 2]
    assert [found[FileStatus(path)].kind for path in paths] == ["link", "file"]
    assert found[FileStatus(paths[0])].target == "x\ny"


def test_one_that_hangs_does_not_harm_those_it_was_asked_with(tmp_path: Path) -> None:
    """Asked one by one, each by its own script, only that one fails."""
    facts: list[Fact[Any]] = [Text(f"{tmp_path}/{name}") for name in "ab"]
    ends = CommandOutput(CommandLine(argv=("kill", "$PPID")))

    class Dying(LocalHost):
        def ask(self, scripts: Sequence[str], *, become: Become | None = None, deadline: float) -> Any:
            if any("PPID" in script for script in scripts):
                self.sent.append(tuple(scripts))
                raise TaskFailed("the shell ended")
            return super().ask(scripts, become=become, deadline=deadline)

    host = Dying()
    found = ask(host, [*facts, ends], None)
    assert sent(host) == [2, 1, 1, 1, 1]
    assert isinstance(found[ends], Refused)
    assert [found[fact] for fact in facts] == [FileText(kind="absent")] * 2
