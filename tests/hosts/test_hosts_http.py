"""HTTP through the SSH connection: a real sshd in front of a small server, and all that may go wrong."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from dead_servers import refusing
from domino_web import PASSWORD, Certificate, Domino, make_certificate, serving
from hosts_makers import LONG, MakeHost
from sshd import Sshd

from remediate.errors import DeadlinePassed, TaskFailed, Unreachable
from remediate.facts.domino_http import WebServer
from remediate.facts.http import Endpoint, HttpRequest, Tls
from remediate.hosts import http as hosts_http
from remediate.secrecy import Secret

VIEW = "/smd/lab.nsf/Lab%20Licences?ReadViewEntries&Start=1&Count=9"


@pytest.fixture
def domino() -> Iterator[Domino]:
    """An HTTP task with one document."""
    with serving(Domino()) as task:
        task.add(1, LabPlatform="AIX", LabExpiry="20150131")
        yield task


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A self-signed certificate."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


def to(port: int, path: str = VIEW, **more: object) -> HttpRequest:
    """A request to a port of the server."""
    return HttpRequest(endpoint=Endpoint(port=port, **more), path=path)  # type: ignore[arg-type]


@contextmanager
def saying(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that takes one connection and does with it what a test wants; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                connection, _ = listening.accept()
                with connection, suppress(OSError):
                    talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.close()


def test_a_request_goes_through_the_tunnel(server: Sshd, connect: MakeHost, domino: Domino) -> None:
    """A request reaches the HTTP task from where the server stands, and the same connection asks a shell."""
    others = server.sessions()
    host = connect(server.target())
    response = host.fetch(to(domino.port), deadline=LONG)
    assert (response.status, b"LabPlatform" in response.body) == (200, True)
    assert response.header("content-TYPE") == "text/xml; charset=UTF-8"
    assert host.ask(["echo here"], deadline=LONG)[0].stdout == b"here\n"
    assert len({*server.sessions()} - {*others}) == 1


def test_nobody_listens(server: Sshd, connect: MakeHost) -> None:
    """Where the HTTP task does not run, the task fails with a cure, and the host stays usable."""
    host = connect(server.target())
    with refusing() as port, pytest.raises(TaskFailed, match="nobody listens there") as caught:
        host.fetch(to(port), deadline=LONG)
    assert "HTTP task" in str(caught.value.cure)
    assert host.ask(["echo here"], deadline=LONG)[0].stdout == b"here\n"


def test_forwarding_is_forbidden(tmp_path: Path, connect: MakeHost, domino: Domino) -> None:
    """A server that forbids forwarding is named as the reason, with what to change."""
    with Sshd(tmp_path, options={"AllowTcpForwarding": "no"}) as sshd:
        host = connect(sshd.target())
        with pytest.raises(TaskFailed, match="opens no connection") as caught:
            host.fetch(to(domino.port), deadline=LONG)
        assert "AllowTcpForwarding" in str(caught.value.cure)


def test_a_server_that_says_nothing(server: Sshd, connect: MakeHost) -> None:
    """Silence ends with the deadline, and the host stays usable."""
    host = connect(server.target())
    done = threading.Event()
    with saying(lambda _: (done.wait(60), None)[1]) as port:
        with pytest.raises(DeadlinePassed, match="no answer within"):
            host.fetch(to(port), deadline=0.3)
        done.set()
    assert host.ask(["echo here"], deadline=LONG)[0].stdout == b"here\n"


def test_a_server_that_drips(server: Sshd, connect: MakeHost) -> None:
    """An answer that comes byte by byte does not get round the deadline."""
    stop = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not stop.wait(0.02):
            connection.sendall(b"x")

    with saying(drip) as port:
        with pytest.raises(DeadlinePassed):
            connect(server.target()).fetch(to(port), deadline=0.5)
        stop.set()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"220 mail.lab.example ESMTP\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nshort",
        b"\x15\x03\x01\x00\x02\x02\x46",
    ],
)
def test_what_is_no_whole_answer_is_refused(server: Sshd, connect: MakeHost, answer: bytes) -> None:
    """Another protocol, and an answer that breaks off, fail the task: half an answer decides nothing."""

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with saying(talk) as port, pytest.raises(TaskFailed, match="broke off"):
        connect(server.target()).fetch(to(port), deadline=LONG)


def test_an_endless_answer(
    server: Sshd, connect: MakeHost, domino: Domino, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than the limit is not read."""
    monkeypatch.setattr(hosts_http, "MAX_BODY", 2048)
    domino.override["big"] = (200, {}, b"x" * 2049)
    domino.override["fits"] = (200, {}, b"x" * 2048)
    host = connect(server.target())
    assert len(host.fetch(to(domino.port, "/fits"), deadline=LONG).body) == 2048
    with pytest.raises(TaskFailed, match="longer than"):
        host.fetch(to(domino.port, "/big"), deadline=LONG)


