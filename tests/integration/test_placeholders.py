"""Values that nobody has filled in: each is refused by name, before anything is changed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from cases import lab_with, web
from commands import PLAYBOOKS, Done, remediate

CASES: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "placeholders.yaml").read_text())
ALL = ("-e", "batch_size=100%", "-e", "failure_budget=100")
EMPTY = {"null": None, "empty": "", "placeholder": "ASK: whoever knows"}
OUT = object()


@dataclass(frozen=True)
class Refusals:
    """What a run says of one host for each wrong value; of a host with none, under `good`."""

    done: Done

    def of(self, host: str) -> list[str]:
        """The messages of the host's failed tasks."""
        return [e["message"] for e in self.done.events if e.get("status") == "failed" and e["host"] == host]


def wrong_values(case: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Host names, each with the one variable that is wrong there and its value; OUT where it is left out."""
    values = {**EMPTY, "missing": OUT}
    return {
        f"{name}-{kind}": {name: value}
        for group, kinds in (("required", (*EMPTY, "missing")), ("optional", tuple(EMPTY)))
        for name in case[group]
        for kind, value in values.items()
        if kind in kinds
    }


def hosts_of(case: dict[str, Any], good: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The variables of every host."""
    hosts = {"good": good}
    for host, wrong in wrong_values(case).items():
        hosts[host] = {name: value for name, value in {**good, **wrong}.items() if value is not OUT}
    return hosts


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Refusals]:
    """One dry run of each playbook over hosts that all differ in one value; there is nobody behind them."""
    tmp = tmp_path_factory.mktemp("placeholders")
    found = {}
    for playbook, case in CASES.items():
        if case["good"]:
            nobody = {"ansible_host": "127.0.0.1", "ansible_port": 1}
            inventory = {"all": {"vars": nobody, "hosts": hosts_of(case, case["good"])}}
            (tmp / "inventory.yaml").write_text(yaml.safe_dump(inventory))
            words = ("run", PLAYBOOKS / playbook, "-i", tmp / "inventory.yaml", "-C", *ALL)
            found[playbook] = Refusals(remediate(tmp, *words))
    # proxy.yaml looks at the licence before it asks for its own: that needs a server.
    with lab_with(tmp, "proxy missing", web("basic", access_services=True)) as one:
        inventory = yaml.safe_load(one.fleet.paths.inventory.read_text())
        everywhere, groups = inventory["all"]["vars"], inventory["all"]["children"]
        (group,) = [
            each for each in groups.values() if one.name in each.get("hosts", {}) and each.get("vars")
        ]
        good = {**everywhere, **group["vars"], **group["hosts"][one.name]}
        hosts = hosts_of(CASES["proxy.yaml"], good)
        (tmp / "inventory.yaml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
        words = ("run", PLAYBOOKS / "proxy.yaml", "-i", tmp / "inventory.yaml", "-C", *ALL)
        found["proxy.yaml"] = Refusals(remediate(tmp, *words))
    return found


@pytest.mark.parametrize(
    ("playbook", "host"),
    [(playbook, host) for playbook, case in CASES.items() for host in wrong_values(case)],
)
def test_what_nobody_has_filled_in_is_refused(
    playbook: str, host: str, refusals: dict[str, Refusals]
) -> None:
    """Its name is said, and no task comes after it."""
    (message,) = refusals[playbook].of(host)
    assert host.rpartition("-")[0] in message
    assert "set " in message


@pytest.mark.parametrize("playbook", CASES)
def test_what_is_filled_in_is_not(playbook: str, refusals: dict[str, Refusals]) -> None:
    """The same host with all values passes the gate, and is contacted."""
    recap = refusals[playbook].done.recap["good"]
    assert recap["failed"] == 0
    assert recap["unreachable"] == (1 if CASES[playbook]["good"] else 0)
