"""What cannot be taken back says why; uploads, commands and documents are taken back where they can be."""

import inspect
import pkgutil
import random
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from local_host import SHELLS, LocalHost, tree
from taking_back import Asked, carry_out, take_back

import remediate.effects
from remediate.answers import Known, Unknown
from remediate.effects.base import Effect, Guard, NoUndo, Undo
from remediate.effects.console import ConsoleCommand
from remediate.effects.console_task import ConsoleTask
from remediate.effects.local_file import measure
from remediate.effects.paths import RemoveDirectory, RemovePath
from remediate.effects.pause import Pause
from remediate.effects.permissions import SetMode, SetOwner
from remediate.effects.run import Run, TakeBack
from remediate.effects.save_document import SaveDocument
from remediate.effects.upload import Upload
from remediate.effects.write import RemoveFile, WriteFile
from remediate.engine.state import HostState, agrees
from remediate.errors import Drifted, TaskFailed
from remediate.facts.commands import CommandLine
from remediate.facts.digest import FileDigest
from remediate.facts.domino_console import Console
from remediate.facts.domino_document import Document
from remediate.facts.files import FileStatus, FileText, PathStatus

each_shell = pytest.mark.parametrize("shell", SHELLS)
FILE = PathStatus(kind="file", mode=0o644, owner="root", group="bin", uid=0, gid=2, size=3)
LARGE = FileText(kind="file", checksum=1, size=5_000_000)
NEW = WriteFile(path="/s/a.json", before=FileText(kind="absent"), after="codes", mode=0o600)
WHY = Unknown("an earlier task")
CONSOLE = Console(data="/data", program="/opt/server", log="/data/console.log")
NOT_BACK: list[tuple[Callable[[], Effect], str]] = [
    (lambda: WriteFile(path="/f", before=LARGE, after="x"), "the 5000000 bytes that /f holds before are too"),
    (lambda: RemoveFile(path="/f", content=LARGE, was=FILE), "what /f holds is not kept"),
    (lambda: RemoveFile(path="/f", was=FILE), "what /f holds is not kept"),
    (
        lambda: RemoveFile(path="/f", content=FileText.holding("x"), was=replace(FILE, mode=WHY)),
        "which mode /f has is known only",
    ),
    (lambda: RemovePath(path="/d", kind="directory"), "what is in /d is not kept"),
    (lambda: RemovePath(path="/p", kind="other", was=PathStatus(kind="other")), "is not made anew"),
    (lambda: RemovePath(path="/l", kind="link", was=PathStatus(kind="link")), "where /l points is not known"),
    (lambda: RemoveDirectory(path="/d"), "which mode /d has is known only"),
    (lambda: SetMode(path="/f", before=WHY, after=0o644), "which mode /f has before is known only"),
    (lambda: SetOwner(path="/f", owner="a", group=None, before=WHY), "who owns /f before is known only"),
    (
        lambda: SetOwner(path="/f", owner="a", group=None, before=WHY, was=replace(FILE, uid=WHY, owner=WHY)),
        "who owns /f before is known only",
    ),
    (lambda: Run(command=CommandLine(argv=("x",)), creates="/c"), "a command without 'undo'"),
    (lambda: TakeBack(command=CommandLine(argv=("x",))), "a command without 'undo'"),
    (lambda: SaveDocument(unid="A1", write=NEW), "document A1 stays in /s/a.json"),
    (lambda: ConsoleCommand(console=CONSOLE, command="quit x"), "the console command 'quit x'"),
    (lambda: task(loaded=True), "what task http does once it is loaded"),
    (lambda: task(loaded=False), "how task http was loaded before"),
]


def task(*, loaded: bool) -> ConsoleTask:
    """A task that comes or goes."""
    return ConsoleTask(console=CONSOLE, name="http", loaded=loaded, command="x")


@pytest.mark.parametrize(("effect", "why"), NOT_BACK)
def test_what_cannot_be_taken_back_says_why(effect: Callable[[], Effect], why: str) -> None:
    """The reason names the thing, in words for people."""
    undo = effect().undo()
    assert isinstance(undo, NoUndo)
    assert why in undo.why


def test_every_effect_says_something() -> None:
    """No class of effects is without words about its undo."""
    kinds = set()
    for each in pkgutil.iter_modules(remediate.effects.__path__, "remediate.effects."):
        found = inspect.getmembers(import_module(each.name), inspect.isclass)
        kinds |= {kind for _, kind in found if issubclass(kind, Effect) and kind is not Effect}
    assert len(kinds) >= 15
    assert [kind for kind in kinds if kind.undo is Effect.undo] == []


@pytest.mark.parametrize("prompt", [None, "remove the key"])
def test_waiting_has_nothing_to_take_back(prompt: str | None) -> None:
    """An undo without effects."""
    assert Pause(seconds=2, prompt=prompt).undo() == Undo(effects=(), guards=())


@pytest.mark.root
def test_the_owner_of_what_the_task_makes_goes_with_it(tmp_path: Path) -> None:
    """An owner given to something new is not given back; where it is another one by now, that is refused."""
    (tmp_path / "f").touch()
    new = PathStatus(kind="absent")
    effect = SetOwner(path=f"{tmp_path}/f", owner="daemon", group="2", before="?", was=new)
    carry_out(effect, LocalHost())
    before = tree(tmp_path)
    assert take_back(effect.undo(), LocalHost()) == []
    assert tree(tmp_path) == before
    SetOwner(path=f"{tmp_path}/f", owner="0", group=None, before="?")
    carry_out(SetOwner(path=f"{tmp_path}/f", owner="0", group=None, before="?"), LocalHost())
    with pytest.raises(Drifted):
        take_back(effect.undo(), LocalHost())


