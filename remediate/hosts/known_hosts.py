"""The keys by which hosts are recognised: OpenSSH's known_hosts files, read once a run.

The format is that of sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT": plain, hashed and negated names, wildcards,
`[host]:port`, `@revoked`. Lines with `@cert-authority`, and lines that are no entries, are passed over.
"""

import base64
import hashlib
import hmac
import os
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from remediate.errors import HostKeyRefused, Place, Unreachable


class KnownKey(NamedTuple):
    """One entry: the key of whoever bears one of its names."""

    names: str
    kind: str
    blob: bytes
    revoked: bool
    place: Place


def host_name(host: str, port: int) -> str:
    """The name under which known_hosts files know a host: with its port, unless that is 22."""
    return host.lower() if port == 22 else f"[{host.lower()}]:{port}"


def fingerprint(blob: bytes) -> str:
    """A key's fingerprint as `ssh-keygen -l` prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


class KnownHosts:
    """The entries of some files. New keys go into the first of them. Threads may share one."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = tuple(files)
        self._lock = threading.Lock()
        self._plain: dict[str, list[KnownKey]] = {}
        self._hashed: list[tuple[bytes, bytes, KnownKey]] = []
        self._patterns: list[KnownKey] = []
        self._found: dict[str, list[KnownKey]] = {}  # a hashed name is compared with all: once is enough
        for file in self._files:
            for number, line in enumerate(_read(file).splitlines(), 1):
                entry = _parse(line, Place(str(file), number))
                if entry is not None:
                    self._keep(entry)

    def find(self, name: str) -> list[KnownKey]:
        """The entries for a name as `host_name` makes it."""
        with self._lock:
            return self._find(name)

    def _find(self, name: str) -> list[KnownKey]:
        if name not in self._found:
            self._found[name] = self._look_up(name)
        return self._found[name]

    def _look_up(self, name: str) -> list[KnownKey]:
        found = list(self._plain.get(name, ()))
        found += [key for key in self._patterns if _matches(key.names, name)]
        raw = name.encode()
        found += [key for salt, hashed, key in self._hashed if hmac.digest(salt, raw, "sha1") == hashed]
        return found

    def check(self, name: str, kind: str, blob: bytes, *, accept_new: bool) -> None:
        """Make sure that a host may show this key; a new one is remembered if `accept_new` says so.

        Raises:
            HostKeyRefused: it is unknown, revoked, or another one than the known one.
        """
        with self._lock:
            known = self._find(name)
            if any(key.revoked and key.blob == blob for key in known):
                raise HostKeyRefused(f"the host key {fingerprint(blob)} is marked as revoked", where=name)
            valid = [key for key in known if not key.revoked]
            if any(key.blob == blob for key in valid):
                return
            if valid:
                raise _changed(name, kind, blob, valid)
            if not accept_new:
                raise self._unknown(name, kind, blob)
            self._add(name, kind, blob)

    def _keep(self, key: KnownKey) -> None:
        self._found.clear()
        if key.names.startswith("|1|"):
            parts = key.names.split("|")
            try:
                self._hashed.append((base64.b64decode(parts[2]), base64.b64decode(parts[3]), key))
            except (IndexError, ValueError):
                return
        elif re.search(r"[*?!]", key.names):
            self._patterns.append(key)
        else:
            for name in key.names.lower().split(","):
                self._plain.setdefault(name, []).append(key)

    def _unknown(self, name: str, kind: str, blob: bytes) -> HostKeyRefused:
        host, _, port = name.strip("[").partition("]:")
        scan = f"ssh-keyscan {f'-p {port} ' if port else ''}{host} >> {self._files[0]}"
        return HostKeyRefused(
            f"the host's key is not known: {kind} {fingerprint(blob)}",
            where=name,
            cure="compare it with `ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub` on the host's own console, "
            f"then `{scan}`; or trust new keys with --accept-new-host-keys",
        )

    def _add(self, name: str, kind: str, blob: bytes) -> None:
        file = self._files[0]
        line = f"{name} {kind} {base64.b64encode(blob).decode()}\n"
        try:
            before = _read(file)
            _append(file, line if not before or before.endswith("\n") else "\n" + line)
        except OSError as error:
            raise Unreachable(f"the new host key cannot be written to {file}: {error.strerror}") from None
        key = _parse(line, Place(str(file), len(before.splitlines()) + 1))
        if key is not None:
            self._keep(key)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise Unreachable(f"the host keys in {file} cannot be read: {error.strerror}") from None


def _append(file: Path, line: str) -> None:
    # One write to the end of the file: nothing that ssh or another run adds meanwhile is lost or torn.
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode("utf-8", "surrogateescape"))
    finally:
        os.close(descriptor)


def _parse(line: str, place: Place) -> KnownKey | None:
    fields = line.split()
    if not fields or fields[0].startswith("#"):
        return None
    marker = fields.pop(0) if fields[0].startswith("@") else ""
    if marker not in ("", "@revoked") or len(fields) < 3:
        return None
    try:
        blob = base64.b64decode(fields[2], validate=True)
    except ValueError:
        return None
    return KnownKey(names=fields[0], kind=fields[1], blob=blob, revoked=bool(marker), place=place)


def _matches(names: str, name: str) -> bool:
    matched = False
    for pattern in names.lower().split(","):
        wanted = pattern.removeprefix("!")
        regex = re.escape(wanted).replace(r"\*", ".*").replace(r"\?", ".")
        if re.fullmatch(regex, name, re.DOTALL):
            if wanted != pattern:
                return False
            matched = True
    return matched


def _changed(name: str, kind: str, blob: bytes, known: list[KnownKey]) -> HostKeyRefused:
    same = [key for key in known if key.kind == kind] or known
    place = same[0].place
    return HostKeyRefused(
        f"the host shows the key {kind} {fingerprint(blob)}, but {place} knows it by "
        f"{same[0].kind} {fingerprint(same[0].blob)}: the host was set up anew, or somebody listens in",
        where=name,
        cure=f"if it was set up anew: `ssh-keygen -R '{name}' -f {place.file}`, then learn the new key",
    )
