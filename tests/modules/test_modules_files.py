"""copy, template, file and stat: what they decide, and that doing it leaves nothing to do."""

import hashlib
import os
from pathlib import Path
from typing import Any

import hostile
import pytest
from module_view import Desk, Here, Told, built, carry_out, refusal

from remediate.answers import Unknown
from remediate.bourne import encode
from remediate.effects.base import Effect
from remediate.effects.paths import MakeDirectory
from remediate.effects.permissions import SetMode, SetOwner
from remediate.effects.write import WriteFile
from remediate.errors import TaskFailed
from remediate.facts.accounts import Account
from remediate.facts.files import FileStatus, PathStatus
from remediate.modules.attributes import attributes
from remediate.modules.file import NEW_DIRECTORY_MODE, File

SUM_OF_X = hashlib.sha256(b"x").hexdigest()


def mode_of(path: Path) -> int:
    """The bits that are set."""
    return path.lstat().st_mode & 0o7777


def test_hostile_files_are_copied(tmp_path: Path) -> None:
    """A file of any name and content is made, and then there is nothing left to do."""
    for name in hostile.NAMES[:12]:
        carry_out(built("copy", dest=f"{tmp_path}/{name}", content=name))
        assert (tmp_path / name).read_bytes() == encode(name)


@pytest.mark.parametrize(("mode", "bits"), [(None, 0o644), ("0600", 0o600), (0o4755, 0o4755), ("644", 0o644)])
def test_a_new_file_has_the_documented_mode(mode: str | int | None, bits: int, tmp_path: Path) -> None:
    """0644, or what `mode` says, in one step."""
    (effect,) = carry_out(built("copy", dest=f"{tmp_path}/new", content="x", mode=mode))
    assert isinstance(effect, WriteFile)
    assert mode_of(tmp_path / "new") == bits


@pytest.mark.root
def test_owner_group_and_set_id_bits_hold_together(tmp_path: Path) -> None:
    """The bits that a change of owner takes away are there afterwards, on new files and on old ones."""
    path = tmp_path / "file"
    params: dict[str, Any] = {"dest": str(path), "content": "x", "mode": "6755"}
    for owner, uid in (("daemon", 1), ("4000001", 4_000_001), ("0", 0)):
        carry_out(built("copy", **params, owner=owner, group="bin"))
        assert (path.stat().st_uid, path.stat().st_gid, mode_of(path)) == (uid, 2, 0o6755)


@pytest.mark.root
def test_a_number_counts_on_a_new_file_too(tmp_path: Path) -> None:
    """Owner and group given as 0 are set on a new file, whoever the host would have given it to."""
    tmp_path.chmod(0o2755)
    os.chown(tmp_path, 0, 1)
    carry_out(built("copy", dest=f"{tmp_path}/file", content="x", group="0"))
    assert (tmp_path / "file").stat().st_gid == 0


def test_existing_files_are_left_alone_without_force(tmp_path: Path) -> None:
    """`force: false` makes a missing file and never changes one that is there."""
    path = tmp_path / "file"
    for content in ("first", "second"):
        carry_out(built("copy", dest=str(path), content=content, force=False, mode="0600"))
    assert (path.read_text(), mode_of(path)) == ("first", 0o600)


def test_a_backup_is_kept_of_what_was_there(tmp_path: Path) -> None:
    """`backup: true` keeps the old file if there was one and it changes."""
    for content, names in (("one", 1), ("two", 2), ("two", 2)):
        carry_out(built("copy", dest=f"{tmp_path}/file", content=content, backup=True))
        assert len(list(tmp_path.iterdir())) == names


def test_the_source_is_read_on_the_controller(tmp_path: Path) -> None:
    """`src` is looked for in files/, and its name is appended to a directory with a slash at its end."""
    desk = Desk({"files/a/x.ini": "held"})
    module = built("copy", desk=desk, src="a/x.ini", dest=f"{tmp_path}/")
    carry_out(module)
    assert (tmp_path / "x.ini").read_text() == "held"
    assert module.report(Here(), []) == {"dest": f"{tmp_path}/x.ini"}


