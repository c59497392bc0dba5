"""What a person does in the lab where no command is known: in ScanMail's console, in TMCM's, on paper.

Each function is one such act on one server of a lab, whether it is up or down; a test, or a guided pause's
reader, plays the person with it.
"""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from remediate.errors import UsageError
from remediate.lab.documents import (
    EXPIRES,
    LICENCE_FORM,
    LICENCE_PROXY_FORM,
    PLATFORM,
    RIGHT_PROXY,
    SERVER_PROXY_FORM,
    TRIAL,
    Documents,
    Store,
    changed,
    deleted,
    duplicated,
    licences,
    renewed,
)
from remediate.lab.drawdocuments import RENEWED_UNTIL, trial_key
from remediate.lab.paths import ServerPaths
from remediate.lab.servers import change_state, edit_documents
from remediate.lab.site import Site
from remediate.lab.state import existing_lab, read_plan, read_state
from remediate.spelling import nearest

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
"""An expiry that can be compared as it is written."""


def enter_trial_key(directory: Path, name: str) -> None:
    """Enter a trial key in ScanMail's console; a second one changes nothing."""
    paths, _ = _server(directory, name)
    key = trial_key(random.Random(f"trial/{name}/{len(_documents(paths))}"), paths.server.platform)  # noqa: S311
    edit_documents(paths, lambda mine: mine if licences(mine, TRIAL) else (*mine, key))


def remove_trial_key(directory: Path, name: str) -> None:
    """Take all trial keys out again."""
    paths, _ = _server(directory, name)
    _delete(paths, {one.unid for one in licences(_documents(paths), TRIAL)})


def delete_license(directory: Path, name: str, unid: str) -> None:
    """Delete one document in ScanMail's console."""
    paths, _ = _server(directory, name)
    _delete(paths, {unid})


def delete_duplicates(directory: Path, name: str) -> tuple[int, str]:
    """Of each platform's licences, delete all but the one that expires last.

    Returns how many went, and a platform of which nobody can tell which that is; then none goes.
    """
    mine = licences(documents_of(directory, name))
    doomed: set[str] = set()
    for platform in {one.fields[PLATFORM] for one in mine}:
        expiring = sorted(
            (one for one in mine if one.fields[PLATFORM] == platform), key=lambda one: one.fields[EXPIRES]
        )
        unclear = not all(_DAY.fullmatch(one.fields[EXPIRES]) for one in expiring)
        unclear |= expiring[-1].fields[EXPIRES] in {one.fields[EXPIRES] for one in expiring[:-1]}
        if len(expiring) > 1 and unclear:
            return 0, platform
        doomed |= {one.unid for one in expiring[:-1]}
    _delete(_server(directory, name)[0], doomed)
    return len(doomed), ""


def set_proxy(directory: Path, name: str) -> None:
    """Enter the right proxy in both places."""
    paths, _ = _server(directory, name)
    now = datetime.now().astimezone()
    places = {LICENCE_PROXY_FORM, SERVER_PROXY_FORM}
    edit_documents(
        paths,
        lambda mine: tuple(changed(one, now, RIGHT_PROXY) if one.form in places else one for one in mine),
    )


def deploy_license_profiles(directory: Path, name: str) -> bool:
    """Deploy the licence from TMCM; False if it does not arrive."""
    if hindrance_to_profiles(directory, name):
        return False
    paths, _ = _server(directory, name)
    now = datetime.now().astimezone()
    edit_documents(paths, lambda mine: renewed(mine, RENEWED_UNTIL, now))
    change_state(paths, lambda state: replace(state, licence="valid"))
    return True


def hindrance_to_profiles(directory: Path, name: str) -> str:
    """Why a licence that is deployed from TMCM would not arrive; empty if it would."""
    paths, site = _server(directory, name)
    if site.agent_build is None:
        return "no agent on this server"
    if not site.takes_profiles(paths.server.platform):
        pack = f", Service Pack {site.service_pack}" if paths.server.platform == "windows" else ""
        return f"the agent of this server is too old (build {site.agent_build}{pack})"
    if not read_state(paths).renewed_on_portal:
        return "the licence was not renewed on the portal"
    if duplicated(_documents(paths)):
        return "more than one licence for a platform"
    return ""


def edit_license(directory: Path, name: str, fields: Mapping[str, str]) -> None:
    """Change the fields of all licence documents: somebody else is at work at the same time."""
    paths, _ = _server(directory, name)
    now = datetime.now().astimezone()

    def edit(mine: Documents) -> Documents:
        return tuple(
            changed(one, now, fields) if one.form == LICENCE_FORM and not one.deleted else one for one in mine
        )

    edit_documents(paths, edit)


def edit_configuration(directory: Path, name: str, edit: Callable[[str], str]) -> None:
    """Change ScanMail's configuration file behind everybody's back."""
    paths, _ = _server(directory, name)
    text = paths.configuration.read_text(encoding="utf-8")
    paths.configuration.write_text(edit(text), encoding="utf-8")


def documents_of(directory: Path, name: str) -> Documents:
    """What is in the server's console database, stubs of deleted documents included."""
    return _documents(_server(directory, name)[0])


def _server(directory: Path, name: str) -> tuple[ServerPaths, Site]:
    lab = existing_lab(directory)
    plan = read_plan(lab)
    for server in plan.servers:
        if server.name == name and server.site is not None:
            return lab.of(server), server.site
    if plan.story != "articles":
        raise UsageError(
            "there is nothing to be done by a person in this lab's story",
            where=str(lab.directory),
            cure="bring another lab up, with --story articles",
        )
    names = [server.name for server in plan.servers]
    cure = nearest(name, names) or "choose from: " + ", ".join(names)
    raise UsageError(f"no server '{name}' in this lab", where=str(lab.directory), cure=cure)


def _documents(paths: ServerPaths) -> Documents:
    return Store(paths.documents).read()


def _delete(paths: ServerPaths, unids: set[str]) -> None:
    now = datetime.now().astimezone()
    edit_documents(paths, lambda mine: tuple(deleted(one, now) if one.unid in unids else one for one in mine))
