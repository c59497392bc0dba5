"""The journal of a run in the store, where people find nothing that they may not see."""

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from remediate.canonical import canonical, storable
from remediate.derived import Derived
from remediate.errors import TaskFailed, UsageError
from remediate.sealing import Sealer
from remediate.secrecy import Redactor
from remediate.store.journal import CONTENT, INTENT, LEFT, OUTCOME, OWN, RESUMED, THROUGH, Intent
from remediate.store.writer import RunWriter, digest

_NOTHING = Redactor(())
_WHO = ("began", "user", "machine", "version")
"""What of a head tells who goes on with a run."""
_PLACES = frozenset({"playbooks", "packages"})
"""What of the content is found again by its path, before anything is opened."""


class StoreJournal:
    """The journal of one run, in the store."""

    def __init__(
        self,
        directory: Path,
        head: Mapping[str, Any],
        content: Callable[[], Mapping[str, Any]] = dict,
        *,
        redactor: Redactor,
        sealer: Sealer,
        typed: Redactor = _NOTHING,
        derived: Derived | None = None,
        resumed: int = 0,
    ) -> None:
        """Begin a run in the store in `directory`; `head` says who runs what, where.

        `content` is asked for what the run is made of, as JSON: now, and before the first change, as
        more has been read by then. `resumed` is the number of a run that goes on; 0 for a new one.

        What people read has its secrets taken out by `redactor`; what is to be used again, by `sealer`, but
        for the passwords that a person has typed: nothing could open these again, and `typed` takes them out.
        What a task hides, or what holds something that is `derived` of secrets, is locked as a whole.

        Raises:
            UsageError, TaskFailed: if the store cannot be used; nothing is sent without it.
        """
        self._redactor = redactor
        self._sealer = sealer
        self._typed = typed
        self._derived = derived or Derived()
        self._content = content
        self._kept = "" if resumed else self._made_of()
        self._changing = threading.Lock()
        about = redactor.redact_record(head, OWN)
        self._writer = RunWriter(directory, about, self._kept, resumed=resumed)
        self._hosts: dict[int, str] = {}
        if resumed:
            self._tell_resumed({name: about[name] for name in _WHO if name in about})

    def _tell_resumed(self, who: Mapping[str, Any]) -> None:
        try:
            self._writer.add(RESUMED, "", who, awaited=True)
        except TaskFailed:
            self._writer.close()
            raise

    def _made_of(self) -> str:
        content = self._content()
        if self._sealer.touches(canonical(content)):
            content = {
                name: each if name in _PLACES else self._sealer.seal_all(each)
                for name, each in content.items()
            }
        return storable(content)

    def _keep_content(self) -> None:
        """Keep what has been read since the run began; a run that goes on has it already."""
        with self._changing:
            if self._kept and (now := self._made_of()) != self._kept:
                self._writer.add(CONTENT, "", {"content": digest(now)}, awaited=False, content=now)
            self._kept = ""

    @property
    def run(self) -> int:
        """The run's number in the store."""
        return self._writer.number

    @property
    def problem(self) -> str:
        """Why not everything could be written; empty if it was."""
        return self._writer.problem

    def intend(self, intents: Sequence[Intent]) -> list[int]:
        """See Journal."""
        self._keep_content()
        # They go to the disk in their order: when the last one is there, all are.
        return [self._intend(each, awaited=each is intents[-1]) for each in intents]

    def _intend(self, intent: Intent, *, awaited: bool) -> int:
        shown = {"task": intent.task, "change": intent.change}
        rest = {
            "address": intent.address,
            **({"undoes": intent.undoes} if intent.undoes else {}),
            **({"claimed": list(intent.claimed)} if intent.claimed is not None else {}),
        }
        text = "" if intent.secret else self._as_it_is({**shown, "undo": intent.undo, **rest})
        body = text or {**self._redactor.redact_record(shown, OWN), "undo": self._undo(intent), **rest}
        number = self._writer.add(INTENT, intent.host, body, awaited=awaited)
        self._hosts[number] = intent.host
        return number

    def _undo(self, intent: Intent) -> Any:
        return self._shut(intent.undo, secret=intent.secret or self._holds_typed(intent.undo))

    def _as_it_is(self, body: Mapping[str, Any]) -> str:
        """The text of a record in which there is nothing to hide; empty if there may be.

        That is so for nearly all records, and written is quicker than looked through: so it is the text that
        is looked through.
        """
        try:
            text = canonical(body)
        except TypeError:  # of no kind that JSON has: for those who look at each value
            return ""
        if not _is_utf8(text):
            return ""
        hiding = (self._redactor, self._sealer, self._typed, self._derived)
        return "" if any(each.touches(text) for each in hiding) else text

    def _holds_typed(self, kept: Mapping[str, Any]) -> bool:
        return self._without_typed(kept) != kept

    def _without_typed(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._typed.mask_all(each) for name, each in kept.items()}

    def _shut(self, kept: Mapping[str, Any], *, secret: bool = False) -> Any:
        found = self._derived.inside(kept)
        if not found and not secret:
            with contextlib.suppress(UsageError):  # a secret is in it that is no variable's value
                return {name: self._sealer.seal_all(each) for name, each in kept.items()}
        return self._sealer.lock_all(kept, found)

    def conclude(self, intent: int, outcome: str, host: str = "") -> None:
        """See Journal."""
        body = {"intent": intent, "outcome": outcome}
        self._writer.add(OUTCOME, self._hosts.get(intent, host), body, awaited=False)

    def tell(
        self, kind: str, host: str, body: Mapping[str, Any], kept: Mapping[str, Any] | None = None
    ) -> None:
        """Keep what an observer of the run has to tell; nobody waits for it.

        `body` is for people; `kept` is for whoever goes on with the run.
        """
        text = self._as_it_is(body if kept is None else {**body, "kept": kept})
        self._writer.add(kind, host, text or self._hidden(body, kept), awaited=False)

    def _hidden(self, body: Mapping[str, Any], kept: Mapping[str, Any] | None) -> Mapping[str, Any]:
        told = self._redactor.redact_record(body, OWN)
        if kept is not None:
            step = {"step": kept["step"]} if "step" in kept else {}  # who looks at the history needs it
            told["kept"] = {**self._shut(self._without_typed(kept)), **step}
        return told

    def through(self, host: str) -> None:
        """See Journal."""
        self._writer.add(THROUGH, host, {}, awaited=True)

    def left(self, host: str) -> None:
        """See Journal."""
        self._writer.add(LEFT, host, {}, awaited=False)

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()


def _is_utf8(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate: a byte of a host that is none
        return False
    return True
