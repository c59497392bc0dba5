"""Malformed playbooks: each file says in its header which mistakes are found in it, and where."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from playbook_fakes import MODULES, Catalog, Checker

from remediate.errors import InputError, Mistakes, Place, PlaybookError, RemediateError
from remediate.playbook.lint import lint
from remediate.playbook.load import load_playbook

HERE = Path(__file__).parent
FORM = sorted((HERE / "mistakes").glob("*.yaml"))
MORE = sorted((HERE / "lint").glob("*.yaml"))

_EXPECTED = re.compile(r"# (\d+:\d+ .+)\n")


def _expected(path: Path) -> list[str]:
    return _EXPECTED.findall(path.read_text())


def _found(mistakes: Sequence[RemediateError], path: Path) -> list[str]:
    places = [mistake.where for mistake in mistakes]
    assert all(isinstance(place, Place) and place.file == str(path) for place in places)
    return [
        f"{place.line}:{place.column} {mistake.what.replace(str(path), path.name)}"
        for place, mistake in zip(places, mistakes, strict=True)
        if isinstance(place, Place)
    ]


@pytest.mark.parametrize("path", FORM, ids=lambda path: path.stem)
def test_a_malformed_playbook_is_refused_with_all_its_mistakes(path: Path) -> None:
    """Loading raises exactly the mistakes that the file's header names, at their lines and columns."""
    with pytest.raises(InputError) as caught:
        load_playbook(path, MODULES)
    error = caught.value
    assert isinstance(error, Mistakes | PlaybookError)
    assert _found(error.mistakes if isinstance(error, Mistakes) else [error], path) == _expected(path)


@pytest.mark.parametrize("path", [*FORM, *MORE], ids=lambda path: path.stem)
def test_lint_finds_the_mistakes_of_form_and_those_that_only_it_can_find(path: Path) -> None:
    """Lint returns exactly the mistakes that the file's header names, and raises nothing."""
    assert _found(lint([path], modules=Catalog(), templar=Checker()), path) == _expected(path)


def test_lint_goes_through_all_playbooks_in_the_order_given() -> None:
    """The mistakes of one file do not keep lint from the next, and files are not mixed."""
    paths = [HERE / "mistakes" / "serial.yaml", HERE / "lint" / "mode.yaml"]
    found = lint(paths, modules=Catalog(), templar=Checker())
    assert [mistake.what for mistake in found] == [
        mistake.what for path in paths for mistake in lint([path], modules=Catalog(), templar=Checker())
    ]
    assert {str(mistake.where).partition(":")[0] for mistake in found} == {str(path) for path in paths}


def test_a_playbook_that_is_not_there_is_one_mistake(tmp_path: Path) -> None:
    """A missing file, and a directory, are told by name and not by a traceback."""
    for path in (tmp_path / "missing.yaml", tmp_path):
        with pytest.raises(PlaybookError, match="cannot be read"):
            load_playbook(path, MODULES)
        assert len(lint([path], modules=Catalog(), templar=Checker())) == 1


def test_the_cure_names_what_to_write(tmp_path: Path) -> None:
    """A mistyped name, a word that is not there yet and a missing list dash all come with their cure."""
    cures = {
        "- hosts: all\n  taks: []": "did you mean 'tasks'?",
        "- hosts: all\n  tasks:\n    - include_tasks: other.yaml": "use `import_tasks`",
        "- import_playbok: other.yaml\n  hosts: all": "did you mean 'import_playbook'?",
        "- hosts: all\n  tasks:\n    - import_taks: other.yaml": "did you mean 'import_tasks'?",
        "- hosts: all\n  import_tasks: other.yaml": "it stands in a list of tasks or handlers",
        "- hosts: all\n  tasks:\n    - import_playbook: other.yaml": "it stands at the top level",
        "- import_playbook: '{{ other }}.yaml'": "import each file, with a `when` of its own",
        "- import_playbook: missing.yaml": f"looked for {tmp_path / 'missing.yaml'}",
        "- import_playbook: {file: other.yaml}": "as in `import_playbook: other.yaml`",
        "- import_playbook: playbook.yaml": "leave one of them out",
        "- hosts: all\n  tasks:\n    - comand: date": "did you mean 'command'?",
        "- hosts: all\n  tasks:\n    - {command: date, with_items: [a]}": "use `loop`",
        "- hosts: all\n  tasks:\n    - meta: flush_handlers": "end the play here and begin another one",
        "- hosts: all\n  tasks:\n    - {command: date, check_mode: false}": "`read_only: true`",
        "- hosts: all\n  gather_facts: yes": "use the facts of modules",
        "hosts: all": "start each play with `- hosts: ...`",
    }
    path = tmp_path / "playbook.yaml"
    for text, cure in cures.items():
        path.write_text(text)
        with pytest.raises(PlaybookError) as caught:
            load_playbook(path, MODULES)
        assert cure in str(caught.value)
