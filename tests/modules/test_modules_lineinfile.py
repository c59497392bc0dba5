"""lineinfile edits as Ansible documents it, and touches nothing else."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from module_view import Told, built, carry_out, refusal

from remediate.effects.permissions import SetMode
from remediate.effects.write import WriteFile
from remediate.errors import TaskFailed
from remediate.facts.files import FileStatus, FileText, PathStatus, Text
from remediate.modules.line_edit import LineEdit, join_lines, put_line, remove_lines, split_lines

CASES = yaml.safe_load((Path(__file__).parent / "lineinfile.yaml").read_text())
ABSENT = PathStatus(kind="absent")

lines = st.text("ab=1 \t\r\x0c", max_size=4)
texts = st.builds(
    lambda parts, end, last: end.join(parts) + (end if last else ""),
    st.lists(lines, max_size=6),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
anchors = st.sampled_from([None, "^a", "b$", "=", "z", r"a\s", "EOF", "BOF"])
NEED_AN_END = (r"b\s", "[^=]$(?s:.)")
edits = st.builds(
    LineEdit,
    line=st.text("ab=1 ", max_size=4),
    regexp=st.sampled_from([None, "^a", "b$", "=", "z", "", "^$", *NEED_AN_END]),
    insertafter=anchors,
    insertbefore=st.none(),
    firstmatch=st.booleans(),
) | st.builds(LineEdit, line=st.text("ab=1 ", max_size=4), insertbefore=anchors, firstmatch=st.booleans())


def host(content: str | None, **status: Any) -> Told:
    """A host where /f holds this content (None: is absent)."""
    if content is None:
        above = PathStatus(kind="directory", mode=0o755)
        return Told({Text("/f"): FileText(kind="absent"), FileStatus("/f"): ABSENT, FileStatus("/"): above})
    found = PathStatus(kind="file", **{"mode": 0o644, "owner": "root", "group": "root", **status})
    return Told({Text("/f"): FileText.holding(content), FileStatus("/f"): found})


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_lines_are_edited_as_documented(case: dict[str, Any]) -> None:
    """A file that held the one text holds the other afterwards, and a second time changes nothing."""
    module = built("lineinfile", path="/f", **case["params"])
    effects = list(module.decide(host(case["before"])))
    assert [effect.after for effect in effects if isinstance(effect, WriteFile)] == (
        [case["after"]] if case["after"] != case["before"] else []
    )


@given(text=texts, edit=edits)
def test_an_edit_leaves_the_line_there(text: str, edit: LineEdit) -> None:
    """After any edit the line stands in the text, and all others are as they were, in their order."""
    before, end = split_lines(text)
    after, after_end = split_lines(put_line(text, edit))
    assert edit.line in [line.removesuffix("\r") for line in after]
    if len(before) > 1:
        assert after_end == end
    if len(after) == len(before):
        assert sum(one != other for one, other in zip(before, after, strict=True)) <= 1
    else:
        assert any(after[:n] + after[n + 1 :] == before for n in range(len(after)))


@given(text=texts, edit=edits)
def test_an_edit_done_twice_is_an_edit_done_once(text: str, edit: LineEdit) -> None:
    """If the regexp finds the new line, or finds nothing else, doing it again changes nothing."""
    once = put_line(text, edit)
    assume(edit.regexp is None or re.search(edit.regexp, edit.line + "\n") or once == text)
    assume(text.endswith("\n") or edit.regexp not in NEED_AN_END)  # else the edit gives it one to be found
    assert put_line(once, edit) == once


@given(
    text=texts,
    line=lines.filter(lambda line: "\r" not in line),
    regexp=st.sampled_from([None, "^a", "=", r"a\s", r"^\s"]),
)
def test_removed_lines_are_gone_and_no_others(text: str, line: str, regexp: str | None) -> None:
    """What is found is gone, what is not found stays in its order, and again there is nothing to do."""
    assume("\r\r\n" not in text)  # the end of such a line is another one once no line ends otherwise
    after = remove_lines(text, line=line, regexp=regexp)
    bare = [each.removesuffix("\r") for each in split_lines(text)[0]]
    seen = [each + "\n" * (number < len(bare) or text.endswith("\n")) for number, each in enumerate(bare, 1)]
    found = [
        each == line if regexp is None else bool(re.search(regexp, whole))
        for each, whole in zip(bare, seen, strict=True)
    ]
    left = [each.removesuffix("\r") for each in split_lines(after)[0]]
    assert left == [each for each, gone in zip(bare, found, strict=True) if not gone]
    assert any(found) or after == text
    assert remove_lines(after, line=line, regexp=regexp) == after


@given(text=texts)
def test_lines_taken_apart_make_the_same_text(text: str) -> None:
    """Splitting and joining gives the same text, whatever ends its lines."""
    parts, end = split_lines(text)
    assert join_lines(parts, end, text) == text


def test_a_missing_file_is_made_only_if_asked_for() -> None:
    """Without `create` a missing file fails with the cure; with it, the file holds the line, mode 0644."""
    with pytest.raises(TaskFailed, match="create: true"):
        list(built("lineinfile", path="/f", line="x").decide(host(None)))
    (effect,) = built("lineinfile", path="/f", line="x", create=True).decide(host(None))
    assert effect == WriteFile(path="/f", before=FileText(kind="absent"), after="x\n", mode=0o644)


def test_a_missing_file_holds_no_line() -> None:
    """`absent` has nothing to do where no file is."""
    assert list(built("lineinfile", path="/f", line="x", state="absent").decide(host(None))) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FileText(kind="other"), "/f is no regular file"),
        (FileText(kind="file", size=2_000_000), r"/f is too large to edit \(2000000 bytes\)"),
    ],
)
def test_what_cannot_be_edited_is_refused(text: FileText, said: str) -> None:
    """A directory, or a file too large to read, fails the task and says why."""
    view = Told({Text("/f"): text, FileStatus("/f"): PathStatus(kind="file")})
    with pytest.raises(TaskFailed, match=said):
        list(built("lineinfile", path="/f", line="x").decide(view))


def test_mode_and_backup_go_with_the_line() -> None:
    """The mode is set even if the line is there; a backup is kept only of what held something."""
    effects = list(built("lineinfile", path="/f", line="x", mode="0600", backup=True).decide(host("x\n")))
    assert effects == [SetMode(path="/f", before=0o644, after=0o600)]
    for before, kept in (("a\n", True), ("", False)):
        (effect,) = built("lineinfile", path="/f", line="x", backup=True).decide(host(before))
        assert isinstance(effect, WriteFile)
        assert effect.backup is kept


def test_bytes_that_are_no_text_stay(tmp_path: Path) -> None:
    """Lines with invalid UTF-8 and NUL bytes are kept byte for byte beside the edited one."""
    path = tmp_path / "file"
    path.write_bytes(b"\xff\xfe\0\nport=1\n\x80")
    carry_out(built("lineinfile", path=str(path), regexp="^port=", line="port=2"))
    assert path.read_bytes() == b"\xff\xfe\0\nport=2\n\x80"


REFUSED = {
    "needs 'line'": {},
    "needs 'line' or 'regexp'": {"state": "absent"},
    "it cannot hold a line feed": {"line": "a\nb"},
    "'backrefs' needs 'regexp'": {"line": "a", "backrefs": True},
    "not both": {"line": "a", "insertafter": "x", "insertbefore": "y"},
    "'regexp': it is not a regular expression: missing )": {"line": "a", "regexp": "("},
    "'insertafter': it is not a regular expression": {"line": "a", "insertafter": "["},
    "'line' does not fit the groups of 'regexp': invalid group": {
        "line": "\\2",
        "regexp": "(a)|b",
        "backrefs": True,
    },
    "'line' does not fit the groups of 'regexp': unknown group": {
        "line": "\\g<x>",
        "regexp": "a",
        "backrefs": True,
    },
}


@pytest.mark.parametrize(("said", "params"), REFUSED.items())
def test_what_cannot_be_meant_is_refused(said: str, params: dict[str, Any]) -> None:
    """Missing and contradicting parameters, and expressions that are none, are named."""
    assert said in refusal("lineinfile", path="/f", **params)
