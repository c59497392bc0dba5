"""Lost connections as the engine sees them: what is asked, sent or collected again, and what never is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from local_host import LocalHost
from runs import Hosts, Ran, TestHost, play

from remediate.answers import Answer, Known
from remediate.effects.base import Effect, Guard
from remediate.effects.console import ConsoleCommand
from remediate.effects.console_task import ConsoleTask
from remediate.effects.run import Run
from remediate.effects.write import WriteFile
from remediate.engine.state import HostState
from remediate.errors import ConnectionLost, Drifted, ShellEnded, TaskFailed
from remediate.facts.base import Fact, Output
from remediate.facts.commands import CommandLine
from remediate.facts.files import FileText, Text
from remediate.facts.http import Endpoint, HttpRequest, HttpResponse
from remediate.hosts.spool import Spool
from remediate.hosts.target import Become

Runner = Callable[..., Ran]


class BreakingHost(LocalHost):
    """A host whose connection breaks before or after it has done what it is asked, as `plan` says."""

    def __init__(self, plan: Sequence[str] = (), error: Exception | None = None) -> None:
        super().__init__()
        self.plan = list(plan)
        self.error = error or ConnectionLost("the connection was lost")
        self.asked: list[Sequence[str]] = []

    def ask(self, scripts: Sequence[str], *, become: Become | None = None, deadline: float) -> list[Output]:
        self.asked.append(scripts)
        breaks = self.plan.pop(0) if self.plan else ""
        if breaks == "before":
            raise self.error
        outputs = super().ask(scripts, become=become, deadline=deadline)
        if breaks == "after":
            raise self.error
        return outputs


def state_of(host: LocalHost, folder: Path) -> HostState:
    """The state of a host with a spool in `folder`."""
    return HostState(host=host, dry_run=False, spool=Spool(run="r1", directory=str(folder)))


def appending(folder: Path) -> Run:
    """A command that shows how often it was run."""
    words = ("sh", "-c", f"echo x >>'{folder}/ran'; echo done")
    return Run(command=CommandLine(argv=words), deadline=20)


def writing(path: Path, before: str | None, after: str) -> WriteFile:
    """An order to write a file."""
    was = FileText(kind="absent") if before is None else FileText.holding(before)
    return WriteFile(path=str(path), before=was, after=after)


def test_what_must_not_be_done_twice_is_known() -> None:
    """Commands, wherever they go; not what is guarded."""
    assert (Run.once, ConsoleCommand.once, ConsoleTask.once, WriteFile.once) == (True, True, True, False)


@pytest.mark.parametrize("plan", [["before"], ["after"], ["before", "after", "after"]])
def test_a_claimed_command_is_sent_again_and_collected(plan: list[str], tmp_path: Path) -> None:
    """However often the connection breaks, it runs once, and its output is there."""
    host = BreakingHost(plan)
    done = state_of(host, tmp_path).carry_out(appending(tmp_path), None, "0.1")
    assert (done["rc"], done["stdout"]) == (0, "done")
    assert (tmp_path / "ran").read_text() == "x\n"
    assert len(host.asked) == len(plan) + 1


def test_a_shell_that_ended_is_no_end_of_a_claimed_command(tmp_path: Path) -> None:
    """Who kills the shell that waits for it has not killed the command."""
    host = BreakingHost(["after"], ShellEnded("the shell ended"))
    assert state_of(host, tmp_path).carry_out(appending(tmp_path), None, "0.1")["stdout"] == "done"
    assert (tmp_path / "ran").read_text() == "x\n"


def test_a_user_who_cannot_be_become_is_not_tried_again(tmp_path: Path) -> None:
    """Any other failure is final: refused passwords lock accounts."""
    host = BreakingHost(["before"], TaskFailed("the password was not accepted"))
    with pytest.raises(TaskFailed, match="password"):
        state_of(host, tmp_path).carry_out(appending(tmp_path), None, "0.1")
    assert len(host.asked) == 1


@pytest.mark.parametrize("claims", [False, True])
def test_without_a_claim_a_command_is_never_sent_again(claims: bool, tmp_path: Path) -> None:
    """No key, or no spool: whether it ran is not known, and so it is told."""
    host = BreakingHost(["after"])
    state = state_of(host, tmp_path) if claims else HostState(host=host, dry_run=False)
    with pytest.raises(ConnectionLost):
        state.carry_out(appending(tmp_path), None, None if claims else "0.1")
    assert len(host.asked) == 1
    assert (tmp_path / "ran").read_text() == "x\n"


def test_a_guarded_change_that_was_made_is_not_made_again(tmp_path: Path) -> None:
    """What it foretold is asked again, and found: it is done."""
    host = BreakingHost()
    state, path = state_of(host, tmp_path), tmp_path / "file"
    state.ask([Text(str(path))], None)
    host.plan, before = ["after"], len(host.asked)
    assert state.carry_out(writing(path, None, "new\n"), None, "0.1") == {}
    assert path.read_text() == "new\n"
    assert [len(scripts) for scripts in host.asked[before:]] == [2, 1]


def test_a_guarded_change_that_was_not_made_is_sent_again(tmp_path: Path) -> None:
    """Also if the connection breaks once more over the question whether it was."""
    host = BreakingHost()
    state, path = state_of(host, tmp_path), tmp_path / "file"
    state.ask([Text(str(path))], None)
    host.plan, before = ["before", "before"], len(host.asked)
    assert state.carry_out(writing(path, None, "new\n"), None, "0.1") == {}
    assert path.read_text() == "new\n"
    assert [len(scripts) for scripts in host.asked[before:]] == [2, 1, 1, 2]


def test_a_guarded_change_that_nothing_tells_of_is_refused_by_its_guard(tmp_path: Path) -> None:
    """Where nothing was asked before, nobody can say whether it was this run that did it."""
    path = tmp_path / "file"
    with pytest.raises(Drifted, match="it has appeared"):
        state_of(BreakingHost(["after"]), tmp_path).carry_out(writing(path, None, "new\n"), None, "0.1")
    assert path.read_text() == "new\n"


def test_what_somebody_else_did_meanwhile_stays(tmp_path: Path) -> None:
    """On the new connection the file is neither as before nor as foretold."""
    host, path = BreakingHost(), tmp_path / "file"
    path.write_text("old\n")
    state = state_of(host, tmp_path)
    state.ask([Text(str(path))], None)
    host.plan = ["before"]
    path.write_text("theirs\n")
    with pytest.raises(Drifted, match="has changed"):
        state.carry_out(writing(path, "old\n", "new\n"), None, "0.1")
    assert path.read_text() == "theirs\n"


@dataclass(frozen=True, kw_only=True)
class Store(Effect):
    """An HTTP request that gives a file its content; it is as safe to send as its guard says."""

    path: str
    before: str
    after: str
    guarded: bool = True

    def summary(self) -> str:
        return f"store {self.path}"

    def guards(self) -> tuple[Guard, ...]:
        held = Guard(fact=Text(self.path), answer=FileText.holding(self.before), what="the file")
        return (held,) if self.guarded else ()

    def script(self) -> HttpRequest:
        return HttpRequest(endpoint=Endpoint(address="127.0.0.1", port=1), path=self.path)

    def judge_response(self, response: HttpResponse) -> dict[str, Any]:
        return {"status": response.status}

    def touches(self) -> frozenset[str]:
        return frozenset({self.path})

    def foretell(self, fact: Fact[Any], answer: Answer) -> Answer:
        if isinstance(fact, Text) and fact.path == self.path:
            return Known(FileText.holding(self.after))
        return super().foretell(fact, answer)


class StoringHost(BreakingHost):
    """A host with an HTTP server, to which the connection breaks as `fetches` says in turn."""

    def __init__(self, *fetches: str, content: str = "new\n") -> None:
        super().__init__()
        self.fetches = list(fetches)
        self.content = content

    def fetch(self, request: HttpRequest, *, deadline: float) -> HttpResponse:
        self.requests.append(request.path)
        breaks = self.fetches.pop(0) if self.fetches else ""
        if breaks != "before":
            Path(request.path).write_text(self.content)
        if breaks:
            raise ConnectionLost("the connection was lost")
        return HttpResponse(status=200)


@pytest.mark.parametrize(("breaks", "sent", "done"), [("after", 1, {}), ("before", 2, {"status": 200})])
def test_a_request_is_looked_at_before_it_is_sent_again(
    breaks: str, sent: int, done: dict[str, Any], tmp_path: Path
) -> None:
    """If the answers are as foretold it was done; else its guards are asked, and it is sent again."""
    (tmp_path / "file").write_text("old\n")
    host = StoringHost(breaks)
    effect = Store(path=f"{tmp_path}/file", before="old\n", after="new\n")
    assert state_of(host, tmp_path).carry_out(effect, None, "0.1") == done
    assert len(host.requests) == sent
    assert (tmp_path / "file").read_text() == "new\n"


def test_a_request_whose_guard_does_not_hold_any_more_is_not_sent_again(tmp_path: Path) -> None:
    """Something else happened meanwhile: neither as before nor as foretold."""
    (tmp_path / "file").write_text("old\n")
    host = StoringHost("after", content="theirs\n")
    effect = Store(path=f"{tmp_path}/file", before="old\n", after="new\n")
    with pytest.raises(Drifted, match="the file has changed"):
        state_of(host, tmp_path).carry_out(effect, None, "0.1")
    assert len(host.requests) == 1


def test_a_request_without_guard_or_proof_is_not_sent_again(tmp_path: Path) -> None:
    """Nothing would tell that it was done, and nothing would keep it from being done twice."""
    host = StoringHost("after")
    effect = Store(path=f"{tmp_path}/file", before="", after="new\n", guarded=False)
    with pytest.raises(ConnectionLost):
        state_of(host, tmp_path).carry_out(effect, None, "0.1")
    assert len(host.requests) == 1


def test_a_question_is_put_again(run: Runner, root: Path) -> None:
    """Nothing can be done twice by asking twice; and a break costs no task."""

    def breaking(times: int) -> TestHost:
        def cut(_scripts: Sequence[str]) -> None:
            if len(cuts) < times:
                cuts.append(1)
                raise ConnectionLost("the connection was lost")

        cuts: list[int] = []
        return TestHost("one", before=cut)

    tasks = play('- {name: look, stat: {path: "{{ root }}/a"}}')
    assert run(tasks, hosts=Hosts(one=breaking(1))).status("look") == "ok"
    assert run(tasks, hosts=Hosts(one=breaking(3))).status("look") == "ok"


def test_a_question_on_a_connection_that_breaks_for_ever_ends(
    run: Runner, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its deadline the host is given up, and not asked without a pause until then."""
    monkeypatch.setattr(Fact, "deadline", 3.0)
    tried: list[int] = []

    def cut(_scripts: Sequence[str]) -> None:
        tried.append(1)
        raise ConnectionLost("the connection was lost")

    tasks = play('- {name: look, stat: {path: "{{ root }}/a"}}')
    assert run(tasks, hosts=Hosts(one=TestHost("one", before=cut))).status("look") == "unreachable"
    assert len(tried) < 10  # twice, with pauses of a half, one, two seconds and so on


@pytest.mark.parametrize("plan", [(), ("", "after")], ids=["calm", "lost"])
def test_what_was_stuck_on_its_way_does_not_begin_after_the_host_was_left(
    tmp_path: Path, plan: Sequence[str]
) -> None:
    """A connection may have fallen silent with a command in it, and let it through when all is cleaned up."""
    host = BreakingHost(plan)
    state = state_of(host, tmp_path)
    effect = appending(tmp_path)
    state.prepare_claim(effect, None)
    state.carry_out(effect, None, "0.0.0.1.0")
    sent = [scripts for scripts in host.asked if f"{tmp_path}/ran" in scripts[0]]
    state.leave()
    assert len(sent) == (2 if plan else 1)
    for scripts in sent:
        assert host.ask(scripts, deadline=20)[0].status != 0
    assert (tmp_path / "ran").read_text() == "x\n"
