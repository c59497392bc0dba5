"""What an administrator has got from the vendor: hot fixes with an installer, and a pattern file."""

import hashlib
import io
import tarfile
from pathlib import Path

from remediate.lab.articleworld import pattern_name, pattern_text
from remediate.lab.paths import LabPaths
from remediate.lab.site import PATCHED_BUILD
from remediate.lab.smdreal import SMDREAL
from remediate.lab.state import LabPlan

HAND_PATTERN = 999
"""The number of the pattern file that is put in by hand."""
FOLDER = f"lab-hotfix-B{PATCHED_BUILD}"


def hotfix_package(lab: LabPaths, smd_version: str) -> Path:
    """The archive with the hot fix for a version such as V3.0.0."""
    return lab.packages / f"{FOLDER}-{smd_version}.tar"


def pattern_package(lab: LabPaths) -> Path:
    """The pattern file."""
    return lab.packages / pattern_name(HAND_PATTERN)


def sha256_of(file: Path) -> str:
    """The sum that goes into the inventory."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def write_packages(lab: LabPaths, plan: LabPlan) -> None:
    """Write a hot fix for each version that a server has, and the pattern file."""
    lab.packages.mkdir()
    pattern_package(lab).write_text(pattern_text(HAND_PATTERN), encoding="ascii")
    for version in sorted({server.smd_version for server in plan.servers}):
        with tarfile.open(hotfix_package(lab, version), "w", format=tarfile.USTAR_FORMAT) as archive:
            _add(archive, "install.sh", _installer(version), mode=0o755)
            _add(archive, SMDREAL, f"LAB: stands for the scanner of build {PATCHED_BUILD}\n", mode=0o644)


def _add(archive: tarfile.TarFile, name: str, text: str, *, mode: int) -> None:
    member = tarfile.TarInfo(f"{FOLDER}/{name}")
    member.size, member.mode = len(text.encode()), mode
    archive.addfile(member, io.BytesIO(text.encode()))


def _installer(version: str) -> str:
    return f"""#!/bin/sh
# LAB: installs hot fix B{PATCHED_BUILD}. Usage: sh install.sh SCANMAIL_INSTALL_DIRECTORY
# While LAB.install-under-way is there, the installation is not complete: run this again.
refuse() {{
  echo "LAB: install: $1" >&2
  exit 1
}}
from=`dirname "$0"`
from=`cd "$from" && pwd`
test $# -eq 1 && test -d "$1/program" || refuse 'usage: sh install.sh SCANMAIL_INSTALL_DIRECTORY'
cd "$1" || exit 1
test -f "$from/{SMDREAL}" || refuse 'the package is not whole'
for task in LAB.tasks/*; do
  if test -f "$task"; then refuse "$task is loaded, end it first"; fi
done
new=program/{version}.{PATCHED_BUILD:04d}
if test -f LAB.install-under-way; then
  echo 'LAB: install: an earlier installation was interrupted, starting anew'
  rm -rf "$new"
elif test -f "$new/{SMDREAL}"; then
  echo 'LAB: install: this build is installed already'
  exit 0
fi
echo {PATCHED_BUILD} >LAB.install-under-way || exit 1
mkdir "$new" && echo 'LAB: the other files are missing' >"$new/LAB.part1" || exit 1
sleep 1
cp "$from/{SMDREAL}" "$new/{SMDREAL}" && rm "$new/LAB.part1" LAB.install-under-way || exit 1
echo 'LAB: install: build {PATCHED_BUILD} is installed'
"""
