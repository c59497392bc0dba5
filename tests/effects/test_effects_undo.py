"""What takes an effect back: every byte, mode, owner and target as before; nothing where all has changed."""

import os
import shutil
from pathlib import Path
from typing import Any

import hostile
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from local_host import NOBODY, SHELLS, LocalHost, answers, tree
from taking_back import carry_out, take_back
from trees import TARGETS, Plan, groups, grow, modes, owners, trees

from remediate.bourne import encode
from remediate.effects.base import Effect, Undo
from remediate.effects.paths import Link, MakeDirectory, RemoveDirectory, RemovePath, removal
from remediate.effects.permissions import SetMode, SetOwner
from remediate.effects.write import RemoveFile, WriteFile
from remediate.errors import Drifted
from remediate.facts.files import FileStatus, FileText, Listing, PathStatus, Text

each_shell = pytest.mark.parametrize("shell", SHELLS)
TEXTS = ("", "old", "no newline\r\nat the end", "line\n", "a\0b\n", "no UTF-8: \udcff\udc80\n", "\n\n")


def seen(path: str) -> tuple[PathStatus, FileText, tuple[str, ...] | None]:
    """What is at a path."""
    status, text, names = answers([FileStatus(path), Text(path), Listing(path)])
    return status, text, names


def possible(path: str) -> list[st.SearchStrategy[Effect]]:
    """Effects that suit what is at a path, and that can be taken back."""
    status, text, names = seen(path)
    here, was = st.just(path), st.just(status)
    found: list[st.SearchStrategy[Effect]] = []
    if status.kind == "absent" and seen(os.path.dirname(path))[0].kind == "directory":  # noqa: PTH120
        found += [
            st.builds(MakeDirectory, path=here, mode=modes),
            st.builds(Link, path=here, target=st.sampled_from(TARGETS), before=st.none()),
            st.builds(WriteFile, path=here, before=st.just(text), after=hostile.contents, mode=modes),
        ]
    if status.kind in ("file", "link"):
        lost = text if status.kind == "file" else None
        found.append(st.just(removal(path, status, lost)))
    if names == () and status.kind == "directory":
        found.append(st.just(RemoveDirectory(path=path, was=status)))
    if status.kind == "link":
        before = st.just(status.target)
        found.append(st.builds(Link, path=here, target=st.sampled_from(TARGETS), before=before, was=was))
    if status.kind in ("file", "directory"):
        found += [
            st.builds(SetMode, path=here, before=st.just(status.mode), after=modes),
            st.builds(SetOwner, path=here, owner=owners, group=groups, before=st.just("?"), was=was),
        ]
    if text.kind == "file":
        found.append(
            st.builds(WriteFile, path=here, before=st.just(text), after=hostile.contents, mode=modes, was=was)
        )
    return found


def own(root: Path) -> None:
    """Give what is there to many users, links as well, and keep the modes."""
    for number, path in enumerate(sorted(os.fsencode(root / name) for name in os.listdir(root))):  # noqa: PTH208
        mode = os.lstat(path).st_mode & 0o7777
        os.lchown(path, number * 1000 % 3001, number * 7)
        if not os.path.islink(path):  # noqa: PTH114
            os.chmod(path, mode)  # noqa: PTH101


