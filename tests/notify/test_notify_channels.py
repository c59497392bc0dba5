"""The channels, against real servers on loopback: what arrives, and what is told when nothing does."""

import base64
import hashlib
import hmac
import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from dead_servers import refusing
from receivers import LOOPBACK, Certificate, certificate, post, web
from sshd import is_gone

from remediate.errors import NotSent, NotSentYet
from remediate.notify import attempts
from remediate.notify.attempts import send
from remediate.notify.catalog import channels_in, chosen
from remediate.notify.channels import Channel
from remediate.notify.message import Message
from remediate.settings import settings_in

SECRET = "s3cret of the channel"
MESSAGE = Message(subject="remediate: nightly: 1 new — ü", text="one\n.\ntwo\n", document={"kind": "recheck"})


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two attempts, and for proxies of this machine."""
    monkeypatch.setattr(attempts, "_PAUSE", 0.0)
    monkeypatch.setattr(attempts, "_GRACE", 0.2)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tls(tmp_path: Path) -> Certificate:
    """A certificate that nobody knows yet."""
    return certificate(tmp_path)


def channel(folder: Path, **keys: Any) -> Channel:
    """The channel that such a table describes, with its secret in a file."""
    (folder / "secret").touch(mode=0o600)
    (folder / "secret").write_text(f"{SECRET}\n")
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    (folder / "remediate.toml").write_text(f"[notify.ops]\n{lines}")
    (found,) = chosen(channels_in(settings_in(folder)), ["ops"])
    return found


def hook(folder: Path, url: str, **keys: Any) -> Channel:
    """A webhook."""
    return channel(folder, **{"kind": "webhook", "url": url, "key_file": "secret", **keys})


def mail(folder: Path, port: int, **keys: Any) -> Channel:
    """A mail server, by default without TLS."""
    table = {"kind": "smtp", "host": LOOPBACK, "port": port, "security": "none"}
    return channel(folder, **{**table, "from": "remediate@example.com", "to": ["ops@example.com"], **keys})


def refused(channel: Channel, kind: type[NotSent] = NotSent) -> str:
    """What is told of a message that was not taken."""
    with pytest.raises(NotSent) as caught:
        send(channel, MESSAGE, "id-1")
    assert type(caught.value) is kind
    assert SECRET not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "key"),
    [(SECRET, SECRET.encode()), ("whsec_MDEyMzQ1Njc4OWFiY2RlZg==", b"0123456789abcdef")],
)
def test_a_webhook_is_signed(
    tmp_path: Path, tls: Certificate, monkeypatch: pytest.MonkeyPatch, written: str, key: bytes
) -> None:
    """A receiver that has the key can prove who sent it, when, and that nothing was changed."""
    monkeypatch.setenv("HOOK_KEY", written)
    with web(tls=tls) as server:
        there = channel(
            tmp_path, kind="webhook", url=f"{server.url}/hook?a=1", key_env="HOOK_KEY", ca_file=str(tls.file)
        )
        assert send(there, MESSAGE, "id-1") == ""
    (request,) = server.requests
    headers = {name.lower(): value for name, value in request.headers.items()}
    signed = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), request.body))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 600
    assert (request.path, headers["content-type"]) == ("/hook?a=1", "application/json")
    assert json.loads(request.body) == {
        "version": 1,
        "id": "id-1",
        "subject": MESSAGE.subject,
        "text": MESSAGE.text,
        "kind": "recheck",
    }
    assert written.encode() not in request.body


def test_the_manual_says_how_to_verify_it(tmp_path: Path) -> None:
    """Its lines accept what was sent, and nothing else: no other body, key, or time."""
    lines: dict[str, Any] = {}
    exec(_of_the_manual("python"), lines)  # noqa: S102 - our own manual
    verified = lines["verified"]
    with web() as server:
        send(hook(tmp_path, server.url), MESSAGE, "id-1")
    (request,) = server.requests
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert verified(headers, request.body, SECRET.encode())
    assert not verified(headers, request.body + b" ", SECRET.encode())
    assert not verified(headers, request.body, b"another one")
    assert not verified({**headers, "webhook-timestamp": "1700000000"}, request.body, SECRET.encode())


def test_the_channels_of_the_manual_are_understood(tmp_path: Path) -> None:
    """There is one of each kind."""
    (tmp_path / "remediate.toml").write_text(_of_the_manual("toml"))
    assert list(channels_in(settings_in(tmp_path))) == ["oncall", "ops", "pager", "chat"]


def _of_the_manual(language: str) -> str:
    text = (Path(__file__).parents[2] / "docs" / "notify.md").read_text()
    return text.partition(f"```{language}\n")[2].partition("```")[0]


@pytest.mark.parametrize(
    ("answers", "requests", "says"),
    [
        ((500, 200), 2, ""),
        (("drop", 503, 204), 3, ""),
        ((500,), 3, "answered 500"),
        (("drop",), 3, "RemoteDisconnected"),
        ((400, 200), 1, "answered 400"),
        ((307, 200), 1, "answered 307 (redirects are not followed"),
        ((302, 200), 1, "answered 302 (redirects are not followed"),
    ],
)
def test_a_webhook_is_tried_again_where_that_may_help(
    tmp_path: Path, answers: tuple[int | str, ...], requests: int, says: str
) -> None:
    """After 5xx and broken connections, three times in all; never after what is final."""
    with web(*answers) as server:
        there = hook(tmp_path, f"{server.url}/s3cret-path")
        if says:
            told = refused(there, NotSentYet if requests == 3 else NotSent)
            assert says in told
            assert "s3cret-path" not in told
        else:
            send(there, MESSAGE, "id-1")
    assert len(server.requests) == requests
    assert {each.headers["Webhook-Id"] for each in server.requests} == {"id-1"}


def test_a_webhook_whose_certificate_nobody_knows_gets_nothing(tmp_path: Path, tls: Certificate) -> None:
    """The connection ends before anything is sent; the cure is told."""
    with web(tls=tls) as server:
        told = refused(hook(tmp_path, server.url))
    assert "the certificate cannot be trusted" in told
    assert "ca_file names the authority" in told
    assert server.requests == []


def test_a_webhook_that_answers_for_ever_ends_at_the_deadline(tmp_path: Path) -> None:
    """A byte now and then keeps nobody waiting."""
    with web("drip") as server:
        told = refused(hook(tmp_path, server.url, deadline=6), NotSentYet)
    assert told == "no answer within 6 s; whether it was taken is not known"


def test_nobody_listens(tmp_path: Path) -> None:
    """The address is told, and why."""
    with refusing() as port:
        url = f"http://{LOOPBACK}:{port}"
        assert refused(hook(tmp_path, url), NotSentYet) == f"{url}: Connection refused"
        assert refused(mail(tmp_path, port), NotSentYet) == f"{LOOPBACK}:{port}: Connection refused"


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_arrives_by_tls_with_a_login(tmp_path: Path, tls: Certificate, security: str) -> None:
    """For all receivers at once, with the headers by which programs know it."""
    with post(tls, at_once=security == "tls", password=SECRET) as server:
        keys = {"user": "remediate", "password_file": "secret", "ca_file": str(tls.file)}
        to = ["ops@example.com", "boss@example.com"]
        there = mail(tmp_path, server.port, security=security, to=to, **keys)
        assert send(there, MESSAGE, "id-1") == ""
    assert server.logins == [("remediate", SECRET)]
    assert server.receivers == [to]
    (taken,) = server.taken
    assert taken["Subject"] == MESSAGE.subject
    assert taken["To"] == "ops@example.com, boss@example.com"
    assert taken["Message-ID"] == "<id-1@example.com>"
    assert taken["Auto-Submitted"] == "auto-generated"
    assert taken["Date"].datetime is not None
    assert taken.get_content().splitlines() == MESSAGE.text.splitlines()


def test_a_login_that_is_refused(tmp_path: Path, tls: Certificate) -> None:
    """It is not tried again; the password is not told."""
    with post(tls, password="another one") as server:
        keys = {"user": "remediate", "password_file": "secret", "ca_file": str(tls.file)}
        there = mail(tmp_path, server.port, security="starttls", **keys)
        assert refused(there).startswith(f"{LOOPBACK}:{server.port}: 535 ")
    assert {password for _, password in server.logins} == {SECRET}
    assert server.taken == []


def test_no_password_is_sent_to_a_stranger(tmp_path: Path, tls: Certificate) -> None:
    """A certificate that nobody knows, or no TLS at all: nothing is sent."""
    keys = {"user": "remediate", "password_file": "secret", "security": "starttls"}
    with post(tls) as server:
        assert "the certificate cannot be trusted" in refused(mail(tmp_path, server.port, **keys))
    with post() as plain:
        assert "does not offer what is needed: starttls" in refused(mail(tmp_path, plain.port, **keys))
    assert server.logins + plain.logins == []
    assert server.taken + plain.taken == []


@pytest.mark.parametrize(
    ("refuses", "kind", "says"),
    [
        ({"a@example.com": "550 no such user"}, None, "not taken for a@example.com: 550 no such user"),
        ({"a@example.com": "550 no", "b@example.com": "550 no"}, NotSent, "a@example.com: 550 no; b@ex"),
        ({"a@example.com": "550 no", "b@example.com": "451 later"}, NotSentYet, "b@example.com: 451 later"),
    ],
)
def test_receivers_that_are_refused(
    tmp_path: Path, refuses: dict[str, str], kind: type[NotSent] | None, says: str
) -> None:
    """If one of them takes it, it is sent, with a remark; if none does, it is not."""
    with post(refuses=refuses) as server:
        there = mail(tmp_path, server.port, to=["a@example.com", "b@example.com"])
        if kind is None:
            assert says in send(there, MESSAGE, "id-1")
        else:
            assert says in refused(there, kind)
    assert len(server.taken) == (kind is None)


def test_a_command_gets_the_message(tmp_path: Path) -> None:
    """Its words are not read by a shell; the message is its standard input."""
    code = "import sys; open(sys.argv[1], 'wb').write(sys.stdin.buffer.read())"
    there = channel(tmp_path, kind="command", arguments=[sys.executable, "-c", code, f"{tmp_path}/$HOME; x"])
    assert send(there, MESSAGE, "id-1") == ""
    assert (tmp_path / "$HOME; x").read_bytes() == MESSAGE.sent_as("id-1")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sh", "-c", "echo broken: '\x1b[2J' >&2; exit 3"], "sh ended with 3: broken: \ufffd[2J"),
        (["sh", "-c", "exit 1"], "sh ended with 1"),
        (["/no/such"], "/no/such: No such file or directory"),
    ],
)
def test_a_command_that_fails(tmp_path: Path, arguments: list[str], says: str) -> None:
    """What it said last is told."""
    assert refused(channel(tmp_path, kind="command", arguments=arguments)) == says


def test_a_command_ends_with_all_that_it_began(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the deadline, its whole process group is killed; that it reads nothing hinders nobody."""
    monkeypatch.setattr(attempts, "_GRACE", 60)
    line = f"sleep 600 & echo $! > {tmp_path}/pid; sleep 600"
    there = channel(tmp_path, kind="command", arguments=["sh", "-c", line], deadline=6)
    long = Message(subject="s", text="x" * 1_000_000, document={})
    with pytest.raises(NotSentYet, match="sh did not end within 6 s"):
        send(there, long, "id-1")
    assert is_gone(int((tmp_path / "pid").read_text()))