def test_names_are_taken_where_numbers_are_not_known() -> None:
    """An owner of which only the name is known comes back by that."""
    was = replace(FILE, uid=WHY)
    undo = SetOwner(path="/f", owner="5", group=None, before="root:bin", was=was).undo()
    assert isinstance(undo, Undo)
    (back,) = undo.effects
    assert isinstance(back, SetOwner)
    assert (back.owner, back.group) == ("root", None)


PACKAGE = random.Random(5).randbytes(2_000_000) + b"\0\r\n\xff"  # noqa: S311


@each_shell
@pytest.mark.parametrize("name", ["it's a\\file", "-two\nlines "])
def test_an_upload_goes_again(shell: str, name: str, tmp_path: Path) -> None:
    """A new file goes, if it is still what was sent, with the mode that it got."""
    (tmp_path / "package").write_bytes(PACKAGE)
    (tmp_path / "there").mkdir()
    path, host = tmp_path / "there" / name, LocalHost(shell)
    new = FileDigest(kind="absent")
    source = measure(tmp_path / "package")
    effect = Upload(path=str(path), before=new, source=source, mode=0o4750, owner=None, group=None)
    before = tree(tmp_path)
    for change in (lambda: path.write_bytes(PACKAGE[::-1]), lambda: path.chmod(0o750)):
        carry_out(effect, host)
        change()
        changed = tree(tmp_path)
        with pytest.raises(Drifted):
            take_back(effect.undo(), host)
        assert tree(tmp_path) == changed
        path.unlink()
    carry_out(effect, host)
    take_back(effect.undo(), host)
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("backup", "why"),
    [
        (False, "the 7 bytes before it are not kept"),
        (True, "are kept on the host alone, with the time"),
    ],
)
def test_what_an_upload_replaces_is_gone(backup: bool, why: str, tmp_path: Path) -> None:
    """Only the host may have it: that is said, with the size."""
    (tmp_path / "package").write_bytes(b"x")
    effect = Upload(
        path="/p",
        before=FileDigest(kind="file", size=7),
        source=measure(tmp_path / "package"),
        mode=0o644,
        owner=None,
        group=None,
        backup=backup,
    )
    undo = effect.undo()
    assert isinstance(undo, NoUndo)
    assert why in undo.why


def shell_line(text: str) -> CommandLine:
    """Shell text."""
    return CommandLine(shell=text)


@each_shell
def test_a_command_is_taken_back_by_its_authors_words(shell: str, tmp_path: Path) -> None:
    """The other command runs, once, if what the first one creates is there; a failure of it is one."""
    host, made = LocalHost(shell), f"{tmp_path}/made"
    effect = Run(
        command=shell_line(f"echo 1 > {made}"),
        creates=made,
        changes_paths=(made,),
        undo_command=shell_line(f"rm {made}; echo x >> {tmp_path}/log"),
    )
    undo, before = effect.undo(), tree(tmp_path)
    carry_out(effect, host)
    take_back(undo, host)
    assert tree(tmp_path).keys() - before.keys() == {b"log"}
    with pytest.raises(Drifted, match=f"take back by .*: {made}: it is gone"):
        take_back(undo, host)
    assert (tmp_path / "log").read_text() == "x\n"
    assert isinstance(undo, Undo)
    assert undo.effects[0].touches() == {made}
    failing = replace(effect, creates=None, undo_command=shell_line("echo why >&2; exit 3"))
    with pytest.raises(TaskFailed, match="failed: take back by echo why >&2; exit 3: exit status 3: why"):
        take_back(failing.undo(), host)


def test_a_command_is_shown_with_what_takes_it_back() -> None:
    """The diff has a line for it."""
    effect = Run(command=CommandLine(argv=("a", "b c")), undo_command=CommandLine(argv=("d", "-e")))
    assert effect.diff() == "~ run a 'b c'\n  undo: d -e\n"
    assert replace(effect, undo_command=None).diff() == "~ run a 'b c'\n"


def test_a_guard_with_unknown_fields_agrees_with_anything(tmp_path: Path) -> None:
    """What an effect leaves open does not count, the rest does."""
    (tmp_path / "f").touch(0o640)
    left: dict[str, Any] = dict.fromkeys(("owner", "group", "uid", "gid"), WHY)
    state = HostState(host=LocalHost(), dry_run=False)  # type: ignore[arg-type]

    def guard(mode: int) -> Guard:
        status = PathStatus(kind="file", mode=mode, size=0, **left)
        return Guard(fact=FileStatus(f"{tmp_path}/f"), answer=status, what="the file")

    state.carry_out(Asked(asked=(guard(0o640),)), None)
    assert isinstance(state.answer(FileStatus(f"{tmp_path}/f"), None), Known)
    with pytest.raises(Drifted, match="not done: take back: the file has changed"):
        state.carry_out(Asked(asked=(guard(0o600),)), None)


def test_what_does_not_count_for_equality_does_not_count_for_agreement() -> None:
    """A page whose scripts vary is the same document."""
    one = Document(unid="A", source="page", page="p", text="p<script>1</script>")
    assert agrees(one, replace(one, text="p<script>2</script>"))
    assert not agrees(one, replace(one, page="q"))
