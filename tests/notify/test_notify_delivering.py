"""Deliveries: written before they are sent, never lost, tried again, and never a reason for a run to fail."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from receivers import Web, web
from tellings import told

from remediate.errors import NotSent, NotSentYet
from remediate.notify import attempts
from remediate.notify.delivering import Delivered, deliver, retry
from remediate.notify.message import Message
from remediate.store.database import FILE
from remediate.store.deliveries import Delivery, open_deliveries


class Told:
    """A channel that keeps what it is sent, or raises what it is given."""

    deadline = 5.0

    def __init__(self, name: str = "ops", *problems: Exception | None) -> None:
        self.name = name
        self.problems = list(problems)
        self.messages: list[tuple[str, str]] = []

    def secrets(self) -> tuple[str, ...]:
        """None."""
        return ()

    def send(self, message: Message, identity: str) -> str:
        """Keep it, or raise the next problem."""
        problem = self.problems.pop(0) if self.problems else None
        if problem is not None:
            raise problem
        self.messages.append((message.subject, identity))
        return ""


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


def test_old_news_is_sent_only_if_somebody_asks_for_it(tmp_path: Path) -> None:
    """After a day, by the number of its run."""
    ops = Told("ops", NotSent("refused"))
    told(tmp_path, message(), [ops])
    old = (datetime.now(UTC) - timedelta(days=1, minutes=1)).isoformat()
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("UPDATE delivery SET made = ?", (old,))
    assert told(tmp_path, None, [ops]) == Delivered()
    assert retry(tmp_path, {"ops": ops}) == Delivered()
    assert retry(tmp_path, {"ops": ops}, 2) == Delivered()
    assert retry(tmp_path, {"ops": ops}, 1) == Delivered(sent=1)
    assert retry(tmp_path, {"ops": ops}, 1) == Delivered()


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
            f'[notify.ops]\nkind = "webhook"\nurl = "{server.url}"\nkey_file = "key"\n'
        )
        store = tmp_path / "store"
        told(store, message(), [Told("ops", NotSent("refused"))])
        yield tmp_path, server


def _until(server: Web, requests: int) -> None:
    for _ in range(400):
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