@pytest.mark.root
@settings(max_examples=25)
@given(shell=st.sampled_from(sorted(SHELLS)), plan=trees(), data=st.data())
def test_effects_taken_back_leave_nothing_changed(
    shell: str, plan: Plan, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any effects, taken back in reverse, leave all as it was; and taken back once more, as they made it."""
    base = tmp_path_factory.mktemp("world")
    os.mkdir(base / "tree")  # noqa: PTH102
    grow(base, plan)
    own(base / "tree")
    before = tree(base)
    host = LocalHost(shell)
    undone: list[Any] = []
    for path in data.draw(st.lists(st.sampled_from([f"{base}/tree/{name}" for name in plan]), max_size=6)):
        choices = possible(path)
        if choices:
            effect = data.draw(st.one_of(choices))
            after = tree(base)
            undone.append((effect.undo(), after))
            carry_out(effect, host)
    assume(undone)
    for undo, earlier in reversed(undone):
        take_back(undo, host)
        assert tree(base) == earlier, undo
    assert tree(base) == before
    shutil.rmtree(base)


@pytest.mark.root
@pytest.mark.parametrize("number", range(len(hostile.NAMES)))
def test_who_may_give_nothing_away_takes_back_his_own(number: int, public_path: Path) -> None:
    """A user without rights gets his files back, of any name and content, with their set-id bits."""
    public_path.chmod(0o777)
    path, text = public_path / hostile.NAMES[number], TEXTS[number % len(TEXTS)]
    path.write_bytes(encode(text))
    os.chown(path, 65534, 65534)
    path.chmod((0o644, 0o4755, 0o2640, 0o600)[number % 4])
    before = tree(public_path)
    host = LocalHost(sorted(SHELLS)[number % len(SHELLS)], through=NOBODY)
    status, held, _ = seen(str(path))
    for effect in (
        WriteFile(path=str(path), before=held, after=f"{text}x", was=status),
        RemoveFile(path=str(path), content=held, was=status),
    ):
        undo = effect.undo()
        carry_out(effect, host)
        assert tree(public_path) != before
        take_back(undo, host)
        assert tree(public_path) == before


@pytest.mark.root
@each_shell
def test_set_id_bits_that_writing_clears_come_back(shell: str, public_path: Path) -> None:
    """A file of two names is written in place, and its owner loses the bits; taken back, they are there."""
    path, other = public_path / "one", public_path / "two"
    public_path.chmod(0o777)
    path.write_text("old")
    other.hardlink_to(path)
    os.chown(path, 65534, 65534)
    path.chmod(0o6755)
    before, host = tree(public_path), LocalHost(shell, through=NOBODY)
    status, held, _ = seen(str(path))
    effect = WriteFile(path=str(path), before=held, after="new", was=status)
    undo = effect.undo()
    carry_out(effect, host)
    assert other.read_text() == "new"
    assert path.stat().st_mode & 0o7777 == 0o755
    take_back(undo, host)
    assert tree(public_path) == before


@each_shell
@pytest.mark.parametrize("meddled", ["", "changed", "gone", "link"])
def test_a_backup_goes_with_what_it_was_kept_for(shell: str, meddled: str, tmp_path: Path) -> None:
    """The copy that was made is removed, and no other; what somebody else has made of it stays."""
    path = tmp_path / "it's"
    path.write_text("old")
    Path(f"{path}.20200101-000000~").write_text("old")
    before, host = tree(tmp_path), LocalHost(shell)
    status, held, _ = seen(str(path))
    effect = WriteFile(path=str(path), before=held, after="new", was=status, backup=True)
    undo = effect.undo()
    carry_out(effect, host)
    copy = Path(f"{path}.{effect.decided}~")
    assert copy.read_text() == "old"
    if meddled in ("gone", "link"):
        copy.unlink()
    if meddled == "changed":
        copy.write_text("dear")
    if meddled == "link":
        copy.symlink_to(path)
    name = os.fsencode(copy.name)
    stays = {each: what for each, what in tree(tmp_path).items() if each == name and meddled}
    take_back(undo, host)
    assert tree(tmp_path) == {**before, **stays}


def made_here(folder: Path) -> dict[str, Effect]:
    """One effect of each kind, for what is made here."""
    for name in ("file", "gone", "mode", "own"):
        (folder / name).write_text("old")
    (folder / "link").symlink_to("old target")
    (folder / "empty").mkdir(mode=0o750)

    def at(name: str) -> dict[str, Any]:
        return {"path": f"{folder}/{name}", "was": seen(f"{folder}/{name}")[0]}

    old, absent = FileText.holding("old"), FileText(kind="absent")
    return {
        "write": WriteFile(**at("file"), before=old, after="new"),
        "create": WriteFile(path=f"{folder}/new", before=absent, after="new", mode=0o640),
        "remove": RemoveFile(**at("gone"), content=old),
        "unlink": RemovePath(**at("link"), kind="link"),
        "rmdir": RemoveDirectory(**at("empty")),
        "mkdir": MakeDirectory(path=f"{folder}/made", mode=0o2750),
        "link": Link(path=f"{folder}/newlink", target="there", before=None),
        "turn": Link(**at("link"), target="new target", before="old target"),
        "chmod": SetMode(path=f"{folder}/mode", before=0o644, after=0o4755),
        "chown": SetOwner(**at("own"), owner="daemon", group="2", before="root:root"),
    }


EFFECTS = ("write", "create", "remove", "unlink", "rmdir", "mkdir", "link", "turn", "chmod", "chown")


@pytest.mark.root
@pytest.mark.parametrize("name", EFFECTS)
def test_what_was_taken_back_can_be_done_again(name: str, tmp_path: Path) -> None:
    """The undo of an undo leaves the host as the effect did."""
    effect, host = made_here(tmp_path)[name], LocalHost()
    undo, before = effect.undo(), tree(tmp_path)
    carry_out(effect, host)
    after = tree(tmp_path)
    assert after != before
    again = take_back(undo, host)
    assert tree(tmp_path) == before
    for each in again:
        take_back(each, host)
    assert tree(tmp_path) == after


CHANGES = {
    "content": lambda path: path.write_text(path.read_text().swapcase()),
    "mode": lambda path: path.chmod(0o1711),
    "owner": lambda path: os.chown(path, 4_000_003, 4_000_004, follow_symlinks=False),
    "gone": lambda path: path.rmdir() if path.is_dir() else path.unlink(),
    "inside": lambda path: (path / "new").touch(),
    "appeared": lambda path: path.touch(),
    "turned": lambda path: (path.unlink(), path.symlink_to("elsewhere")),
    "became a link": lambda path: (path.rename(f"{path}.x"), path.symlink_to(f"{path}.x")),
}
NOTICED = {
    "write": ("content", "mode", "owner", "gone", "became a link"),
    "create": ("content", "mode", "gone", "became a link"),
    "remove": ("appeared",),
    "unlink": ("appeared",),
    "rmdir": ("appeared",),
    "mkdir": ("mode", "gone", "inside", "became a link"),
    "link": ("gone", "turned"),
    "turn": ("gone", "turned"),
    "chmod": ("mode", "gone", "became a link"),
    "chown": ("mode", "owner", "gone", "became a link"),
}


@pytest.mark.root
@pytest.mark.parametrize("name", EFFECTS)
def test_what_has_changed_since_is_left_alone(name: str, tmp_path: Path) -> None:
    """If something else changed the thing in between, taking back is refused, and nothing is changed."""
    for number, change in enumerate(NOTICED[name]):
        (tmp_path / str(number)).mkdir()
        effect, host = made_here(tmp_path / str(number))[name], LocalHost()
        undo = effect.undo()
        carry_out(effect, host)
        CHANGES[change](Path(effect.path))  # type: ignore[attr-defined, no-untyped-call]
        changed = tree(tmp_path)
        with pytest.raises(Drifted, match="has changed since it was read"):
            take_back(undo, host)
        assert tree(tmp_path) == changed, change


@each_shell
@pytest.mark.parametrize("name", EFFECTS)
def test_scripts_refuse_what_changed_after_the_guards(name: str, shell: str, tmp_path: Path) -> None:
    """What changes between the guards and the script is left alone as far as the script can tell."""
    effect, host = made_here(tmp_path)[name], LocalHost(shell)
    undo = effect.undo()
    carry_out(effect, host)
    change = "content" if "content" in NOTICED[name] else NOTICED[name][-1]
    CHANGES[change](Path(effect.path))  # type: ignore[attr-defined, no-untyped-call]
    changed = tree(tmp_path)
    assert isinstance(undo, Undo)
    with pytest.raises(Drifted):
        carry_out(undo.effects[0], host)
    assert tree(tmp_path) == changed


@each_shell
def test_a_directory_is_removed_only_if_it_is_empty(shell: str, tmp_path: Path) -> None:
    """Whatever name is in it, a hidden one too, it stays, and so does all in it."""
    for number, name in enumerate((*hostile.NAMES, ".hidden", "..x")):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / name).touch()
    before = tree(tmp_path)
    for number in range(len(hostile.NAMES) + 2):
        with pytest.raises(Drifted, match="it is not empty any more"):
            carry_out(RemoveDirectory(path=f"{tmp_path}/{number}"), LocalHost(shell))
    assert tree(tmp_path) == before