@pytest.mark.parametrize(
    ("content", "text"),
    [({"a": [1, "é"]}, '{"a": [1, "\\u00e9"]}'), ([1, 2], "[1, 2]"), (12, "12"), (True, "True"), ("", "")],
)
def test_data_becomes_text(content: Any, text: str, tmp_path: Path) -> None:
    """Mappings and lists are written as JSON, other values as text, an empty text as an empty file."""
    carry_out(built("copy", dest=f"{tmp_path}/file", content=content))
    assert (tmp_path / "file").read_text() == text


def test_a_template_is_rendered_on_the_controller(tmp_path: Path) -> None:
    """`src` is looked for in templates/ and rendered before anything is compared."""
    desk = Desk({"templates/t.j2": "shout\n"})
    carry_out(built("template", desk=desk, src="t.j2", dest=f"{tmp_path}/t", mode="0640"))
    assert ((tmp_path / "t").read_text(), mode_of(tmp_path / "t")) == ("SHOUT\n", 0o640)


def test_what_is_no_file_is_not_overwritten(tmp_path: Path) -> None:
    """A directory and a dangling link in the place of the file fail the task and stay."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("folder", "dangling"):
        with pytest.raises(TaskFailed, match="is no regular file"):
            list(built("copy", dest=f"{tmp_path}/{name}", content="x").decide(Here()))


def test_content_goes_through_a_link_and_attributes_do_not(tmp_path: Path) -> None:
    """The file behind a link is written; a mode for the link is refused with the cure."""
    (tmp_path / "file").write_text("old")
    (tmp_path / "link").symlink_to("file")
    carry_out(built("copy", dest=f"{tmp_path}/link", content="new"))
    assert (tmp_path / "file").read_text() == "new"
    with pytest.raises(TaskFailed, match="name its target"):
        list(built("copy", dest=f"{tmp_path}/link", content="new", mode="0600").decide(Here()))


@pytest.mark.root
def test_directories_are_made_with_those_above(tmp_path: Path) -> None:
    """All missing ones are made with the mode and owner asked for, or with 0755, and no others touched."""
    path = tmp_path / "a`b" / "c'd" / "-e\nf"
    wanted = {"mode": "2770", "group": "bin", "owner": "daemon"}
    carry_out(built("file", path=f"{path}/", state="directory", **wanted))
    for made in (path, *path.parents[:2]):
        assert (mode_of(made), made.stat().st_gid, made.stat().st_uid) == (0o2770, 2, 1)
    assert tmp_path.stat().st_uid == 0
    carry_out(built("file", path=f"{tmp_path}/plain/sub", state="directory"))
    assert mode_of(tmp_path / "plain") == mode_of(tmp_path / "plain" / "sub") == NEW_DIRECTORY_MODE == 0o755


def test_a_directory_is_given_away_before_those_above() -> None:
    """Nobody but us owns a directory as long as we work below it."""
    there = {FileStatus(path): PathStatus(kind="absent") for path in ("/a/b/c", "/a/b", "/a")}
    effects = list(built("file", path="/a/b/c", state="directory", owner="7").decide(Told(there)))
    made = [effect.path for effect in effects if isinstance(effect, MakeDirectory)]
    given = [effect.path for effect in effects if isinstance(effect, SetOwner)]
    assert (made, given) == (["/a", "/a/b", "/a/b/c"], ["/a/b/c", "/a/b", "/a"])
    assert isinstance(effects[2], MakeDirectory)


def test_whatever_is_there_can_be_made_absent(tmp_path: Path) -> None:
    """Files, links, pipes and directories with hostile names in them go; what is not there is no change."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("file")
    os.mkfifo(tmp_path / "pipe")
    for name in hostile.NAMES:
        (tmp_path / "folder" / name).mkdir(parents=True)
        (tmp_path / "folder" / name / name).touch()
    for name in ("link", "pipe", "file", "folder", "nothing"):
        effects = carry_out(built("file", path=f"{tmp_path}/{name}", state="absent"))
        assert len(effects) == (name != "nothing")
    assert list(tmp_path.iterdir()) == []


