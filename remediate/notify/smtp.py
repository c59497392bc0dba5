"""E-mail, handed to an SMTP server."""

import contextlib
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from pathlib import Path

from remediate.errors import NotSent, NotSentYet
from remediate.notify.channels import Hidden, trusting
from remediate.notify.message import Message
from remediate.notify.tables import Table
from remediate.records import dataclass

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""How the connection is protected, and the port where that is usual (RFC 8314, RFC 6409)."""

_ADDRESS = re.compile(r"""[!#-'*+./0-9=?A-Z^-~-]+@[0-9A-Za-z][0-9A-Za-z.-]*""")


@dataclass(frozen=True, kw_only=True)
class Smtp:
    """See Channel. `user` is empty where nobody logs in."""

    name: str
    deadline: float
    host: str
    port: int
    security: str
    user: str
    password: Hidden | None
    sender: str
    to: tuple[str, ...]
    authority: Path | None

    def secrets(self) -> tuple[str, ...]:
        """See Channel."""
        trusting(self.authority)
        return () if self.password is None else (self.password.read().reveal(),)

    def send(self, message: Message, identity: str) -> str:
        """See Channel. The identity is in the Message-ID. If some receivers are refused, it is sent."""
        password = "" if self.password is None else self.password.read().reveal()
        mail = self._mail(message, identity)
        with self._explained(), self._connected() as server:
            if self.user:
                server.login(self.user, password)
            refused = server.send_message(mail, self.sender, self.to)
        return "" if not refused else f"not taken for {_refusals(refused)}"

    def _mail(self, message: Message, identity: str) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        mail["From"] = self.sender
        mail["To"] = ", ".join(self.to)
        mail["Subject"] = message.subject
        mail["Date"] = formatdate()
        mail["Message-ID"] = f"<{identity}@{self.sender.partition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answering machine answers it
        mail.set_content(message.text, cte="quoted-printable")
        return mail

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        tls = trusting(self.authority)
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.deadline, context=tls)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.deadline)
        try:
            if self.security == "starttls":
                server.starttls(context=tls)
            yield server
            with contextlib.suppress(OSError):  # it was taken, however the farewell goes
                server.quit()
        finally:
            server.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except smtplib.SMTPRecipientsRefused as error:
            raise self._refused(error.recipients) from None
        except smtplib.SMTPResponseException as error:
            raise self._not_sent(error.smtp_code, _said(error.smtp_code, error.smtp_error)) from None
        except smtplib.SMTPNotSupportedError:
            raise NotSent(
                f"{self._place} does not offer what is needed: {self.security}, or a login",
                cure="see 'security' and 'user' of this channel",
            ) from None
        except ssl.SSLCertVerificationError as error:
            raise NotSent(
                f"{self._place}: the certificate cannot be trusted: {error.verify_message}",
                cure="ca_file names the authority that signed it",
            ) from None
        except OSError as error:  # SMTP's other errors, too
            raise NotSentYet(f"{self._place}: {error.strerror or type(error).__name__}") from None

    def _refused(self, recipients: dict[str, tuple[int, bytes]]) -> NotSent:
        softest = min(code for code, _ in recipients.values())
        return self._not_sent(softest, f"not taken for {_refusals(recipients)}")

    def _not_sent(self, code: int, said: str) -> NotSent:
        kind = NotSentYet if code < 500 else NotSent
        return kind(f"{self._place}: {said}")

    @property
    def _place(self) -> str:
        return f"{self.host}:{self.port}"


def _refusals(recipients: dict[str, tuple[int, bytes]]) -> str:
    return "; ".join(f"{who}: {_said(*answer)}" for who, answer in recipients.items())


def _said(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {words}"


def smtp_of(table: Table) -> Smtp:
    """The mail server that a table describes."""
    security = table.choice("security", tuple(_PORTS), "starttls")
    user, password = table.text("user", ""), table.hidden("password")
    if bool(user) != (password is not None):
        table.wrong("user", "a user needs a password, and a password a user", "password_file, password_env")
    if user and security == "none":
        table.wrong("security", "no password is sent without TLS", "'starttls' or 'tls'")
    sender, to = table.text("from"), table.texts("to")
    for key, address in (("from", sender), *(("to", each) for each in to)):
        if address and not _ADDRESS.fullmatch(address):
            table.wrong(key, f"'{key}' should have addresses such as ops@example.com")
    return Smtp(
        name=table.name,
        deadline=table.seconds(),
        host=table.text("host"),
        port=table.number("port", _PORTS[security], 65535),
        security=security,
        user=user,
        password=password,
        sender=sender,
        to=to,
        authority=table.file("ca_file"),
    )
