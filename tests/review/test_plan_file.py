"""A plan's file: the same plan again, in few bytes, and any edited byte noticed."""

import errno
import hashlib
import json
import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plans import VALUES, large_plan, of_type, small_plan

from remediate.canonical import canonical
from remediate.errors import UsageError
from remediate.review.folding import fold, unfold
from remediate.review.plan import Content, Plan
from remediate.review.plan_file import add_approval, read_plan, write_plan
from remediate.review.plan_json import folded, plan_from_json
from remediate.review.stamp import is_stamped, stamped

DATA = st.recursive(
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(["=", "=0", "a text that is long enough", 1, 1.0, True, -0.0, 0.0]),
    ),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(max_size=3), each, max_size=4),
)


@given(DATA)
def test_what_is_folded_is_unfolded(value: Any) -> None:
    """Folding loses nothing, not even whether a number is whole; equal values have equal lines."""
    lines = fold(value).lines
    assert canonical(unfold(lines)) == canonical(value)
    assert fold(json.loads(json.dumps(value))).lines == lines


@given(DATA)
def test_what_is_there_twice_stands_once(value: Any) -> None:
    """A value that is in another one several times takes its place once."""
    once, often = fold(["x" * 20, value]).lines, fold(["x" * 20, *[value] * 50]).lines
    assert sum(map(len, often)) <= sum(map(len, once)) + 50 * 16 + len(canonical(value))


@pytest.mark.parametrize(
    "lines", [[], ["["], ['"=0"'], ['"=x"'], ["[]", '["=1"]'], ["[ ]"], ['{"b":1,"a":2}']]
)
def test_lines_that_nobody_folded(lines: list[str]) -> None:
    """Lines that refer to what is not before them, or are not written in the one way, are refused."""
    with pytest.raises(ValueError, match=r"no line|not written in the one way|Expecting value"):
        unfold(lines)


@settings(suppress_health_check=list(HealthCheck))
@given(of_type(Plan))
def test_every_plan_survives(plan: Plan) -> None:
    """Any plan, with any texts and values in it, comes back the same, with its mappings in their order."""
    text = "\n".join(folded(plan).lines).encode("utf-8", "surrogatepass")
    again = plan_from_json(unfold(text.decode("utf-8", "surrogatepass").split("\n")))
    assert again == plan
    assert repr(again) == repr(plan)


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
def test_values_survive(values: dict[str, Any]) -> None:
    """The variables of an inventory may be whatever YAML has."""
    plan = small_plan(content=Content(playbooks=(), files={}, inventory=values))
    assert repr(plan_from_json(unfold(folded(plan).lines)).content.inventory) == repr(values)


def test_the_file(tmp_path: Path) -> None:
    """A plan is written for its owner alone, and read with its identity, which is that of its content."""
    path = tmp_path / "change.plan"
    identity = write_plan(small_plan(), path)
    found = read_plan(path)
    assert found.plan == small_plan()
    assert found.identity == identity
    assert found.approvals == ()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text().startswith(f"remediate plan 1 sha256:{identity}\n")
    assert write_plan(small_plan(), tmp_path / "again.plan") == identity
    assert write_plan(small_plan(made="2027-01-01T00:00:00Z"), path) != identity
    assert sorted(each.name for each in tmp_path.iterdir()) == ["again.plan", "change.plan"]


def test_any_changed_byte_is_noticed(tmp_path: Path) -> None:
    """Whatever byte is another one, in the plan or in an approval, the plan is refused."""
    path = tmp_path / "change.plan"
    add_approval(path, write_plan(small_plan(), path), "c2lnbmVk")
    data = path.read_bytes()
    for place in range(len(data)):
        for bits in (0x01, 0x20, 0x80):
            path.write_bytes(data[:place] + bytes([data[place] ^ bits]) + data[place + 1 :])
            with pytest.raises(UsageError, match=r"not a plan|has been changed since|a plan of version"):
                read_plan(path)
    path.write_bytes(data)
    assert read_plan(path).approvals == ("c2lnbmVk",)


@settings(suppress_health_check=list(HealthCheck))
@given(of_type(Plan), st.binary(min_size=1))
def test_the_stamp(plan: Plan, key: bytes) -> None:
    """It stays right through a file, and is wrong with another key, or if anything else is in the plan."""
    made, written = stamped(plan, key)
    assert written.lines == folded(made).lines
    again = plan_from_json(unfold(written.lines))
    assert again == made
    assert is_stamped(again, key)
    assert not is_stamped(again, key + b"x")
    assert not is_stamped(replace(again, made=f"{plan.made}0"), key)
    assert not is_stamped(plan, key)


