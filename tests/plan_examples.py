"""Plans to look at: a small one that has something of everything, and fleets of any size."""

from collections.abc import Iterable
from typing import Any

from remediate.review.plan import Content, Plan, PlannedEffect, PlannedHost, PlannedTask
from remediate.sealing import SealedSecret

PLAY = "Bring the pattern up to date"
NONCE = "c0ffee0011223344"
SEAL = f"<<secret:proxy_password:text:9c1f0a2b3c4d5e6f:{NONCE}>>"


def effect(summary: str, diff: str, *, digest: str = "", no_undo: str = "") -> PlannedEffect:
    """An effect; its digest is made of what it says, unless one is given."""
    return PlannedEffect(summary=summary, diff=diff, digest=digest or f"of {summary} {diff}", no_undo=no_undo)


def edit(path: str, before: str, after: str) -> PlannedEffect:
    """One line of a file in place of another."""
    return effect(
        f"write {path}", f"--- {path}\n+++ {path}\n@@ -1,2 +1,2 @@\n # proxy\n-{before}\n+{after}\n"
    )


def create(path: str, text: str) -> PlannedEffect:
    """A new file."""
    lines = text.splitlines()
    added = "".join(f"+{line}\n" for line in lines)
    return effect(f"create {path}", f"--- /dev/null\n+++ {path}\n@@ -0,0 +1,{len(lines)} @@\n{added}")


def task(number: int, name: str, *effects: PlannedEffect, **values: Any) -> PlannedTask:
    """A task of a play; it changes what its effects say."""
    usual: dict[str, Any] = {
        "step": (0, number),
        "play": PLAY,
        "task": name,
        "module": "copy",
        "place": f"pattern.yaml:{10 + 6 * number}:7",
        "status": "changed" if effects else "ok",
        "certainty": "known",
    }
    return PlannedTask(**{**usual, **values}, effects=effects)


def host(name: str, *tasks: PlannedTask, outcome: str = "done") -> PlannedHost:
    """One host."""
    return PlannedHost(name=name, outcome=outcome, tasks=tasks)


def plan(hosts: Iterable[PlannedHost], **values: Any) -> Plan:
    """A plan of these hosts."""
    usual: dict[str, Any] = {
        "tool": "remediate 0.1.0",
        "made": "2026-03-14T09:26:53Z",
        "planner": "carol@admin1",
        "nonce": NONCE,
        "inventories": ("inventory.yaml",),
        "not_before": "2026-03-15T22:00:00Z",
        "not_after": "2026-03-16T04:00:00Z",
        "secrets": (SealedSecret(name="proxy_password", digest="9c1f0a2b3c4d5e6f" * 4),),
        "content": Content(playbooks=("pattern.yaml",), files={"pattern.yaml": "- hosts: all\n"}),
    }
    return Plan(**{**usual, **values}, hosts=tuple(hosts))


IDENTITY = "3b1f0c5e9d7a42688f20b6c41a97de5033c8b2f9640e1d7c5a8b9f02e6d41375"

_DELETE = effect(
    "delete the document 4F21 of Licences",
    "- document 4F21 of Licences\n-   product: 12\n-   expires: 2019-01-31\n",
    no_undo="a deleted document cannot be brought back from here",
)
_RESTART = effect(
    "tell SMDreal to reload",
    "~ console: tell smdreal update config\n  awaits: configuration updated\n",
    no_undo="a command of a console has no opposite",
)
_MODE = effect("mode of /opt/pattern to 0750", "~ mode /opt/pattern 0777 -> 0750\n")
_WAIT = effect(
    "wait for a person", "  wait for a person to type 'done':\n    Activate the key at the vendor's.\n"
)


def small() -> Plan:
    """Forty-two hosts: most alike, a few with files of their own, one with every risk, two left out."""
    missing = task(
        0, "See which pattern is there", status="failed", message="no such file: /opt/pattern/version"
    )
    return plan(
        [
            *(_usual(f"mail{number:02}", number) for number in range(1, 40)),
            host("hub1", *_hub()),
            host("old1", missing, outcome="failed"),
            host("lost1", outcome="unreachable"),
        ],
        warnings=("pattern.yaml:14:7: the pattern's date is not checked against the vendor's",),
    )


def _usual(name: str, number: int) -> PlannedHost:
    proxy = edit("/opt/pattern/proxy.conf", "proxy=", f"proxy=http://u:{SEAL}@proxy1:3128")
    site = "Say which site it is"
    own = create(f"/opt/pattern/{name}.site", f"site={name}\nkeep=14\n")
    doubt = {"certainty": "provisional", "message": "after 'Set the proxy'"} if number > 12 else {}
    later = "the output of 'Reload the configuration' is known only when it has run"
    return host(
        name,
        task(0, "See which pattern is there"),
        task(1, "Set the proxy", *((proxy,) if number > 12 else ())),
        task(2, site, own) if number < 4 else task(2, site, status="skipped"),
        task(3, "Only the owner may write", _MODE),
        task(4, "Reload the configuration", _RESTART, module="domino_console", **doubt),
        task(5, "See what it says now", status="unknown", certainty="unknown", message=later),
    )


def _hub() -> tuple[PlannedTask, ...]:
    ask = "Activate the key at the vendor's, then go on."
    old = effect(
        "remove /opt/pattern/old.key", "--- /opt/pattern/old.key\n+++ /dev/null\n@@ -1 +0,0 @@\n-1234\n"
    )
    return (
        task(0, "See which pattern is there"),
        task(3, "Only the owner may write", _MODE),
        task(6, "Take the old licence away", _DELETE, module="domino_documents"),
        task(7, "Activate the key", _WAIT, module="pause", status="ok", asks_person=True, message=ask),
        task(8, "Put the new licence in", old, create("/opt/pattern/new.key", f"{SEAL}\n")),
    )


def fleet(hosts: int, tasks: int) -> Plan:
    """A fleet on which most hosts are alike; every tenth task is another on each host of the first fifth."""

    def one(number: int, name: str) -> Iterable[PlannedTask]:
        for step in range(tasks):
            if step % 10 == 3 and number < hosts // 5:
                yield task(step, f"Task {step}", edit(f"/etc/app{step}.conf", "name=", f"name={name}"))
            elif (number + step) % 7 == 0:
                yield task(step, f"Task {step}", status="skipped")
            elif step % 3 == 0:
                yield task(step, f"Task {step}")
            else:
                variant = f"level={number % (1 + step % 5)}"
                yield task(step, f"Task {step}", edit(f"/etc/app{step}.conf", "level=", variant))

    names = (f"host{number:04}.example.org" for number in range(hosts))
    return plan(host(name, *one(number, name)) for number, name in enumerate(names))
