"""A host that answers nonsense fails by itself: nothing that it says ends the run for the others."""

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playbooks_at_random import PLAIN_TREES, TASKS, Found, grow, playbook
from runs import Hosts, TestHost, play, prepare_run

from remediate.engine import asking
from remediate.engine.asking import Refused, ask
from remediate.engine.locking import HostLock, LockTaken, not_known
from remediate.errors import HostLocked
from remediate.facts.base import Fact, Output
from remediate.facts.commands import CommandLine, CommandOutput
from remediate.facts.digest import Digest
from remediate.facts.domino import AwaitReply, DominoTasks
from remediate.facts.domino_console import Console
from remediate.facts.domino_document import DominoDocument
from remediate.facts.domino_http import WebServer
from remediate.facts.domino_lines import LogLines
from remediate.facts.domino_view import DominoView
from remediate.facts.files import Directory, FileStatus, FileText, Listing, Text
from remediate.facts.http import Endpoint, HttpRequest, HttpResponse
from remediate.facts.links import Links
from remediate.facts.proofs import Numbers, Owners, Status, Sum
from remediate.facts.system import Identity
from remediate.hosts.lock import found
from remediate.hosts.lock_owner import this_process
from remediate.hosts.target import Become

WORDS = [
    *(b"1", b"0", b"-1", b"9" * 5000, "²".encode(), b"\xff", b"\0", b"'", b"\\", b":", b"-", b"=", b"<"),
    *(b">", b" ", b"\n", b"\n\n", b"\t", b"\r\n", b"/a", b"/b", b"ABSENT\n", b"OTHER\n", b"FILE "),
    b"DIRECTORY\n",
    *(b"-rw-r--r-- 1 root root 5 Jan  1 2020 /a\n", b"-rw-r--r-- 1 0 0 5 Jan  1 2020 /a\n"),
    *(b"brw-r--r-- 1 0 0 8, 1 Jan  1 2020 /a\n", b"lrwxrwxrwx 1 0 0 1 Jan  1 2020 /a -> b\n"),
    *(b"4294967295 1 /a\n", b"uid=0(root) gid=0(root)\n", b"AIX", b"11/23/2026 01:02:03 AM  ", b"Load"),
    *(b"<?xml version='1.0'?>", b"<viewentries>", b"</viewentries>", b"<viewentry position='x'>", b'{"a":'),
    *(b"<document unid='A'>", b"<item name='a'>", b"<number>", b"[[", b"]", b"}", b"1e999", b"NaN"),
    *(b"remediate:lock:held ", b"r:9999999999999999:p:b:who 1 2 h", b"remediate:once:", b"remediate:spool:"),
]
DATA = st.lists(st.sampled_from(WORDS) | st.binary(max_size=4), max_size=12).map(b"".join)
STATUS = st.sampled_from([0, 0, 0, 1, 91, 92, 93, 255])
OUTPUTS = st.builds(Output, status=STATUS, stdout=DATA, stderr=DATA)
RESPONSES = st.builds(
    HttpResponse,
    status=st.sampled_from([200, 200, 200, 404, 500]),
    headers=st.sampled_from([(), (("Content-Type", "text/xml; charset=no"),), (("Content-Length", "x"),)]),
    body=DATA,
)

CONSOLE = Console(data="/a", program="/b", log="/a/console.log")
SERVER = WebServer(endpoint=Endpoint(address="127.0.0.1", port=80))
QUESTIONS: list[Fact[object]] = [
    *(Text("/a"), FileStatus("/a"), Directory("/a"), Listing("/a"), Links(("/a", "/b")), Identity()),
    *(Text("/b"), FileStatus("/b"), Status("/a"), Numbers("/a", Owners(((0, "root"),), ((0, "root"),)))),
    *(Sum("/a", FileText(kind="file", checksum=1, size=1)), Digest(path="/a", size=1, cksum=1)),
    *(CommandOutput(CommandLine(argv=("true",))), DominoTasks(console=CONSOLE)),
    LogLines(console=CONSOLE, contains=("x",)),
    AwaitReply(console=CONSOLE, command="x", offset=0, success="x", failure=None),
    LockTaken(name="n", owner=this_process(host="h", run="r", now=1, seconds=1), now=1),
    DominoView(server=SERVER, database="a.nsf", view="v"),
    DominoView(server=SERVER, database="a.nsf", view="v", format="json"),
    DominoDocument(server=SERVER, database="a.nsf", unid="A" * 32),
]


class Babbler(TestHost):
    """A host that says one of these things after the other, whatever it is asked, and then begins anew."""

    def __init__(self, name: str, outputs: Sequence[Output], responses: Sequence[HttpResponse] = ()) -> None:
        super().__init__(name)
        self._outputs = cycle(outputs)
        self._responses = cycle(responses)

    def ask(self, scripts: Sequence[str], *, become: Become | None = None, deadline: float) -> list[Output]:
        return [next(self._outputs) for _ in scripts]

    def fetch(self, request: HttpRequest, *, deadline: float) -> HttpResponse:
        return next(self._responses)