def test_apprise_sends_to_whatever_it_knows(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The library's own webhook stands for all others; nothing of the address is told when it fails."""
    with web(200, 500) as server:
        address = server.url.removeprefix("http://")
        (tmp_path / "url").touch(mode=0o600)
        (tmp_path / "url").write_text(f"json://user:pa55word@{address}/t0ken-path")
        there = channel(tmp_path, kind="apprise", url_file="url")
        assert send(there, MESSAGE, "id-1") == ""
        told = refused(there)
    sent = json.loads(server.requests[0].body)
    assert (sent["title"], sent["message"].split()) == (MESSAGE.subject, ["one", ".", "two"])
    assert told.startswith("the library apprise could not deliver it: ")
    for secret in ("pa55word", "t0ken-path"):
        assert secret not in told + "".join(capfd.readouterr())
    assert len(server.requests) == 2
    (tmp_path / "url").write_text("nothing-we-know://t0ken")
    told = refused(there)
    assert "cannot read the address in" in told
    assert "t0ken" not in told


def test_what_a_library_raises_is_told_without_its_text(tmp_path: Path) -> None:
    """It may quote what was sent."""

    class Odd:
        name, deadline = "odd", 5.0

        def secrets(self) -> tuple[str, ...]:
            return ()

        def send(self, message: Message, identity: str) -> str:
            raise ValueError(SECRET)

    assert refused(Odd()) == "it could not be sent (ValueError)"
