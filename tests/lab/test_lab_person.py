"""Whoever meets a guided pause in the lab plays the person with `remediate lab person`."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from cases import has_a_past, lab_with, web
from commands import PLAYBOOKS

from remediate.lab import lab_down, lab_up
from remediate.lab.acts import ACTS
from remediate.lab.documents import living
from remediate.lab.faults import FAULTS
from remediate.lab.site import GRACE_OVER, TRIAL_LEFT

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "lab.md").read_text(encoding="utf-8")

PAUSES = {
    "grace.yaml": (GRACE_OVER, web("off"), ("enter-trial-key", "remove-trial-key")),
    "trial-key.yaml": (TRIAL_LEFT, web("session", "pin"), ("remove-trial-key",)),
    "duplicates.yaml": ("duplicates: three", web("off"), ("delete-duplicates",)),
    "proxy.yaml": ("proxy wrong", web("off"), ("set-proxy",)),
    "control-manager.yaml": ("no internet, TMCM agent", has_a_past, ("deploy-license",)),
}
"""Playbooks that ask a person; the state of a server that needs one; what the person does."""

NOTHING_TO_DO = {"hotfix.yaml"}
"""Its pauses are about the password of a console, and the lab's consoles have none."""


def lab_command(*words):
    """`remediate lab` in a process of its own."""
    line = [sys.executable, "-m", "remediate", "lab", *map(str, words)]
    return subprocess.run(line, capture_output=True, text=True, timeout=300, check=False)


def doing(act):
    """A person who does this with the command, at the hosts that the pause names."""

    def do(directory, name):
        done = lab_command("person", "--dir", directory, f"{name},", "--do", act)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"{name}: ")

    return do


@pytest.mark.parametrize("playbook", PAUSES)
def test_the_command_does_what_a_pause_asks_for(tmp_path, playbook):
    """The run goes on to its proof, and is green."""
    case, wanted, acts = PAUSES[playbook]
    with lab_with(tmp_path, case, wanted) as one:
        quick = ("-e", "license_deploy_retries=1")
        done, asked = one.at_terminal(PLAYBOOKS / playbook, *map(doing, acts), more=quick)
        assert done.code == 0, done.out
        assert len(asked) == len(acts)
        assert one.is_well


def test_there_is_an_act_for_each_pause_and_no_other():
    """What a playbook asks of a person, the lab can do; its document has all acts."""
    assert {act for _, _, acts in PAUSES.values() for act in acts} == set(ACTS)
    asks = re.compile(r"^ +pause:\n +prompt:", re.MULTILINE)
    asking = {file.name for file in PLAYBOOKS.glob("*.yaml") if asks.search(_with_tasks(file))}
    assert asking == set(PAUSES) | NOTHING_TO_DO
    assert set(re.findall(r"^\| [^|]+ \| `([a-z][a-z-]+)`", DOCUMENT, re.MULTILINE)) == set(ACTS)


def _with_tasks(file):
    text = file.read_text(encoding="utf-8")
    lists = [PLAYBOOKS / name for name in re.findall(r"import_tasks: (tasks/\S+)", text)]
    return text + "".join(each.read_text(encoding="utf-8") for each in lists)


def test_the_document_names_the_faults_that_there_are():
    """With their numbers, in the order of `lab faults`."""
    rows = re.findall(r"^\| `(\w+)` \| (\d*) ?\| ", DOCUMENT, re.MULTILINE)
    assert rows == [(kind, str(number or "")) for kind, (_, number) in FAULTS.items()]
    shown = [line.split()[:2] for line in lab_command("faults").stdout.splitlines()]
    assert shown == [[kind, number or "-"] for kind, number in rows]


def test_without_an_act_there_is_something_to_see(tmp_path):
    """Every licence, both proxies, Control Manager's word, and every act; nothing is changed."""
    with lab_with(tmp_path, "proxy wrong") as one:
        before = one.documents
        shown = lab_command("person", "--dir", one.fleet.paths.directory, one.name).stdout
        assert one.documents == before
        for words in ("expires 2014-02-28", "old-proxy.lab.example:3128, used", "Control Manager: no agent"):
            assert words in shown
        assert all(re.search(rf"^  {act} ", shown, re.MULTILINE) for act in ACTS)
        lab_command("person", "--dir", one.fleet.paths.directory, one.name, "--do", "set-proxy")
        assert "old-proxy" not in lab_command("person", "--dir", one.fleet.paths.directory, one.name).stdout


@pytest.mark.parametrize(
    ("case", "act", "said"),
    [
        ("no internet, no TMCM agent", "deploy-license", "FAILED: no agent"),
        (
            "no internet, old TMCM agent",
            "deploy-license",
            "FAILED: the agent of this server is too old (build 3105)",
        ),
        ("duplicates: tie", "delete-duplicates", "NOTHING DELETED"),
        ("duplicates: unreadable expiry", "delete-duplicates", "NOTHING DELETED"),
    ],
)
def test_what_a_person_could_not_do_is_not_done(tmp_path, case, act, said):
    """Some acts fail on a real console, too; the command says so and changes nothing."""
    with lab_with(tmp_path, case, lambda server: True) as one:
        before = one.documents, one.state
        done = lab_command("person", "--dir", one.fleet.paths.directory, one.name, "--do", act)
        assert said in done.stdout
        assert (one.documents, one.state) == before


def test_of_duplicates_the_renewed_one_stays(tmp_path):
    """Of three, those that expire first go."""
    with lab_with(tmp_path, "duplicates: three") as one:
        done = lab_command(
            "person", "--dir", one.fleet.paths.directory, one.name, "--do", "delete-duplicates"
        )
        assert "2 deleted" in done.stdout
        (left,) = living(one.documents, "LABLicense")
        assert left.fields["LABExpires"] == "2035-12-31"


def test_mistakes_are_told_before_anything_is_done(tmp_path):
    """An act or a host that is not there, no lab, and a story in which nobody is asked."""
    with lab_with(tmp_path, GRACE_OVER) as one:
        directory, before = one.fleet.paths.directory, one.documents
        for words, cure in (
            ((one.name, "nohost", "--do", "enter-trial-key"), "choose from: "),
            ((one.name, "--do", "enter-trialkey"), "did you mean 'enter-trial-key'?"),
        ):
            done = lab_command("person", "--dir", directory, *words)
            assert done.returncode == 1
            assert cure in done.stderr
        assert one.documents == before
    assert "no lab in this directory" in lab_command("person", "--dir", tmp_path / "x", "a").stderr
    lab_up(tmp_path / "other", hosts=1)
    lab_down(tmp_path / "other")
    assert "--story articles" in lab_command("person", "--dir", tmp_path / "other", "linux01").stderr