class Bending(TestHost):
    """A host on which all is done, but of what is said of it some is bent."""

    def __init__(self, name: str, chance: random.Random) -> None:
        super().__init__(name)
        self._chance = chance

    def ask(self, scripts: Sequence[str], *, become: Become | None = None, deadline: float) -> list[Output]:
        outputs = super().ask(scripts, become=become, deadline=deadline)
        return [self._bent(each) if self._chance.random() < 0.3 else each for each in outputs]

    def _bent(self, output: Output) -> Output:
        data = output.stdout
        lines, words = data.split(b"\n"), data.split(b" ")
        self._chance.shuffle(lines)
        words[self._chance.randrange(len(words))] = self._chance.choice(WORDS)
        bent = (data[: len(data) // 2], data + data, b"\n".join(lines), b" ".join(words))
        status = self._chance.choice([output.status, output.status, 0, 1, 91, 92, 93])
        return replace(output, status=status, stdout=self._chance.choice(bent))


class Clock:
    """A time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self._now = time.monotonic()

    def monotonic(self) -> float:
        self._now += 0.1
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds + 10


@settings(max_examples=150)
@given(
    facts=st.lists(st.sampled_from(QUESTIONS), min_size=1, max_size=4, unique_by=id),
    outputs=st.lists(OUTPUTS, min_size=1, max_size=5),
    responses=st.lists(RESPONSES, min_size=1, max_size=3),
)
def test_each_question_has_an_answer_or_a_refusal(
    facts: list[Fact[object]], outputs: list[Output], responses: list[HttpResponse]
) -> None:
    """Whatever comes back of it."""
    with mock.patch.object(asking, "time", Clock()):
        answers = ask(Babbler("two", outputs, responses), facts, None)
    assert answers.keys() == {*facts}
    assert all(not isinstance(each, Refused) or str(each.error) for each in answers.values())


SIMPLE = """
- {name: line, lineinfile: {path: /a, line: x}, ignore_errors: true}
- {name: stat, stat: {path: /a}, register: found, ignore_errors: true}
- {name: file, file: {path: /b, state: directory, mode: "0750"}, ignore_errors: true}
- {name: copy, copy: {dest: /a, content: x, backup: true}, ignore_errors: true}
- {name: command, command: {cmd: "true"}, ignore_errors: true}
- {name: read, slurp: {path: /a}, ignore_errors: true}
- {name: end, assert: {that: found is defined}}
"""


@pytest.mark.parametrize("dry_run", [False, True])
@settings(max_examples=20)
@given(outputs=st.lists(OUTPUTS, min_size=1, max_size=12))
def test_a_run_goes_on_without_it(
    dry_run: bool, outputs: list[Output], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Its tasks fail, or it is out; another host is done with all of them."""
    folder = tmp_path_factory.mktemp("run")
    tasks = SIMPLE.replace("/a", f"{folder}/root/a").replace("/b", f"{folder}/root/b")
    (folder / "root").mkdir()
    (folder / "root" / "a").write_text("a\n")
    hosts = Hosts(two=Babbler("two", outputs))
    run, ran = prepare_run(folder, play(tasks), hosts=hosts, inventory="one,two,", dry_run=dry_run, forks=1)
    with mock.patch.object(asking, "time", Clock()):
        run.perform()
    assert ran.outcomes()["one"] == "done"
    assert [each.message for each in ran.tasks if each.host == "one" and each.status == "failed"] == []


@settings(max_examples=40)
@given(
    tasks=st.lists(TASKS, min_size=1, max_size=4),
    tree=PLAIN_TREES,
    chance=st.randoms(use_true_random=True),
    dry_run=st.booleans(),
)
def test_no_run_breaks_over_what_is_bent(
    tasks: list[Any],
    tree: dict[str, Found],
    chance: random.Random,
    dry_run: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Whatever is to be done, and whatever of it is told wrongly: there is an end, and it is one of ours."""
    folder = tmp_path_factory.mktemp("run")
    grow(folder, tree)
    hosts = Hosts(one=Bending("one", chance))
    run, _ = prepare_run(folder, playbook(tasks), hosts=hosts, dry_run=dry_run)
    run.identity = None if dry_run else f"bent{chance.random()}"
    with mock.patch.object(asking, "time", Clock()):
        recap = run.perform()
    assert recap.hosts.keys() == {"one"}


@given(pid=st.integers(0), since=st.integers(0), expires=st.integers(0))
def test_whoever_has_a_lock_can_be_told_of(pid: int, since: int, expires: int) -> None:
    """Every user of a host can write there who has it: also numbers that no process and no time has."""
    own = this_process(host="one", run="r", now=1, seconds=1)
    line = replace(own, pid=pid, since=since, expires=expires).line()
    output = Output(status=93, stdout=f"remediate:lock:held {line}\n".encode())
    lock = HostLock("one", None, "r2", not_known)
    host = mock.Mock(ask=lambda scripts, **_: [output] * len(scripts))
    with pytest.raises(HostLocked):
        lock.settle(host, found(output), None)
