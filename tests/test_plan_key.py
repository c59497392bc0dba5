"""The key of all digests."""

import threading
from pathlib import Path

import pytest

from remediate.errors import UsageError
from remediate.plan_key import KEY_FILE, load_key


def test_the_key_is_made_once(tmp_path: Path) -> None:
    """However many begin at the same time, all have one key, which only its owner may read."""
    keys: list[bytes] = []
    directory = tmp_path / "new" / "state"
    threads = [threading.Thread(target=lambda: keys.append(load_key(directory))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 16
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32
    assert load_key(directory) == keys[0]
    assert [each.name for each in directory.iterdir()] == [KEY_FILE]
    assert (directory / KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_a_key_that_cannot_be_used(tmp_path: Path) -> None:
    """A key that others may read, that is damaged, or that cannot be made is refused in words."""
    load_key(tmp_path)
    file = tmp_path / KEY_FILE
    file.chmod(0o640)
    with pytest.raises(UsageError, match="chmod 600"):
        load_key(tmp_path)
    file.chmod(0o600)
    file.write_text("short\n")
    with pytest.raises(UsageError, match="damaged"):
        load_key(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"cannot be used: .*Not a directory"):
        load_key(tmp_path / "file" / "state")
