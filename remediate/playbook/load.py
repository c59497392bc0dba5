"""A playbook's file becomes plays, or all of its mistakes at once."""

from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from remediate.controller import THIS_MACHINE, Controller
from remediate.errors import InputError, Mistakes, Place, PlaybookError, sort_mistakes
from remediate.playbook.findings import Findings
from remediate.playbook.imports import Files, Importer
from remediate.playbook.model import Play
from remediate.playbook.reader import FileReader
from remediate.playbook.schema import Keywords


class Reading(NamedTuple):
    """What a playbook and its imports hold as far as they can be read, and what is wrong in them.

    Where there are mistakes, a task whose module or parameters cannot be used has an empty `module`.
    """

    plays: tuple[Play, ...]
    mistakes: tuple[InputError, ...]


def load_playbook(
    path: Path,
    module_names: Collection[str],
    controller: Controller = THIS_MACHINE,
) -> tuple[Play, ...]:
    """The plays of a playbook, in the order written, those that it imports in their places.

    Raises:
        PlaybookError: if there is one mistake, or the file cannot be read.
        Mistakes: if there are several, in the order of their places.
    """
    reading = read_playbook(path, module_names, Files(controller=controller))
    if len(reading.mistakes) == 1:
        raise reading.mistakes[0]
    if reading.mistakes:
        raise Mistakes(reading.mistakes)
    return reading.plays


def read_playbook(path: Path, module_names: Collection[str], files: Files) -> Reading:
    """A playbook with its mistakes beside it, in the order of their places; raises nothing for them.

    `files` are those that other readings have parsed already; this one adds to them.
    """
    findings = Findings()
    plays: tuple[Play, ...] = ()
    try:
        reader = FileReader(
            findings=findings,
            modules=frozenset(module_names),
            importer=Importer(findings=findings, files=files),
            source=files.open(path, {}),
        )
        plays = reader.read_plays(Keywords())
    except PlaybookError as error:
        findings.mistakes.append(error)
    except RecursionError:
        findings.add("blocks and imports nested too deep", Place(str(path)), "put them side by side")
    return Reading(plays=plays, mistakes=tuple(sort_mistakes(findings.mistakes)))
