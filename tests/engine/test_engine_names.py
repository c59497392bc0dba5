"""A file that has several names through links is one file: in a plan, and in its apply."""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_host import LocalHost
from runs import Ran, play

from remediate.answers import Known, Provisional
from remediate.effects.paths import Link, RemovePath
from remediate.effects.write import WriteFile
from remediate.engine.doubt import Perhaps
from remediate.engine.names import Pointer, way_of
from remediate.engine.state import HostState
from remediate.facts.files import FileText, Text

Runner = Callable[..., Ran]
NAMES = st.sampled_from(["a", "b", "c"])
TARGETS = st.lists(st.one_of(NAMES, NAMES, st.just("."), st.just("")), min_size=1, max_size=3).map("/".join)


@given(
    links=st.dictionaries(NAMES, st.tuples(st.sampled_from(["", "/", "../t/"]), TARGETS)),
    path=st.lists(NAMES, min_size=1, max_size=3).map("/".join),
)
def test_a_way_leads_where_the_system_goes(
    links: dict[str, tuple[str, str]], path: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Over any links that lead anywhere at all, relative or not, to each other or beyond."""
    root = f"{tmp_path_factory.mktemp('t')}/t"
    os.mkdir(root)  # noqa: PTH102
    pointers = {}
    for name, (start, target) in links.items():
        whole = f"{root}/{target}" if start == "/" else start + target or "."
        os.symlink(whole, f"{root}/{name}")  # noqa: PTH211
        pointers[f"{root}/{name}"] = Pointer(target=whole)
    try:
        end = os.path.realpath(f"{root}/{path}", strict=True)
    except OSError as error:
        if error.errno != 2:
            return  # a circle leads nowhere
        end = os.path.realpath(f"{root}/{path}")
    assert way_of(f"{root}/{path}", pointers).end == end


def state_of(*, dry_run: bool = True) -> HostState:
    """What is known of this machine: nothing yet."""
    return HostState(host=LocalHost(), dry_run=dry_run)  # type: ignore[arg-type]


def write(path: Path, before: str | None, after: str) -> WriteFile:
    """A file's new text."""
    was = FileText(kind="absent") if before is None else FileText.holding(before)
    return WriteFile(path=str(path), before=was, after=after)


def test_a_link_that_led_nowhere_leads_to_the_file_that_is_made(tmp_path: Path) -> None:
    """It is something that is no file; then it is that file; then nothing again."""
    (tmp_path / "l").symlink_to("a")
    state, asked = state_of(), Text(f"{tmp_path}/l")
    assert state.answer(asked, None) == Known(FileText(kind="other"))
    state.foresee(write(tmp_path / "a", None, "x"), "task")
    assert state.answer(asked, None) == Known(FileText.holding("x"))
    state.foresee(RemovePath(path=f"{tmp_path}/a", kind="other"), "task")
    assert state.answer(asked, None) == Known(FileText(kind="other"))


def test_what_is_done_under_one_name_is_done_under_all(tmp_path: Path) -> None:
    """Also where links are on the way only after a change, and lead to what nobody has asked about."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "f").write_text("old")
    state = state_of()
    state.foresee(Link(path=f"{tmp_path}/k", target="d", before=None), "task")
    assert state.answer(Text(f"{tmp_path}/k/f"), None) == Known(FileText.holding("old"))
    state.foresee(write(tmp_path / "k" / "f", "old", "new"), "task")
    assert state.answer(Text(f"{tmp_path}/d/f"), None) == Known(FileText.holding("new"))
    assert state.answer(Text(f"{tmp_path}/k/f"), None) == Known(FileText.holding("new"))


def test_behind_a_link_that_may_change_nothing_is_certain(tmp_path: Path) -> None:
    """What may be written through it may be written to any file."""
    for name in ("a", "b"):
        (tmp_path / name).write_text("old")
    (tmp_path / "l").symlink_to("a")
    state = state_of()
    link = Link(path=f"{tmp_path}/l", target="b", before="a")
    state.answer(Text(link.path), None)
    state.foresee(Perhaps(effect=link, why="it"), "task 1")
    assert state.answer(Text(link.path), None) == Provisional(FileText.holding("old"), "task 1")
    state.foresee(write(tmp_path / "l", "old", "new"), "task 2")
    assert state.answer(Text(f"{tmp_path}/a"), None) == Provisional(FileText.holding("new"), "task 1")
    assert state.answer(Text(f"{tmp_path}/b"), None) == Provisional(FileText.holding("old"), "task 1")


def test_an_apply_knows_the_other_names_of_what_it_has_changed(run: Runner, root: Path) -> None:
    """What was read under another name before is not believed any more."""
    (root / "a").write_text("one\n")
    (root / "l").symlink_to("a")
    (root / "m").symlink_to("l")
    edits = "\n".join(
        f'- lineinfile: {{path: "{{{{ root }}}}/{name}", line: "{line}"}}'
        for name, line in (("l", "two"), ("m", "three"), ("a", "four"), ("l", "five"))
    )
    assert run(play(edits)).counts().changed == 4
    assert (root / "a").read_text() == "one\ntwo\nthree\nfour\nfive\n"


def test_nothing_is_planned_in_a_directory_that_is_none(run: Runner, root: Path) -> None:
    """A link that leads to a file, or nowhere, has nothing in it; nor has a file."""
    (root / "file").write_text("")
    (root / "l").symlink_to("file")
    (root / "gone").symlink_to("nowhere")
    for name in ("file", "l", "gone"):
        for task in (
            f'copy: {{dest: "{{{{ root }}}}/{name}/x", content: x}}',
            f'file: {{path: "{{{{ root }}}}/{name}/x", state: directory}}',
        ):
            assert run(play(f"- {task}"), dry_run=True).counts().failed == 1


def test_no_mode_is_planned_through_a_link(run: Runner, root: Path) -> None:
    """The task fails in the dry run already, and nothing of it is done."""
    (root / "a").write_text("")
    (root / "l").symlink_to("a")
    for dry_run in (True, False):
        task = '- lineinfile: {path: "{{ root }}/l", line: x, mode: "0600"}'
        assert run(play(task), dry_run=dry_run).counts().failed == 1
    assert (root / "a").read_text() == ""


def test_no_package_is_planned_where_its_directory_was_removed(
    run: Runner, root: Path, tmp_path: Path
) -> None:
    """What held nothing any more is known to hold nothing, also to a question about a sum."""
    (root / "n").mkdir()
    (tmp_path / "p").write_text("x")
    sum_ = sha256(b"x").hexdigest()
    tasks = f"""
- {{file: {{path: "{{{{ root }}}}/n", state: absent}}}}
- {{name: put, copy: {{src: p, dest: "{{{{ root }}}}/n/p", checksum: "sha256:{sum_}"}}}}
"""
    assert run(play(tasks), dry_run=True).status("put") == "failed"


def test_what_is_behind_a_circle_of_links_cannot_be_read(run: Runner, tmp_path: Path) -> None:
    """A dry run foresees that a task fails which looks behind a link that leads to itself."""
    root = tmp_path / "root"
    text = play(
        "- file: {path: '{{ root }}/l', state: link, src: '{{ root }}/l'}\n"
        "- file: {path: '{{ root }}/k', state: link, src: l}\n"
        "- {stat: {path: '{{ root }}/k'}}\n"
        "- {stat: {path: '{{ root }}/k/c'}}"
    )
    for options in ({"dry_run": True}, {}, {"dry_run": True}):
        done = run(text, **options)
        assert [task.status for task in done.tasks][2:] == ["ok", "failed"]
        assert f"{root}/k/c cannot be read" in done.tasks[-1].message


@pytest.mark.parametrize("made", ["state: link, src: d", "state: directory"])
def test_out_of_what_was_made_leads_a_way_that_was_none(run: Runner, root: Path, made: str) -> None:
    """What `..` behind a link or a directory leads to is asked once that is there, however it was before."""
    (root / "d").mkdir()
    (root / "y").write_text("y\n")
    (root / "q").write_text("q\n")
    tasks = f"""
- {{name: make, file: {{path: "{{{{ root }}}}/l", {made}}}}}
- {{name: look, stat: {{path: "{{{{ root }}}}/l/../y"}}, register: y}}
- {{name: seen, assert: {{that: y.stat.exists}}}}
- {{name: gone, file: {{path: "{{{{ root }}}}/l/../y", state: absent}}}}
- {{name: line, lineinfile: {{path: "{{{{ root }}}}/l/../q", line: new}}}}
"""
    for dry_run in (True, False):
        ran = run(play(tasks), dry_run=dry_run)
        statuses = [ran.status(name) for name in ("make", "seen", "gone", "line")]
        assert statuses == ["changed", "ok", "changed", "changed"]
    assert (root / "q").read_text() == "q\nnew\n"
    assert not (root / "y").exists()
