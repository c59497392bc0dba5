"""What a guided pause asks of a person, done in a lab from the command line: its acts, by name.

Each act does what it can, and says what a person would see then; a lab's console is as unforgiving as a real
one, so that an act may also fail.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from remediate.errors import UsageError
from remediate.lab import person
from remediate.lab.documents import (
    EXPIRES,
    KIND,
    LICENCE_FORM,
    LICENCE_PROXY_FORM,
    PLATFORM,
    PROXY_PORT,
    PROXY_SERVER,
    PROXY_USED,
    SERVER_PROXY_FORM,
    TRIAL,
    Document,
    living,
)
from remediate.records import dataclass
from remediate.spelling import nearest

_PROXY_PLACES = {
    LICENCE_PROXY_FORM: "Administration > Product License > Proxy Settings",
    SERVER_PROXY_FORM: "Configurations > Server Settings > Proxy Settings",
}


@dataclass(frozen=True, kw_only=True)
class Act:
    """One act: where a person would click, and what does it here and says what came of it."""

    clicks: str
    do: Callable[[Path, str], str]


def do(directory: Path, hosts: Sequence[str], name: str) -> Iterator[str]:
    """Do one act on each host in turn, and say in a line what came of it.

    Raises:
        UsageError: if there is no such act or no such host; then nothing has been done.
    """
    found = ACTS.get(name)
    if found is None:
        cure = nearest(name, ACTS) or "choose from: " + ", ".join(ACTS)
        raise UsageError(f"a person cannot '{name}' in the lab", cure=cure)
    for host in hosts:
        person.documents_of(directory, host)
    return (f"{host}: {found.do(directory, host)}" for host in hosts)


def view(directory: Path, host: str) -> list[str]:
    """What a person sees of a server: its console database, and Control Manager's word.

    Raises:
        UsageError: if there is no such host.
    """
    documents = living(person.documents_of(directory, host))
    lines = ["Administration > Product"]
    lines += [f"  {_licence(one)}" for one in documents if one.form == LICENCE_FORM]
    for form, place in _PROXY_PLACES.items():
        lines += [f"{place}: {_proxy(one)}" for one in documents if one.form == form]
    hindrance = person.hindrance_to_profiles(directory, host)
    return [*lines, f"Control Manager: {hindrance or 'takes licence profiles'}"]


def _licence(document: Document) -> str:
    kind = "trial key" if document.fields[KIND] == TRIAL else "product licence"
    return f"{kind} for {document.fields[PLATFORM]}, expires {document.fields[EXPIRES]}  ({document.unid})"


def _proxy(document: Document) -> str:
    used = "used" if document.fields[PROXY_USED] == "1" else "not used"
    where = f"{document.fields[PROXY_SERVER]}:{document.fields[PROXY_PORT]}".strip(":")
    return f"{where or 'none'}, {used}"


def _enter_trial_key(directory: Path, host: str) -> str:
    person.enter_trial_key(directory, host)
    return "there is a trial key now"


def _remove_trial_key(directory: Path, host: str) -> str:
    person.remove_trial_key(directory, host)
    return "there is no trial key now"


def _delete_duplicates(directory: Path, host: str) -> str:
    deleted, undecided = person.delete_duplicates(directory, host)
    if undecided:
        return (
            f"NOTHING DELETED: nobody can tell which licence for {undecided} has been renewed; press Ctrl-D "
            "at the pause, and ask the vendor"
        )
    return f"{deleted} deleted; there is one licence for each platform now"


def _set_proxy(directory: Path, host: str) -> str:
    person.set_proxy(directory, host)
    return "the proxy stands in both places now"


def _deploy(directory: Path, host: str) -> str:
    hindrance = person.hindrance_to_profiles(directory, host)
    if not person.deploy_license_profiles(directory, host):
        return f"Command Details: FAILED: {hindrance}"
    return "Command Details: succeeded"


ACTS: Mapping[str, Act] = {
    "enter-trial-key": Act(clicks="Administration > Product: enter a trial key", do=_enter_trial_key),
    "remove-trial-key": Act(clicks="Administration > Product: remove the trial key", do=_remove_trial_key),
    "delete-duplicates": Act(
        clicks="Administration > Product: delete all licences but the renewed one", do=_delete_duplicates
    ),
    "set-proxy": Act(clicks="both Proxy Settings: enter the proxy, and save", do=_set_proxy),
    "deploy-license": Act(
        clicks='Control Manager: Tasks > "Deploy licenses profiles" > Next > Deploy Now', do=_deploy
    ),
}
"""Every act that a pause of the playbooks asks for."""