def test_redirects_are_not_followed(server: Sshd, connect: MakeHost, domino: Domino) -> None:
    """A redirect is the answer."""
    domino.override["moved"] = (302, {"Location": "/elsewhere"}, b"")
    response = connect(server.target()).fetch(to(domino.port, "/moved"), deadline=LONG)
    assert (response.status, response.header("Location")) == (302, "/elsewhere")
    assert domino.log == ["GET /moved"]


def test_a_lost_connection_is_no_answer(tmp_path: Path, connect: MakeHost) -> None:
    """When the SSH connection goes while a request is under way, the host is unreachable."""
    with Sshd(tmp_path) as sshd:
        host = connect(sshd.target())

        def cut(connection: socket.socket) -> None:
            connection.recv(65536)
            kill(sshd)

        with saying(cut) as port, pytest.raises(Unreachable, match="what it did is not known"):
            host.fetch(to(port), deadline=LONG)


def kill(sshd: Sshd) -> None:
    """End the one connection there is, as a crash would."""
    import os
    import signal

    for pid in sshd.sessions():
        with suppress(ProcessLookupError):
            os.killpg(os.getpgid(pid), signal.SIGKILL)


def test_a_pinned_certificate(server: Sshd, connect: MakeHost, certificate: Certificate) -> None:
    """A self-signed certificate is good if it is the pinned one; another one is not, and sees no request."""
    with serving(Domino(), certificate.context) as task:
        host = connect(server.target())
        assert host.fetch(to(task.port, tls=Tls(pin=certificate.pin)), deadline=LONG).status == 200
        with pytest.raises(TaskFailed, match=f"not the pinned one; its SHA-256 is {certificate.pin}"):
            host.fetch(to(task.port, tls=Tls(pin="0" * 64)), deadline=LONG)
        with pytest.raises(TaskFailed, match="not the pinned one"):
            host.fetch(to(task.port, tls=Tls()), deadline=LONG)
        assert len(task.log) == 1


def test_a_named_authority(server: Sshd, connect: MakeHost, certificate: Certificate, tmp_path: Path) -> None:
    """A certificate is good if the named authority signed it for the server's name, and only then."""
    other = make_certificate(tmp_path)
    with serving(Domino(), certificate.context) as task:
        host = connect(server.target())
        good = Tls(authority=certificate.pem)
        assert host.fetch(to(task.port, tls=good, name="mail.lab.example"), deadline=LONG).status == 200
        for tls, name in (
            (good, None),
            (good, "b.lab.example"),
            (Tls(authority=other.pem), "mail.lab.example"),
        ):
            with pytest.raises(TaskFailed, match="cannot be trusted"):
                host.fetch(to(task.port, tls=tls, name=name), deadline=LONG)
        with pytest.raises(TaskFailed, match="no certificate in PEM"):
            host.fetch(to(task.port, tls=Tls(authority="junk")), deadline=LONG)
        assert len(task.log) == 1


def test_tls_where_there_is_none(server: Sshd, connect: MakeHost, domino: Domino) -> None:
    """A plain port that is spoken to in TLS is explained, not shown as a traceback."""
    with pytest.raises(TaskFailed, match=r"no TLS could be agreed on|broke off"):
        connect(server.target()).fetch(to(domino.port, tls=Tls(pin="0" * 64)), deadline=LONG)


@pytest.mark.parametrize("login", ["basic", "session"])
def test_logins(server: Sshd, connect: MakeHost, domino: Domino, login: str) -> None:
    """With the right password both ways of logging in lead to the data; the cookie comes back to nobody."""
    domino.login = login
    web = WebServer(
        endpoint=Endpoint(port=domino.port),
        user="Web Admin/Acme",
        password=Secret(PASSWORD),
        login="basic" if login == "basic" else "session",
    )
    response = connect(server.target()).fetch(web.request(VIEW), deadline=LONG)
    assert b"LabPlatform" in response.body
    assert "DomAuthSessId" not in repr(response.headers)


def test_a_refused_session_login(server: Sshd, connect: MakeHost, domino: Domino) -> None:
    """A wrong password fails at the login; the request is never sent, and nothing shows the password."""
    domino.login = "session"
    web = WebServer(
        endpoint=Endpoint(port=domino.port), user="x", password=Secret("hush-hush"), login="session"
    )
    with pytest.raises(TaskFailed, match="the login was refused") as caught:
        connect(server.target()).fetch(web.request(VIEW), deadline=LONG)
    assert domino.log == ["POST /names.nsf?Login"]
    assert "hush" not in repr(caught.value) + str(caught.value) + repr(caught.value.__context__)


def test_no_secret_is_shown() -> None:
    """Neither a server nor its requests show the password, in whatever form it travels."""
    for login in ("basic", "session"):
        web = WebServer(endpoint=Endpoint(), user="u", password=Secret("hush"), login=login)  # type: ignore[arg-type]
        request = web.request("/x")
        shown = repr(web) + repr(request) + str(request)
        assert "hush" not in shown
        assert "dTpodXNo" not in shown  # the same in base64
