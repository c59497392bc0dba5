"""Every mistake in an inventory is told with its place, and all of them at once."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from remediate.errors import Mistakes, RemediateError
from remediate.inventory.load import load_inventory

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "mistakes.yaml").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_mistakes(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The case's inventory is refused with just the mistakes expected, in the order of their places."""
    for name, text in case["files"].items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Mistakes) as caught:
        load_inventory(case.get("sources") or [next(iter(case["files"]))])
    told = [str(mistake) for mistake in caught.value.mistakes]
    assert [message[: len(words)] for message, words in zip(told, case["expected"], strict=False)] == case[
        "expected"
    ]
    assert len(told) == len(case["expected"]), told
    assert all(mistake.cure for mistake in caught.value.mistakes)


def test_a_folder_that_cannot_be_listed(tmp_path: Path, mocker: Any) -> None:
    """The file system's complaint is a mistake with the folder's name."""
    mocker.patch.object(Path, "iterdir", side_effect=PermissionError(13, "Permission denied"))
    with pytest.raises(RemediateError, match=f"{tmp_path}: cannot be listed: Permission denied"):
        load_inventory([str(tmp_path)])
