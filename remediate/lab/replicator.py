"""The replicator: `replicate`, `pull` and `push` of `smd/smconf.nsf`, queued while it is busy."""

import re
from collections.abc import Sequence

from remediate.lab import texts
from remediate.lab.exchange import Deed, Exchange, Replicate, Said, Surroundings
from remediate.lab.loglines import Line

DATABASE = "smd/smconf.nsf"
_TASK = "Replica"
_WORDS = re.compile(r'"([^"]*)"|(\S+)')


def replicate(exchange: Exchange, around: Surroundings) -> tuple[Said, ...]:
    """Exchange documents with another server: at once the request, the rest by the replicator itself."""
    verb, server, database = _arguments(exchange.words)
    name = server.partition("/")[0]
    if name not in around.neighbours or server not in {name, f"{name}/Lab"}:
        return (exchange.say(Line(task=_TASK, text=texts.NO_SUCH_SERVER.format(server=server))),)
    if database.lower() != DATABASE:
        text = texts.NO_SUCH_DATABASE.format(database=database, server=server)
        return (exchange.say(Line(task=_TASK, text=text)),)
    said = [_said(exchange, 0.3, texts.REPLICATION_QUEUED.format(server=server))]
    said.append(_said(exchange, 0.6, texts.REPLICATION_STARTED.format(server=server, database=database)))
    mine, theirs = exchange.server.name, name
    deeds = {
        "pull": (Replicate(theirs, mine),),
        "push": (Replicate(mine, theirs),),
        "replicate": (Replicate(theirs, mine), Replicate(mine, theirs)),
    }[verb]
    done = texts.REPLICATION_DONE.format(server=server, database=database, changes="{changes}")
    said += [_said(exchange, 0.3, done if deed is deeds[-1] else "", deed) for deed in deeds]
    return tuple(said)


def _said(exchange: Exchange, slowest: float, text: str, deed: Deed | None = None) -> Said:
    lines = (Line(task=_TASK, text=text),) if text else ()
    after = exchange.rng.uniform(slowest / 4, slowest)
    return Said(after=after, lines=lines, state=None, deed=deed, lane=_TASK)


def _arguments(words: Sequence[str]) -> tuple[str, str, str]:
    """The verb in full, the other server, the database; empty where it was not said."""
    verb, *rest = ["".join(found) for found in _WORDS.findall(" ".join(words))]
    verb = next((full for full in ("pull", "push") if full.startswith(verb.lower())), "replicate")
    server, database, *_ = (*rest, "", "")
    return verb, server, database