def test_bytes_left_out_or_added_are_noticed(tmp_path: Path) -> None:
    """So is a byte that is missing or too many, anywhere; only whole approvals come and go."""
    path = tmp_path / "change.plan"
    add_approval(path, write_plan(small_plan(), path), "c2lnbmVk")
    data = path.read_bytes()
    whole = data.rindex(b"approval ")
    for place in range(len(data) + 1):
        for other in (data[:place], data[:place] + data[place + 1 :], data[:place] + b"\n" + data[place:]):
            if other not in (data, data[:whole]):
                path.write_bytes(other)
                with pytest.raises(UsageError):
                    read_plan(path)


def test_what_is_told(tmp_path: Path) -> None:
    """A person is told whether it is no plan, a newer one, a changed one, or not there."""
    path = tmp_path / "change.plan"
    write_plan(small_plan(), path)
    data = path.read_text()
    for text, told in {
        "": "not a plan (plans are made",
        "- hosts: all\n": "not a plan (plans are made",
        data.replace("plan 1", "plan 01", 1): "not a plan (plans are made",
        data.replace("plan 1", f"plan {'1' * 5000}", 1): "not a plan (plans are made",
        data.replace("plan 1", "plan 2", 1): "a plan of version 2; this remediate knows 1 (use a newer",
        data.replace("motd", "mote"): "has been changed since it was made (make it anew",
    }.items():
        path.write_text(text)
        with pytest.raises(UsageError) as caught:
            read_plan(path)
        assert f"{path}: {told}" in str(caught.value)
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_plan(tmp_path / "none")


def test_a_plan_that_only_looks_like_one(tmp_path: Path) -> None:
    """Lines whose sum is right but which are no plan's are refused, too."""
    path = tmp_path / "change.plan"
    for body in ('"text"\n', "{}\n", '{"$":"Plan"}\n', "[" * 100_000 + "\n", "1\n2\n", '{"made":1}\n', "\n"):
        identity = hashlib.sha256(b"remediate plan 1\n" + body.encode()).hexdigest()
        path.write_text(f"remediate plan 1 sha256:{identity}\n{body}")
        with pytest.raises(UsageError, match=r"not a plan that this remediate understands|has been changed"):
            read_plan(path)


def test_approvals_are_added(tmp_path: Path) -> None:
    """An approval is a line more; the same one twice is there once, and the plan stays the plan."""
    path = tmp_path / "change.plan"
    identity = write_plan(small_plan(), path)
    path.chmod(0o664)
    for approval in ("Zmlyc3Q=", "c2Vjb25k", "Zmlyc3Q="):
        add_approval(path, identity, approval)
    found = read_plan(path)
    assert found.plan == small_plan()
    assert found.identity == identity
    assert found.approvals == ("Zmlyc3Q=", "c2Vjb25k")
    assert path.stat().st_mode & 0o777 == 0o664
    with pytest.raises(UsageError, match="another plan"):
        add_approval(path, "0" * 64, "Zmlyc3Q=")


def test_many_may_approve_at_the_same_time(tmp_path: Path) -> None:
    """No approval is lost where several people add theirs at once."""
    path = tmp_path / "change.plan"
    identity = write_plan(small_plan(), path)
    names = [f"approval{number}" for number in range(20)]
    threads = [threading.Thread(target=add_approval, args=(path, identity, name)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read_plan(path).approvals) == sorted(names)


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no room the plan that was there is still there, nothing else is left, and it is told."""
    path = tmp_path / "change.plan"
    identity = write_plan(small_plan(), path)

    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    for attempt in (
        lambda: write_plan(small_plan(made=""), path),
        lambda: add_approval(path, identity, "c2lnbmVk"),
    ):
        with pytest.raises(UsageError, match=r"cannot be written: No space left on device \(make room"):
            attempt()
    assert read_plan(path).identity == identity
    assert read_plan(path).approvals == ()
    assert [each.name for each in tmp_path.iterdir()] == ["change.plan"]


def test_a_plan_for_many_hosts_is_small(tmp_path: Path) -> None:
    """What is the same on 500 hosts stands in the file once."""
    path = tmp_path / "change.plan"
    one, many = large_plan(1, 40, alike=True), large_plan(500, 40, alike=True)
    write_plan(one, path)
    size = path.stat().st_size
    write_plan(many, path)
    assert path.stat().st_size < size + 500 * 150
    found = read_plan(path).plan
    assert found == many
    assert found.hosts[0].tasks[7] is found.hosts[499].tasks[7]
