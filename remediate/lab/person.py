"""What a person does in the lab where no command is known: in ScanMail's console, in TMCM's, on paper.

Each function is one such act on one server of a lab, whether it is up or down; a test, or a guided pause's
reader, plays the person with it.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from remediate.errors import UsageError
from remediate.lab.documents import (
    LICENCE_FORM,
    LICENCE_PROXY_FORM,
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
from remediate.lab.paths import LabPaths, ServerPaths
from remediate.lab.servers import change_state, edit_documents
from remediate.lab.site import Site
from remediate.lab.state import read_plan, read_state


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
    """Deploy the licence from TMCM; False if it does not arrive.

    It needs an agent that is new enough, a licence that was renewed, and one licence for the platform.
    """
    paths, site = _server(directory, name)
    if not site.takes_profiles(paths.server.platform):
        return False
    if not read_state(paths).renewed_on_portal or duplicated(_documents(paths)):
        return False
    now = datetime.now().astimezone()
    edit_documents(paths, lambda mine: renewed(mine, RENEWED_UNTIL, now))
    change_state(paths, lambda state: replace(state, licence="valid"))
    return True


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


def _server(directory: Path, name: str) -> tuple[ServerPaths, Site]:
    lab = LabPaths(directory.resolve())
    for server in read_plan(lab).servers:
        if server.name == name and server.site is not None:
            return lab.of(server), server.site
    raise UsageError(
        f"no server '{name}' of the articles' story", where=str(lab.directory), cure="see run/lab.json"
    )


def _documents(paths: ServerPaths) -> Documents:
    return Store(paths.documents).read()


def _delete(paths: ServerPaths, unids: set[str]) -> None:
    now = datetime.now().astimezone()
    edit_documents(paths, lambda mine: tuple(deleted(one, now) if one.unid in unids else one for one in mine))
