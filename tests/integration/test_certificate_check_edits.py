"""The certificate check off and on again in files of every form, in which others write meanwhile."""

from pathlib import Path

import pytest
from commands import PLAYBOOKS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runs import Ran, perform

LINE = "CheckCertificate=0"
BEGIN, END = "; BEGIN certificate check off", "; END certificate check off"
REMARK = "; until 2030-01-31; certificate-check-on.yaml takes it out"
OURS = (BEGIN, REMARK, LINE, END)
TAKEN_OUT, PUT_IN = "The line is out of the configuration", "Nobody has written between its lines"

NEWLINE = st.sampled_from(["\n", "\r\n"])
OTHERS = st.lists(st.sampled_from(["", "a=1", "; a remark", "[Update]", "; until then"]), max_size=4)


def switch(folder: Path, which: str, **more: str) -> Ran:
    """Run one of the two playbooks on the file `conf` in `folder`."""
    values = {
        "smd_configuration": str(folder / "conf"),
        "smd_comment": ";",
        "certificate_check_line": LINE,
        "certificate_check_until": "2030-01-31",
        **more,
    }
    return perform(folder, (PLAYBOOKS / f"certificate-check-{which}.yaml").read_text(), extra=values)


def whole_lines(text: str) -> list[str]:
    """The lines of a text, each with its end."""
    return [line + "\n" for line in text.split("\n")[:-1]] + [line for line in text.split("\n")[-1:] if line]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=OTHERS,
    newline=NEWLINE,
    ended=st.booleans(),
    section=st.booleans(),
    edits=st.lists(st.tuples(st.integers(0, 20), OTHERS.filter(bool), NEWLINE), max_size=3),
)
def test_off_then_on_leaves_just_what_others_have_written(
    *,
    tmp_path: Path,
    before: list[str],
    newline: str,
    ended: bool,
    section: bool,
    edits: list[tuple[int, list[str], str]],
) -> None:
    """Above, between and below the lines of the playbook, in files with either end of line, and with none."""
    file = tmp_path / "conf"
    lines = ["[Update]", *before, "z=1"]
    text = newline.join(lines) + (newline if ended else "")
    file.write_bytes(text.encode())
    off = switch(tmp_path, "off", **({"certificate_check_section": r"^\[Update\]$"} if section else {}))
    assert off.counts().failed == 0
    edited = whole_lines(file.read_bytes().decode())
    assert [line.rstrip("\r\n") for line in edited if line.rstrip("\r\n") in OURS] == list(OURS)
    for place, added, end in edits:
        at = place % (len(edited) + (1 if edited[-1].endswith("\n") else 0))
        edited[at:at] = [line + end for line in added]
    file.write_bytes("".join(edited).encode())
    on = switch(tmp_path, "on")
    assert on.counts().failed == 0, on.of(TAKEN_OUT)
    kept = "".join(line for line in edited if line.rstrip("\r\n") not in OURS)
    # Where the file had no final newline, and nobody has given it one, it has none again.
    unended = edited[-1] == END
    assert file.read_bytes().decode() in ({kept[:-1], kept[:-2]} if unended else {kept})
    if not edits:
        assert file.read_bytes() == text.encode()


BLOCK = "\n".join(OURS)
REFUSED = [
    (f"a=1\n{BLOCK}foo=2\n", f":5: '{END}foo=2' holds a marker line and more", "on a line of its own"),
    (
        f"a=1\n{BLOCK}\n".replace("=0", "=2"),
        f":2: '{LINE}' is not between the marker lines '{BEGIN}' and '{END}', so it was changed",
        "take out by hand",
    ),
    (f"{BLOCK}\n{BLOCK}\n", "do not stand once each", "mend them by hand"),
    (f"a=1\n{BEGIN}\n{LINE}\n", f"in line 2 '{BEGIN}' and no line '{END}'", "mend them by hand"),
]


@pytest.mark.parametrize(("text", "said", "cure"), REFUSED)
def test_what_is_no_more_as_it_was_put_in_is_refused(tmp_path: Path, text: str, said: str, cure: str) -> None:
    """With the file, the line and what is to be done; nothing is changed."""
    (tmp_path / "conf").write_text(text)
    failed = switch(tmp_path, "on").of(TAKEN_OUT)
    assert failed.status == "failed"
    assert f"{tmp_path / 'conf'}:" in failed.message
    assert said in failed.message
    assert cure in failed.message
    assert (tmp_path / "conf").read_text() == text


def test_the_check_stays_off_where_somebody_has_written_between_the_lines(tmp_path: Path) -> None:
    """To put the lines in anew would lose the other's: it is said, and nothing is changed."""
    text = f"a=1\n{BLOCK}\n".replace(LINE, f"mine=1\n{LINE}")
    (tmp_path / "conf").write_text(text)
    failed = switch(tmp_path, "off").of(PUT_IN)
    assert failed.status == "failed"
    assert "stands 'mine=1', and would be lost" in failed.message
    assert (tmp_path / "conf").read_text() == text


def test_another_day_is_put_into_the_comment(tmp_path: Path) -> None:
    """The lines are put in anew, once; whatever day it is until, they are taken out."""
    (tmp_path / "conf").write_text("a=1\n")
    switch(tmp_path, "off")
    switch(tmp_path, "off", certificate_check_until="2031-12-31")
    assert (tmp_path / "conf").read_text() == f"a=1\n{BLOCK}\n".replace("2030-01-31", "2031-12-31")
    assert switch(tmp_path, "on").counts().failed == 0
    assert (tmp_path / "conf").read_text() == "a=1\n"
