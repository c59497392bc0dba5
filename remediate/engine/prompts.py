"""Where hosts that need a person wait for each other, so that one question is asked for all of them."""

import threading
from collections.abc import Callable
from dataclasses import field
from typing import Literal, Protocol

from remediate.records import dataclass

Verdict = Literal["done", "nobody", "left", "stopped"]
"""The person said go on; nobody is at the terminal; whoever is has ended the input; the run was stopped."""


class Operator(Protocol):
    """The person at the terminal, if there is one."""

    @property
    def present(self) -> bool:
        """Whether there is a terminal."""

    def read(self, invitation: str, stopped: Callable[[], bool]) -> str | None:
        """A line that the person types; None at the end of input, or when the run is `stopped`."""


@dataclass(kw_only=True)
class Question:
    """What a person is to do, the word that says that it is done, and the hosts that wait for it."""

    prompt: str
    word: str | None
    hosts: list[str] = field(default_factory=list)
    verdict: Verdict | None = None

    def ask(self, operator: Operator, stopped: Callable[[], bool]) -> Verdict:
        """Have the person type, again and again until it is the word; without one, Enter is enough."""
        again = ""
        while not stopped():
            said = operator.read(again + self._invitation(), stopped)
            if said is None:
                break
            if self.word is None or said.strip().lower() == self.word.lower():
                return "done"
            again = f"that is not '{self.word}'; "
        return "stopped" if stopped() else "left"

    def _invitation(self) -> str:
        if self.word is None:
            return "press Enter when it is done: "
        return f"type '{self.word}' when it is done: "


class Prompts:
    """The pauses of a batch of hosts.

    A question is put when every host of the batch that is under way waits for one: so each is shown once for
    all hosts that come to it. If there are fewer workers than hosts, hosts that begin later are asked anew.
    """

    def __init__(self, put: Callable[[Question], None], *, hosts: int, workers: int) -> None:
        """Make it.

        Args:
            put: is given each question; whoever gets it calls `answer`. Called in a host's thread.
            hosts: how many there are in the batch.
            workers: how many of them can be under way or waiting at the same time.
        """
        self._put = put
        self._workers = workers
        self._to_come = hosts
        self._under_way = 0
        self._waiting: list[Question] = []
        self._asked: Question | None = None
        self._closed = False
        self._changed = threading.Condition()

    def begin(self) -> None:
        """A host is under way."""
        with self._changed:
            self._to_come -= 1
            self._under_way += 1

    def end(self) -> None:
        """A host is through."""
        with self._changed:
            self._under_way -= 1
            self._put_next()

    def wait(self, host: str, prompt: str, word: str | None) -> Verdict:
        """Wait until a person has answered for this host."""
        with self._changed:
            question = next((one for one in self._waiting if (one.prompt, one.word) == (prompt, word)), None)
            if question is None:
                question = Question(prompt=prompt, word=word)
                self._waiting.append(question)
            question.hosts.append(host)
            self._under_way -= 1
            self._put_next()
            self._changed.wait_for(lambda: question.verdict is not None or self._closed)
            return question.verdict or "stopped"

    def answer(self, question: Question, verdict: Verdict) -> None:
        """Let the hosts of a question go on."""
        with self._changed:
            question.verdict = verdict
            self._asked = None
            self._under_way += len(question.hosts)
            self._changed.notify_all()

    def close(self) -> None:
        """Nobody will answer any more: let every host go on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _put_next(self) -> None:
        workers_left = self._to_come and sum(len(one.hosts) for one in self._waiting) < self._workers
        if self._waiting and not (self._under_way or self._asked or workers_left):
            self._asked = self._waiting.pop(0)
            self._asked.hosts.sort()
            self._put(self._asked)
