"""Plans for tests: small ones, any ones, and large ones."""

import typing
from collections.abc import Mapping
from dataclasses import fields
from types import UnionType
from typing import Any

from hypothesis import strategies as st

from remediate.review.plan import Content, Plan, PlannedEffect, PlannedHost, PlannedTask, SeenFact
from remediate.sealing import SealedSecret

TEXTS = st.text(st.characters(exclude_categories=()), max_size=6) | st.sampled_from(
    [
        "=",
        "==",
        "=0",
        "=1",
        "\r\n\x0b\u2028",
        "\udcff",
        "\ud800\udc00",
        "a text that is long enough",
        '"',
        "approval ",
    ]
)
VALUES = st.recursive(
    st.one_of(TEXTS, st.integers(), st.booleans(), st.none(), st.floats(allow_nan=False), st.dates()),
    lambda each: (
        st.lists(each, max_size=3)
        | st.lists(each, max_size=3).map(tuple)
        | st.dictionaries(TEXTS | st.integers(), each, max_size=3)
    ),
    max_leaves=5,
)


def of_type(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of the type of a plan's field."""
    origin, words = typing.get_origin(kind), typing.get_args(kind)
    if kind in (str, bool, int):
        return {str: TEXTS, bool: st.booleans(), int: st.integers(0, 9)}[kind]
    if origin is typing.Literal:
        return st.sampled_from(words)
    if origin is UnionType:
        return st.one_of(st.none(), of_type(words[0]))
    if origin is Mapping:
        return st.dictionaries(TEXTS, VALUES if words[1] is Any else of_type(words[1]), max_size=3)
    if origin is tuple and words[-1] is ...:
        return st.lists(of_type(words[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(of_type, words))
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{each.name: of_type(hints[each.name]) for each in fields(kind)})


def small_plan(**changes: Any) -> Plan:
    """A plan of one host and two tasks."""
    effect = PlannedEffect(summary="write /etc/motd", diff="+hello\n", digest="0" * 64, no_undo="it is sent")
    fact = SeenFact(about="the text of /etc/motd", question="2" * 64, user="", digest="1" * 64, text="old")
    tasks = (
        PlannedTask(
            step=(0, 0),
            play="one",
            task="greet",
            module="copy",
            place="site.yaml:4:5",
            status="changed",
            certainty="known",
            effects=(effect,),
            facts=(fact,),
        ),
        PlannedTask(
            step=(0, 1), play="one", task="look", module="stat", place="", status="ok", certainty="known"
        ),
    )
    given: dict[str, Any] = {
        "tool": "0.1.0",
        "made": "2026-01-02T03:04:05Z",
        "planner": "ann@office",
        "inventories": ("hosts.yaml",),
        "nonce": "0123456789abcdef",
        "secrets": (SealedSecret(name="p", digest="2" * 64),),
        "content": Content(playbooks=("site.yaml",), files={"site.yaml": "- hosts: all\n"}),
        "hosts": (PlannedHost(name="a", outcome="done", tasks=tasks),),
    }
    return Plan(**given | changes)


def large_plan(hosts: int, tasks: int, *, alike: bool) -> Plan:
    """A plan for many hosts, with the same diffs on all of them, or with others on each."""

    def task(host: int, number: int) -> PlannedTask:
        own = 0 if alike else host
        lines = "".join(
            f"-line {each} of task {number}\n+line {own} of task {number}\n" for each in range(10)
        )
        effect = PlannedEffect(
            summary=f"write /etc/file-{number}",
            diff=f"--- /etc/file-{number}\n+++ /etc/file-{number}\n{lines}",
            digest=f"{own * 1000 + number:064x}",
        )
        facts = tuple(
            SeenFact(
                about=f"{what} of /etc/file-{number}",
                question=f"{number + at:064x}",
                user="root",
                digest=f"{own * 1000 + number + at:064x}",
            )
            for at, what in enumerate(("the text", "owner and mode"))
        )
        return PlannedTask(
            step=(0, number),
            play="a play",
            task=f"task number {number}",
            module="copy",
            place=f"site.yaml:{number}:5",
            status="changed",
            certainty="known",
            effects=(effect,),
            facts=facts,
        )

    return small_plan(
        content=Content(
            playbooks=("site.yaml",),
            files={"site.yaml": "- hosts: all\n" * 500},
            inventory={
                f"host-{host}": {"address": f"10.0.{host}", "site": "a site"} for host in range(hosts)
            },
        ),
        hosts=tuple(
            PlannedHost(
                name=f"host-{host}",
                outcome="done",
                tasks=tuple(task(host, number) for number in range(tasks)),
            )
            for host in range(hosts)
        ),
    )
