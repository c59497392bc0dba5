"""docs/change-review.md: its commands do what it says, in the order in which they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from needs import require

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "change-review.md"
SECRET = "4711-horse-battery"
NOTICE = f"Maintenance on Friday\nReport with {SECRET}\n"


def blocks(kind: str) -> list[str]:
    """What stands in the manual's blocks of this kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", MANUAL.read_text(), re.MULTILINE | re.DOTALL)


def test_the_whole_way(tmp_path: Path) -> None:
    """Every command ends with 0, or with the code that is written beside it; the secret is shown by none."""
    require("ssh-keygen")
    (tmp_path / "notice.yaml").write_text(blocks("yaml")[0])
    (tmp_path / ".ssh").mkdir(mode=0o700)
    environment = {
        **{name: value for name, value in os.environ.items() if name != "SSH_AUTH_SOCK"},
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    told: dict[str, str] = {}
    notices = {}
    try:
        for line in (line for block in blocks("console") for line in block.splitlines()):
            command = line.removeprefix("$ ")
            assert command != line
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
                stdin=subprocess.DEVNULL,
            )
            code = re.search(r"# exit code (\d+)", line)
            assert done.returncode == (int(code[1]) if code else 0), f"{line}\n{done.stdout}{done.stderr}"
            told[command] = done.stdout + done.stderr
            assert SECRET not in told[command]
            notices[command] = {
                file.parts[-2]: file.read_text() for file in (tmp_path / "lab").rglob("notice")
            }
    finally:
        remediate = Path(sys.executable).parent / "remediate"
        subprocess.run([remediate, "lab", "down", "--dir", "lab"], cwd=tmp_path, check=False)
    state_and_plan = [*(tmp_path / "state").rglob("*"), *tmp_path.glob("change.*")]
    assert len(state_and_plan) >= 5
    assert not [file for file in state_and_plan if file.is_file() and SECRET.encode() in file.read_bytes()]
    applies = [command for command in told if command.startswith("remediate apply")]
    hand = {"aix01": "by hand\n"}
    others = dict.fromkeys(("linux01", "zlinux01", "ibmi01"), NOTICE)
    assert notices[applies[0]] == {**others, **hand}
    assert "aix01: REFUSED: " in told[applies[0]]
    assert "was applied already, by run 1" in told[applies[1]]
    assert notices["remediate undo 1 -e @secrets.yaml --limit linux01"] == {
        "zlinux01": NOTICE,
        "ibmi01": NOTICE,
        **hand,
    }
    assert notices["remediate undo 1 -e @secrets.yaml"] == hand
    assert (
        "Approved by  colleague@example.com\n"
        in told["remediate show change.plan --allowed-signers allowed_signers"]
    )
    assert "4 hosts: 4 with nothing left" in told["remediate doctor -i lab/inventory.yaml"]
