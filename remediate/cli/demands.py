"""What `remediate.toml` in the working directory demands of an apply."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from remediate.errors import Place, UsageError

FILE = "remediate.toml"


@dataclass(frozen=True, kw_only=True)
class Demands:
    """How many approvals, and whose count; None where it says nothing."""

    approvals: int | None = None
    allowed_signers: Path | None = None


def demands_in(directory: Path) -> Demands:
    """The table `[apply]` of the file there; nothing if there is no file.

    Raises:
        UsageError: it cannot be read, or says something else.
    """
    path = directory / FILE
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Demands()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"cannot be read: {error}", where=Place(str(path)), cure="mend it") from None
    found = data.get("apply", {})
    table = found if isinstance(found, dict) else {"apply": found}
    unknown = [*(data.keys() - {"apply"}), *(table.keys() - {"approvals", "allowed_signers"})]
    number, signers = table.get("approvals"), table.get("allowed_signers")
    if (
        unknown
        or not isinstance(number, int | None)
        or isinstance(number, bool)
        or not isinstance(signers, str | None)
        or (number or 0) < 0
    ):
        raise UsageError(
            f"not understood: {', '.join(sorted(unknown)) or 'a value of the wrong kind'}",
            where=Place(str(path)),
            cure='it may have [apply] with approvals = NUMBER and allowed_signers = "FILE"',
        )
    return Demands(approvals=number, allowed_signers=None if signers is None else directory / signers)