def test_links_are_made_and_turned(tmp_path: Path) -> None:
    """A link is made, points elsewhere when asked to, and a file is never replaced by one."""
    for target in ("one", "-two", "thr'ee\n"):
        carry_out(built("file", path=f"{tmp_path}/link", state="link", src=target))
        assert os.readlink(tmp_path / "link") == target  # noqa: PTH115
    (tmp_path / "file").touch()
    with pytest.raises(TaskFailed, match=r"is a file, no link .*absent"):
        list(built("file", path=f"{tmp_path}/file", state="link", src="x").decide(Here()))


@pytest.mark.root
def test_attributes_of_what_is_there_are_kept(tmp_path: Path) -> None:
    """Mode and owner of what is there are set, and nothing is made; `state: file` is for files only."""
    (tmp_path / "file").touch()
    carry_out(built("file", path=f"{tmp_path}/file", mode="0600", owner="daemon"))
    assert (mode_of(tmp_path / "file"), (tmp_path / "file").stat().st_uid) == (0o600, 1)
    (tmp_path / "link").symlink_to("file")
    for name, said in (("none", "is not there"), ("link", "is a link")):
        with pytest.raises(TaskFailed, match=said):
            list(built("file", path=f"{tmp_path}/{name}", mode="0600").decide(Here()))
    (tmp_path / "folder").mkdir()
    with pytest.raises(TaskFailed, match=r"folder is a directory, no file .*state: directory"):
        list(built("file", path=f"{tmp_path}/folder", state="file", mode="0700").decide(Here()))
    module = built("file", path=f"{tmp_path}/folder", mode="0700")
    carry_out(module)
    assert mode_of(tmp_path / "folder") == 0o700
    assert module.report(Here(), ())["state"] == "directory"


@pytest.mark.parametrize(("kind", "said"), [("file", "is a file, no directory"), ("link", "is a link")])
def test_a_directory_takes_nothings_place(kind: str, said: str, tmp_path: Path) -> None:
    """Where a file or a link stands, no directory is made."""
    path = tmp_path / "path"
    path.touch() if kind == "file" else path.symlink_to("x")
    with pytest.raises(TaskFailed, match=said):
        list(built("file", path=str(path), state="directory").decide(Here()))


STATUS = PathStatus(kind="file", mode=0o644, owner="root", group="sys", uid=0, gid=3)
ATTRIBUTES: list[tuple[dict[str, Any], list[Effect]]] = [
    ({}, []),
    ({"mode": 0o644, "owner": "root", "group": "sys"}, []),
    ({"owner": "0", "group": "3"}, []),
    ({"mode": 0o600}, [SetMode(path="/f", before=0o644, after=0o600)]),
    ({"owner": "bin"}, [SetOwner(path="/f", owner="bin", group=None, before="root:sys")]),
    ({"owner": "root", "group": "0"}, [SetOwner(path="/f", owner="root", group="0", before="root:sys")]),
    (
        {"owner": "bin", "mode": 0o600},
        [
            SetOwner(path="/f", owner="bin", group=None, before="root:sys"),
            SetMode(path="/f", before=0o644, after=0o600),
        ],
    ),
]


@pytest.mark.parametrize(("wanted", "effects"), ATTRIBUTES)
def test_only_what_differs_is_set(wanted: dict[str, Any], effects: list[Effect]) -> None:
    """Names and numbers are both understood, and the owner comes before the mode."""
    assert list(attributes(Here(), "/f", STATUS, File(path="/f", **wanted))) == effects


UNKNOWN = {Account("user", "nobody-of-this-name"): False, Account("group", "none-of-this-name"): False}


@pytest.mark.parametrize("wanted", [{"owner": "nobody-of-this-name"}, {"group": "none-of-this-name"}])
def test_a_name_that_the_host_does_not_know_is_refused(wanted: dict[str, Any], tmp_path: Path) -> None:
    """Before anything is changed, whatever module it is; it is asked with all the rest, and of no number."""
    (tmp_path / "package").write_text("x")
    path, (name,) = f"{tmp_path}/new", wanted.values()
    for module in (
        built("copy", dest=path, content="x", **wanted),
        built("copy", dest=path, src=f"{tmp_path}/package", checksum=f"sha256:{SUM_OF_X}", **wanted),
        built("lineinfile", path=path, line="x", create=True, **wanted),
        built("file", path=path, state="directory", **wanted),
        built("template", dest=path, src="t", desk=Desk({"templates/t": "x"}), **wanted),
    ):
        assert set(module.probe()) & UNKNOWN.keys()
        with pytest.raises(TaskFailed, match=f"{path} is to belong to the .* {name}, whom the host does not"):
            list(module.decide(Here()))
    assert not any(isinstance(fact, Account) for fact in built("file", path=path, owner="7").probe())


