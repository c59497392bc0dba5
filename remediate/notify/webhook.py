"""A webhook: the message as JSON in an HTTP request, signed as Standard Webhooks describe it.

The signature is an HMAC-SHA256 over the message's identity, the time and the body
(https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
"""

import base64
import binascii
import hashlib
import hmac
import http.client
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from remediate import __version__
from remediate.errors import NotSent, NotSentYet, UsageError
from remediate.notify.channels import Hidden, trusting
from remediate.notify.message import Message
from remediate.notify.tables import Table
from remediate.records import dataclass

_PREFIX = "whsec_"
"""What Standard Webhooks put before a key in base64; any other key is taken as it is."""


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """See Channel."""

    name: str
    deadline: float
    url: str
    key: Hidden
    authority: Path | None

    def secrets(self) -> tuple[str, ...]:
        """See Channel."""
        trusting(self.authority)
        self._key()
        return (self.key.read().reveal(),)

    def send(self, message: Message, identity: str) -> str:
        """See Channel. Redirects are not followed: what is signed for one receiver is for no other."""
        body = message.sent_as(identity)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"remediate/{__version__}",
            **_signed(identity, int(time.time()), body, self._key()),
        }
        request = urllib.request.Request(self.url, body, headers, method="POST")  # noqa: S310 - http(s) only
        tls = urllib.request.HTTPSHandler(context=trusting(self.authority))
        opener = urllib.request.build_opener(tls, _NoRedirect)
        try:
            opener.open(request, timeout=self.deadline).close()
        except urllib.error.HTTPError as error:
            error.close()
            raise self._refused(error.code) from None
        except urllib.error.URLError as error:
            raise self._broken(error.reason) from None
        except (OSError, http.client.HTTPException) as error:
            raise self._broken(error) from None
        return ""

    def _key(self) -> bytes:
        text = self.key.read().reveal()
        if not text.startswith(_PREFIX):
            return text.encode()
        try:
            return base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            raise UsageError(
                f"what follows {_PREFIX} in the key is not base64", where=str(self.key)
            ) from None

    def _refused(self, status: int) -> NotSent:
        said = f"{self._place} answered {status}"
        if status >= 500:
            return NotSentYet(said)
        if 300 <= status < 400:
            return NotSent(said, cure="redirects are not followed: give the address that it leads to")
        return NotSent(said)

    def _broken(self, why: object) -> NotSent:
        if isinstance(why, ssl.SSLCertVerificationError):
            cure = "ca_file names the authority that signed it"
            said = f"{self._place}: the certificate cannot be trusted: {why.verify_message}"
            return NotSent(said, cure=cure)
        said = (why.strerror if isinstance(why, OSError) else "") or type(why).__name__
        return NotSentYet(f"{self._place}: {said}")

    @property
    def _place(self) -> str:
        """Whom to name: the path may be nobody's business."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _signed(identity: str, seconds: int, body: bytes, key: bytes) -> Mapping[str, str]:
    signed = f"{identity}.{seconds}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{signature}",
    }


def webhook_of(table: Table) -> Webhook:
    """The webhook that a table describes."""
    url = table.text("url")
    if url and not _usable(url):
        table.wrong("url", "'url' should be an address such as https://example.com/hook, without a password")
    return Webhook(
        name=table.name,
        deadline=table.seconds(),
        url=url,
        key=table.needed("key"),
        authority=table.file("ca_file"),
    )


def _usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = url.isascii() and " " not in url and "@" not in parts.netloc and port != 0
    return bool(plain and parts.scheme in ("http", "https") and parts.hostname)
