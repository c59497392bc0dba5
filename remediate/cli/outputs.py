"""Files that a command writes for its readers: looked at beforehand, and whole or not there."""

import os
import secrets
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from remediate.errors import UsageError

STDOUT = Path("-")
_ANOTHER = "name a file in a directory that is there, and that you may write"


def refuse_unwritable(options: Mapping[str, Any], *names: str, inputs: Iterable[Path]) -> None:
    """See that the files which these options name can be written, before there is anything to write.

    Raises:
        UsageError: one cannot, or is one of the inputs, or another output.
    """
    taken = {path.resolve() for path in inputs}
    for name in names:
        path: Path | None = options[name]
        if path is None:
            continue
        if path != STDOUT and (path.is_dir() or not os.access(path.resolve().parent, os.W_OK)):
            raise UsageError(f"--{name} {path}: cannot be written", cure=_ANOTHER)
        if path.resolve() in taken:
            raise UsageError(f"--{name} {path}: would be written over", cure="name another file")
        taken.add(path.resolve())


def refuse_irregular(option: str, path: Path) -> None:
    """See that what an option names is a file that can be read again, or is not there yet.

    Raises:
        UsageError: it is a device, a pipe or a directory.
    """
    if path == STDOUT or (path.exists() and not path.is_file()):
        raise UsageError(f"--{option} {path}: is no regular file", cure=_ANOTHER)


def put(option: str, path: Path, text: str, *, mode: int | None = None) -> None:
    """Write a whole file in the place of the one before, which its readers see until then; or to stdout.

    Args:
        option: the option that names it.
        path: the file; `STDOUT` for the standard output.
        text: what is to be in it.
        mode: its mode; None for that of the file before, or the usual one.

    Raises:
        UsageError: it cannot be written; nothing is left of it.
    """
    if path == STDOUT:
        click.echo(text, nl=False)
        return
    data = text.encode("utf-8", "replace")
    try:
        if path.exists() and not path.is_file():  # a pipe or a device is not replaced
            path.write_bytes(data)
        else:
            _replace(path.resolve(), data, mode)
    except OSError as error:
        raise UsageError(f"--{option} {path}: {error.strerror}", cure=_ANOTHER) from None


def tell_refused(error: OSError, form: Callable[[str], str]) -> None:
    """Tell on stderr, in this form, what the system has refused: without a file's name it is an output.

    An output that takes nothing is given up: the program's end would write there, and fail once more.
    """
    where = "the output cannot be written" if error.filename is None else str(error.filename)
    if not isinstance(error, BrokenPipeError):  # else its reader has gone (`remediate ... | head`)
        with suppress(OSError):
            click.echo(form(f"{where}: {error.strerror or error}"), err=True)
    for output in (sys.stdout, sys.stderr):
        try:
            if output is not None:  # as it is where it was closed
                output.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), output.fileno())


def _replace(path: Path, data: bytes, mode: int | None) -> None:
    if mode is None and path.exists():
        mode = path.stat().st_mode & 0o777
    beside = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