def test_who_has_a_file_already_is_not_looked_up() -> None:
    """A name that `ls` shows is one that the host knows."""
    view = Told({FileStatus("/f"): STATUS})
    assert list(File(path="/f", owner="root", group="sys").decide(view)) == []


@pytest.mark.root
def test_stat_registers_what_is_there(tmp_path: Path) -> None:
    """The keys are Ansible's; of what is not there, only that."""
    (tmp_path / "file").write_text("four")
    (tmp_path / "file").chmod(0o4750)
    (tmp_path / "link").symlink_to("some where")

    def stat(name: str) -> dict[str, Any]:
        found: dict[str, Any] = built("stat", path=f"{tmp_path}/{name}").report(Here(), [])["stat"]
        return found

    assert stat("none") == {"exists": False}
    assert stat("file") == {
        "exists": True,
        "path": f"{tmp_path}/file",
        "isreg": True,
        "isdir": False,
        "islnk": False,
        "mode": "4750",
        "pw_name": "root",
        "gr_name": "root",
        "uid": 0,
        "gid": 0,
        "size": 4,
    }
    assert (stat("link")["islnk"], stat("link")["lnk_target"]) == (True, "some where")
    assert (stat("")["isdir"], stat("")["isreg"]) == (True, False)


def test_stat_passes_on_what_is_unknown() -> None:
    """A mode that only the apply will tell stays unknown."""
    why = Unknown("not yet")
    view = Told({FileStatus("/f"): PathStatus(kind="file", mode=why, owner=why)})
    found = built("stat", path="/f").report(view, [])["stat"]
    assert found["mode"] is why
    assert found["pw_name"] is why


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("copy", {"dest": "/f"}, "give either 'src' or 'content'"),
    ("copy", {"dest": "f", "content": "x"}, "must be an absolute path"),
    ("copy", {"dest": "/d/", "content": "x"}, "must name the file"),
    ("copy", {"dest": "/f", "content": "x", "owner": ""}, "'owner': it cannot be empty"),
    ("copy", {"dest": "/f\0", "content": "x"}, "'dest': it cannot hold a NUL byte"),
    ("copy", {"dest": "/f", "content": "x", "mode": "u+x"}, "'u+x' is not a mode"),
    ("copy", {"dest": "/f", "content": "x", "mode": 0o10000}, "is not a mode"),
    ("copy", {"dest": "/f", "content": "x", "mode": True}, "is not a mode"),
    ("template", {"dest": "/f"}, "needs the parameter 'src'"),
    ("file", {"path": "/f", "state": "link"}, "'src' goes with 'state: link'"),
    ("file", {"path": "/f", "src": "x"}, "'src' goes with 'state: link'"),
    ("file", {"path": "/f", "state": "absent", "mode": "0644"}, "takes no mode, owner or group"),
    ("file", {"path": "//", "state": "absent"}, "the root directory cannot be removed"),
    ("file", {"path": "f"}, "'f' is not an absolute path"),
    ("file", {"path": 5}, "'5' is not an absolute path"),
    ("stat", {"path": "/a\0b"}, "a path cannot hold a NUL byte"),
]


@pytest.mark.parametrize(("name", "params", "said"), REFUSED)
def test_what_cannot_be_meant_is_refused(name: str, params: dict[str, Any], said: str) -> None:
    """The message says what is wrong, with the place of the task."""
    assert said in refusal(name, **params)


def test_both_sources_at_once_are_refused() -> None:
    """A file cannot hold both `content` and what `src` holds."""
    with pytest.raises(TaskFailed, match="give either"):
        built("copy", desk=Desk({"files/a": "x"}), dest="/f", src="a", content="y")
