"""Everything else: whatever the library `apprise` knows, which is installed only where it is wanted."""

import importlib
import re
from typing import Any

from remediate.errors import NotSent, UsageError
from remediate.notify.channels import Hidden
from remediate.notify.message import Message, one_line
from remediate.notify.tables import Table
from remediate.records import dataclass
from remediate.secrecy import Redactor

_SAID = 300
"""Characters of what the library said last."""


@dataclass(frozen=True, kw_only=True)
class Apprising:
    """See Channel. The address is a secret: tokens and passwords are parts of it."""

    name: str
    deadline: float
    url: Hidden

    def secrets(self) -> tuple[str, ...]:
        """See Channel. The library quotes parts of an address, so each of them is one."""
        _library()
        url = self.url.read().reveal()
        return (url, *(part for part in re.split(r"[:/?&=@#]+", url.partition("://")[2]) if part))

    def send(self, message: Message, identity: str) -> str:
        """See Channel. There is no place for the identity."""
        del identity
        apprise = _library()
        with apprise.LogCapture(level=apprise.logging.WARNING) as said:
            receivers = apprise.Apprise()
            known = receivers.add(self.url.read().reveal())
            sent = known and receivers.notify(title=message.subject, body=message.text, body_format="text")
            # Its end says most; to be cut only when no part of the address is in it any more.
            why = one_line(Redactor(self.secrets()).redact(said.getvalue()))[-_SAID:]
        if not known:
            raise NotSent(
                f"the library apprise cannot read the address in {self.url}", cure="see its documentation"
            )
        if not sent:
            raise NotSent(f"the library apprise could not deliver it: {why}")
        return ""


def _library() -> Any:
    try:
        return importlib.import_module("apprise")
    except ImportError:
        raise UsageError(
            "the library apprise is not installed", cure="pip install 'remediate[notify]'"
        ) from None


def apprising_of(table: Table) -> Apprising:
    """The address that a table describes."""
    return Apprising(name=table.name, deadline=table.seconds(), url=table.needed("url"))
