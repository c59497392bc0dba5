"""The proof that the history is whole: every record is as it was written, and none is missing."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from remediate.store.chain import BEGINNING, link
from remediate.store.journal import CONTENT
from remediate.store.seals import RUNS, seal_of
from remediate.store.writer import digest

PRUNED = "pruned"
"""What a run's head has if it took others out of the history: by their numbers, what followed from them."""

_Seals = Mapping[int, tuple[int, str]]


def first_wrong(database: sqlite3.Connection, key: bytes) -> str:
    """What is not as it was written, in a sentence; empty if all is. `key` is the one of the seals."""
    heads = {number: json.loads(head) for number, head in database.execute("SELECT number, head FROM run")}
    pruned = {int(number): left for head in heads.values() for number, left in head.get(PRUNED, {}).items()}
    seals = {run: (seq, found) for run, seq, found in database.execute("SELECT run, seq, sum FROM seal")}
    wrong = (*_wrong_runs(database, key, pruned, seals), *_wrong_plans(database, heads, pruned))
    return wrong[0] if wrong else ""


def _wrong_runs(
    database: sqlite3.Connection, key: bytes, pruned: Mapping[int, Any], seals: _Seals
) -> Iterator[str]:
    last, end = 0, BEGINNING
    for number, head, before, begun in database.execute("SELECT * FROM run ORDER BY number").fetchall():
        for missing in range(last + 1, number):
            if missing not in pruned:
                yield f"run {missing} is missing, and no run has pruned it"
                return
            end = pruned[missing]["sum"]
        if before != end or begun != link(before, head):
            yield f"run {number} is not as it was written, or something before it is missing"
            return
        yield from _wrong_records(database, key, number, begun, seals)
        yield from _wrong_content(database, number, json.loads(head))
        last, end = number, begun
    if seals.get(RUNS) != ((last, seal_of(key, RUNS, last, end)) if last else None):
        yield "runs are missing at the end of the history, or it was sealed with another key"


def _wrong_records(
    database: sqlite3.Connection, key: bytes, run: int, begun: str, seals: _Seals
) -> Iterator[str]:
    seq, end = 0, begun
    query = "SELECT seq, time, kind, host, body, sum FROM record WHERE run = ? ORDER BY seq"
    for number, time, kind, host, body, found in database.execute(query, (run,)):
        seq, end = seq + 1, link(end, str(number), time, kind, host, body)
        if (number, found) != (seq, end):
            yield f"run {run}, record {seq} is not as it was written, or is missing"
            return
    if seals.get(run) != (seq, seal_of(key, run, seq, end)):
        yield f"records are missing at the end of run {run}, or it was sealed with another key"


def _wrong_content(database: sqlite3.Connection, run: int, head: Mapping[str, Any]) -> Iterator[str]:
    """What a run is made of, against its head, or the last record that says that it was more by then."""
    query = "SELECT body FROM record WHERE run = ? AND kind = ? ORDER BY seq"
    later = [json.loads(body)[CONTENT] for (body,) in database.execute(query, (run, CONTENT))]
    expected = [head.get(CONTENT), *later][-1]
    found = [digest(body) for (body,) in database.execute("SELECT body FROM content WHERE run = ?", (run,))]
    if found != ([] if expected is None else [expected]):
        yield f"what run {run} is made of is not as it was written"


def _wrong_plans(
    database: sqlite3.Connection, heads: Mapping[int, Any], pruned: Mapping[int, Any]
) -> Iterator[str]:
    """Which plans were applied follows from the runs; where it does not, one could be applied twice."""
    expected = {run["plan"]: number for number, run in [*heads.items(), *pruned.items()] if "plan" in run}
    found = dict(database.execute("SELECT plan, run FROM applied"))
    for plan in sorted({plan for plan, _ in expected.items() ^ found.items()}):
        yield f"that plan {plan} was applied, and by which run, is not as it was written"
