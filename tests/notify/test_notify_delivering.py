"""Deliveries: written before they are sent, never lost, tried again, and never a reason for a run to fail."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fleet_examples import finding
from hypothesis import given, settings
from hypothesis import strategies as st
from receivers import Web, web
from tellings import Told, told

from remediate.errors import NotSent, NotSentYet
from remediate.notify import attempts
from remediate.notify.delivering import Delivered, deliver, retry
from remediate.notify.message import Message
from remediate.store.database import FILE
from remediate.store.deliveries import Delivery, open_deliveries


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """One attempt is enough."""
    monkeypatch.setattr(attempts, "_ATTEMPTS", 1)


def message(subject: str = "one") -> Message:
    """A message."""
    return Message(subject=subject, text="text\n", document={"kind": "recheck"})


def kept(store: Path) -> list[Delivery]:
    """All deliveries."""
    with open_deliveries(store) as deliveries:
        return list(deliveries.kept())


def states(store: Path) -> list[tuple[str, str, int]]:
    """The channel of each delivery, its state, and how often it was tried."""
    return [(each.channel, each.state, each.tries) for each in kept(store)]


def test_each_channel_is_told_once(tmp_path: Path) -> None:
    """And that is written down; the next re-check does not tell it again."""
    ops, boss = Told("ops"), Told("boss")
    assert told(tmp_path, message(), [ops, boss]) == Delivered(sent=2)
    assert told(tmp_path, None, [ops, boss]) == Delivered()
    assert states(tmp_path) == [("ops", "sent", 1), ("boss", "sent", 1)]
    assert [len(each.messages) for each in (ops, boss)] == [1, 1]


def test_what_was_not_taken_is_tried_at_the_next_re_check(tmp_path: Path) -> None:
    """With the same channel, before what is new, and as the same message; others hear nothing of it."""
    ops, boss = Told("ops", NotSent("refused")), Told("boss")
    done = told(tmp_path, message("one"), [ops])
    assert done.problems == ("channel 'ops' was not told of run 1: refused",)
    (failed,) = kept(tmp_path)
    assert (failed.state, failed.problem, failed.tries) == ("failed", "refused", 1)
    assert told(tmp_path, message("two"), [boss]) == Delivered(sent=1)
    assert told(tmp_path, message("three"), [ops]) == Delivered(sent=2)
    assert ops.messages[0] == ("one", failed.identity)
    assert [subject for subject, _ in ops.messages + boss.messages] == ["one", "three", "two"]
    assert states(tmp_path) == [("ops", "sent", 2), ("boss", "sent", 1), ("ops", "sent", 1)]
    assert kept(tmp_path)[0].problem == ""


def test_a_channel_that_is_down_is_not_tried_with_the_rest(tmp_path: Path) -> None:
    """One deadline is enough; the rest waits. What one receiver refuses for good keeps no other back."""
    ops = Told("ops", *[NotSentYet("down")] * 3)
    for subject in ("one", "two", "three"):
        told(tmp_path, message(subject), [ops])
    assert states(tmp_path) == [("ops", "failed", 3), ("ops", "waiting", 0), ("ops", "waiting", 0)]
    ops.problems = [NotSent("too large")]
    assert told(tmp_path, None, [ops]).sent == 2
    assert [subject for subject, _ in ops.messages] == ["two", "three"]


def test_news_waits_until_it_is_taken(tmp_path: Path) -> None:
    """However long that is: else what is still so would never be told."""
    ops = Told("ops", NotSentYet("down"), NotSent("refused"))
    told(tmp_path, message(), [ops], finding("one", "a", "critical"))
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("UPDATE delivery SET made = '2024-01-01T06:00:00.000+00:00'")
    assert told(tmp_path, None, [ops], finding("one", "a", "critical")).sent == 0
    assert told(tmp_path, None, [ops], finding("one", "a", "critical")) == Delivered(sent=1)


def test_what_later_messages_cover_is_given_up_aloud(tmp_path: Path) -> None:
    """When all of it has changed again; whoever names its run has it sent all the same."""
    ops = Told("ops", *[NotSentYet("down")] * 2)
    a, b = (finding("one", name, "critical") for name in "ab")
    good_a, good_b = (finding("one", name) for name in "ab")
    told(tmp_path, message("both are new"), [ops], a, b)
    done = told(tmp_path, message("a is fixed"), [ops], good_a, b)
    assert done.problems == (
        "channel 'ops' was not told of run 1: down",
        "channel 'ops': messages that wait behind it: 1",
    )
    assert told(tmp_path, message("b is fixed"), [ops], good_a, good_b) == Delivered(
        sent=2,
        problems=(
            "channel 'ops' was never told of run 1: all that it found has changed again since, and later"
            " messages tell that",
        ),
    )
    assert [subject for subject, _ in ops.messages] == ["a is fixed", "b is fixed"]
    assert told(tmp_path, None, [ops], good_a, good_b) == Delivered()
    assert retry(tmp_path, {"ops": ops}) == Delivered(covered=1)
    assert retry(tmp_path, {"ops": ops}, 1) == Delivered(sent=1)
    assert retry(tmp_path, {"ops": ops}) == Delivered()


def test_what_others_were_told_covers_nothing(tmp_path: Path) -> None:
    """Nor what was told of another name."""
    ops, boss = Told("ops", NotSent("refused")), Told("boss")
    told(tmp_path, message("new"), [ops], finding("one", "a", "critical"))
    told(tmp_path, message("fixed"), [boss], finding("one", "a"))
    assert told(tmp_path, None, [ops], finding("one", "a")) == Delivered(sent=1)


@given(looks=st.lists(st.tuples(st.booleans(), st.booleans(), st.sampled_from(["up", "down", "refuses"]))))
@settings(max_examples=25)
def test_what_a_channel_was_told_last_is_how_it_stands(looks: list[tuple[bool, bool, str]]) -> None:
    """Whatever it did not take meanwhile, when it is there again: of each check."""
    problems: dict[str, list[Exception | None]] = {
        "up": [], "down": [NotSentYet("down")] * 9, "refuses": [NotSent("no")] * 9
    }  # fmt: skip
    with TemporaryDirectory() as folder:
        ops, stood = Told("ops"), (False, False)
        for *bad, answer in [*looks, (False, False, "up")]:
            changes = [f"{n}{now}" for n, (now, was) in enumerate(zip(bad, stood, strict=True)) if now != was]
            found = [finding("one", str(n), "critical" if now else "ok") for n, now in enumerate(bad)]
            ops.problems = [*problems[answer]]
            told(Path(folder), message(" ".join(changes)) if changes else None, [ops], *found)
            stood = tuple(bad)
        assert retry(Path(folder), {"ops": ops}).problems == ()
        last = {word[0]: word[1:] for subject, _ in ops.messages for word in subject.split()}
        changed = {str(n) for n in range(2) if any(look[n] for look in looks)}
        assert last == dict.fromkeys(changed, "False")


def test_a_channel_that_is_gone_is_told_of(tmp_path: Path) -> None:
    """The others are told all the same."""
    ops, boss = Told("ops", NotSent("refused")), Told("boss", NotSent("refused"))
    told(tmp_path, message(), [ops, boss])
    done = retry(tmp_path, {"boss": boss})
    assert (done.sent, len(done.problems)) == (1, 1)
    assert done.problems[0].startswith("there is no channel 'ops'")


def test_a_store_that_cannot_be_used_fails_nobody(tmp_path: Path) -> None:
    """Nothing is sent that was not written down before; it is told."""
    ops = Told("ops", NotSent("refused"))
    told(tmp_path, message(), [ops])
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("ALTER TABLE delivery RENAME TO gone")
    (problem,) = deliver(tmp_path, [ops]).problems
    assert problem.startswith("nobody was told, or that was not recorded: the store cannot be used: ")
    assert ops.messages == []


COMMAND = ("-m", "remediate", "notify", "retry", "--state-dir", "store")


@pytest.fixture
def untold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Web]]:
    """A folder with a message that was not sent, and a web server that answers only when it is told to."""
    monkeypatch.chdir(tmp_path)
    key = tmp_path / "key"
    key.touch(mode=0o600)
    key.write_text("0123456789")
    with web() as server:
        (tmp_path / "remediate.toml").write_text(
            f'[notify.ops]\nkind = "webhook"\nurl = "{server.url}"\nkey_file = "key"\ndeadline = 300\n'
        )
        store = tmp_path / "store"
        told(store, message(), [Told("ops", NotSent("refused"))])
        yield tmp_path, server


def _until(server: Web, requests: int) -> None:
    for _ in range(1200):
        if len(server.requests) >= requests:
            return
        time.sleep(0.05)
    raise AssertionError(f"{len(server.requests)} requests came")


def test_two_at_once_send_it_once(untold: tuple[Path, Web]) -> None:
    """Whoever comes while another process is sending leaves it to that one."""
    folder, server = untold
    server.answers = ("wait",)
    first = subprocess.Popen([sys.executable, *COMMAND], cwd=folder, stdout=subprocess.PIPE, text=True)
    _until(server, 1)
    second = subprocess.run(
        [sys.executable, *COMMAND], cwd=folder, capture_output=True, text=True, check=False
    )
    assert (second.returncode, second.stdout) == (0, "0 messages sent\n")
    server.go_on.set()
    assert first.communicate(timeout=60)[0] == "1 message sent\n"
    assert len(server.requests) == 1
    assert states(folder / "store") == [("ops", "sent", 2)]


def test_a_process_that_dies_while_it_sends_loses_nothing(untold: tuple[Path, Web]) -> None:
    """Nobody knows then whether it was sent, so it is sent again, and can be known as the same."""
    folder, server = untold
    server.answers = ("wait", 204)
    first = subprocess.Popen([sys.executable, *COMMAND], cwd=folder)
    _until(server, 1)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert states(folder / "store") == [("ops", "waiting", 2)]
    server.go_on.set()
    subprocess.run([sys.executable, *COMMAND], cwd=folder, check=True)
    assert states(folder / "store") == [("ops", "sent", 3)]
    one, two = (json.loads(each.body) for each in server.requests)
    assert one == two
    assert one["id"] == kept(folder / "store")[0].identity
