import base64
import hashlib
import json
import socket
import ssl
import threading
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import quote, urlencode
from xml.etree import ElementTree as ET

import paramiko
import pytest
from lab_clients import connect

from remediate.lab import lab_down, lab_up
from remediate.lab.certificates import pin_of
from remediate.lab.documents import Store, living
from remediate.lab.faults import ServerFaults
from remediate.lab.web import WEB_PASSWORD, WEB_USER, WebTask

LICENCES = f"/smd/smconf.nsf/{quote('LAB Licenses')}"
DOCUMENTS = "/smd/smconf.nsf/api/data/documents/unid/"


class Client:
    """Asks a server's HTTP task, one connection a request."""

    def __init__(self, paths):
        self._paths = paths
        self.headers = {}

    def ask(self, method, path, body=None, **headers):
        """Status, headers and text of an answer."""
        site = self._paths.server.site
        http = HTTPConnection("127.0.0.1", site.http_port, timeout=60)
        if site.tls != "off":
            # Only the server's own certificate is trusted, and only for its name.
            context = ssl.create_default_context(cafile=str(self._paths.certificate))
            http.connect()
            http.sock = context.wrap_socket(
                http.sock, server_hostname=f"{self._paths.server.name}.lab.example"
            )
        http.request(method, path, body, {**self.headers, **headers})
        response = http.getresponse()
        answer = response.status, response.headers, response.read().decode()
        http.close()
        return answer

    def log_in(self):
        """Become the administrator, by whichever login the server has."""
        if self._paths.server.site.http == "basic":
            token = base64.b64encode(f"{WEB_USER}:{WEB_PASSWORD}".encode()).decode()
            self.headers = {"Authorization": f"Basic {token}"}
            return
        form = urlencode({"Username": WEB_USER, "Password": WEB_PASSWORD})
        status, headers, _ = self.ask("POST", "/names.nsf?Login", form)
        assert status == 302
        self.headers = {"Cookie": headers["Set-Cookie"].partition(";")[0]}


@pytest.fixture
def resting_articles(tmp_path):
    """The files of a server with basic authentication and Access Services, in a lab that is down."""
    fleet = lab_up(tmp_path / "lab", hosts=40, seed=4, story="articles")
    lab_down(tmp_path / "lab")
    wanted = ("basic", True)
    server = next(one for one in fleet.servers if (one.site.http, one.site.access_services) == wanted)
    return fleet.paths.of(server)


@contextmanager
def web(fleet, wanted):
    """A client of the first server that is as wanted, and the store of its documents."""
    server = next(one for one in fleet.servers if one.site.http != "off" and wanted(one))
    paths = fleet.paths.of(server)
    yield Client(paths), Store(paths.documents)


def older(server):
    """Whether a server has neither JSON views nor Access Services."""
    return not server.site.newer_http


def serviced(server):
    """Whether a server has Access Services, on a document that no other test changes."""
    return server.site.access_services and server.site.route == "direct" and server.site.role == "alone"


def test_basic_and_session_login_answer_strangers_as_domino_does(articles):
    """401 by the one, a login form with status 200 by the other, also for a wrong password."""
    with web(articles, lambda one: one.site.http == "basic") as (client, _):
        status, headers, _ = client.ask("GET", f"{LICENCES}?ReadViewEntries")
        assert status == 401
        assert headers["WWW-Authenticate"].startswith("Basic ")
    with web(articles, lambda one: one.site.http == "session") as (client, _):
        wrong = urlencode({"Username": WEB_USER, "Password": "wrong"})
        for answer in (
            client.ask("GET", f"{LICENCES}?ReadViewEntries"),
            client.ask("POST", "/names.nsf?Login", wrong),
        ):
            assert answer[0] == 200
            assert 'name="Password"' in answer[2]
            assert "Set-Cookie" not in answer[1]


@pytest.mark.parametrize("login", ["basic", "session"])
def test_a_view_lists_the_documents_in_pages(articles, login):
    """Entries have a UNID and named columns; Start and Count take a part of them."""
    with web(articles, lambda one: one.site.http == login and "duplicates" in one.site.case) as (
        client,
        store,
    ):
        client.log_in()
        status, headers, text = client.ask("GET", f"{LICENCES}?ReadViewEntries")
        assert (status, headers["Content-Type"]) == (200, "text/xml; charset=UTF-8")
        entries = ET.fromstring(text).findall("viewentry")  # noqa: S314 - our own text
        expected = {one.unid: one.fields["LABExpires"] for one in living(store.read(), "LABLicense")}
        found = {
            entry.get("unid"): next(d for d in entry if d.get("name") == "LABExpires").findtext("text")
            for entry in entries
        }
        assert found == expected
        pages = [client.ask("GET", f"{LICENCES}?ReadViewEntries&Start={n + 1}&Count=1")[2] for n in range(9)]
        single = [ET.fromstring(page).findall("viewentry") for page in pages]  # noqa: S314
        assert [one[0].get("unid") for one in single if one] == [entry.get("unid") for entry in entries]


def test_only_newer_servers_know_json(articles):
    """An older one answers in XML whatever is asked for."""
    for wanted, json_known in ((older, False), (lambda one: not older(one), True)):
        with web(articles, wanted) as (client, store):
            client.log_in()
            text = client.ask("GET", f"{LICENCES}?ReadViewEntries&OutputFormat=JSON")[2]
            unids = {one.unid for one in living(store.read(), "LABLicense")}
            if json_known:
                assert {entry["@unid"] for entry in json.loads(text)["viewentry"]} == unids
            else:
                assert text.startswith("<?xml")


def test_a_get_deletes_without_a_question(articles):
    """Opened before, gone afterwards; a stub stays in the store, and the database file differs."""
    with web(articles, lambda one: one.site.case.startswith("duplicates: three")) as (client, store):
        client.log_in()
        one = living(store.read(), "LABLicense")[0]
        status, _, text = client.ask("GET", f"/smd/smconf.nsf/0/{one.unid}?OpenDocument")
        assert status == 200
        assert one.fields["LABActivationCode"] in text
        assert client.ask("GET", f"{LICENCES}/{one.unid}?DeleteDocument")[0] == 200
        assert client.ask("GET", f"/smd/smconf.nsf/0/{one.unid}?OpenDocument")[0] == 404
        assert next(each for each in store.read() if each.unid == one.unid).deleted


def test_access_services_read_change_and_delete(articles):
    """PATCH changes named fields alone; a condition from before a change is answered with 412."""
    with web(articles, serviced) as (client, store):
        client.log_in()
        form = living(store.read(), "LABServerSettings")[0]
        status, headers, text = client.ask("GET", DOCUMENTS + form.unid)
        assert status == 200
        assert json.loads(text)["LABProxyUsed"] == form.fields["LABProxyUsed"]
        since = headers["Last-Modified"]
        change = json.dumps({"LABProxyServer": "proxy.lab.example"})
        assert client.ask("PATCH", DOCUMENTS + form.unid, change, **{"If-Unmodified-Since": since})[0] == 200
        changed = living(store.read(), "LABServerSettings")[0]
        assert changed.fields == {**form.fields, "LABProxyServer": "proxy.lab.example"}
        assert client.ask("DELETE", DOCUMENTS + form.unid, **{"If-Unmodified-Since": since})[0] == 412
        assert client.ask("DELETE", DOCUMENTS + form.unid)[0] == 200
        assert client.ask("GET", DOCUMENTS + form.unid)[0] == 404


def test_access_services_are_not_everywhere(articles):
    """Older servers do not know them; on newer ones they may be off for the database."""
    for wanted, expected in (
        (older, 404),
        (lambda one: not older(one) and not one.site.access_services, 403),
    ):
        with web(articles, wanted) as (client, store):
            client.log_in()
            assert client.ask("GET", DOCUMENTS + living(store.read())[0].unid)[0] == expected


def test_tls_is_there_and_proven_by_the_servers_own_certificate(articles):
    """The pin of the inventory is that of the certificate; a client that trusts others is refused."""
    server = next(one for one in articles.servers if one.site.tls == "pin")
    paths = articles.paths.of(server)
    assert Client(paths).ask("GET", "/")[0] in {200, 401}
    stranger = ssl.create_default_context()
    with (
        socket.create_connection(("127.0.0.1", server.site.http_port), timeout=60) as sock,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        stranger.wrap_socket(sock, server_hostname="localhost")
    der = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", server.site.http_port)))
    assert hashlib.sha256(der).hexdigest() == pin_of(paths)


def test_http_goes_through_ssh(articles):
    """A channel of an SSH connection carries a request and its answer to the end."""
    server = next(one for one in articles.servers if one.site.http == "basic" and one.site.tls == "off")
    with connect(articles, server) as transport:
        to = ("localhost", server.site.http_port)
        channel = transport.open_channel("direct-tcpip", to, ("127.0.0.1", 0), timeout=60)
        channel.settimeout(60)
        channel.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = b"".join(iter(lambda: channel.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 401 ")
        assert answer.endswith(b"</html>\n")


def test_somebody_else_may_edit_what_was_read(resting_articles):
    """With this fault a condition from the first reading is answered with 412, one from the second holds."""
    paths = resting_articles
    store, task = Store(paths.documents), WebTask(paths, faults=ServerFaults({"somebody_edits": 1}))
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", paths.server.site.http_port))
        listener.listen()
        unid = living(store.read())[0].unid

        def ask(method, **headers):
            answers = []
            asking = threading.Thread(
                target=lambda: answers.append(client.ask(method, DOCUMENTS + unid, **headers))
            )
            asking.start()
            task.serve(listener.accept()[0])
            asking.join()
            return answers[0]

        client = Client(paths)
        token = base64.b64encode(f"{WEB_USER}:{WEB_PASSWORD}".encode()).decode()
        client.headers = {"Authorization": f"Basic {token}"}
        first = ask("GET")[1]["Last-Modified"]
        assert ask("DELETE", **{"If-Unmodified-Since": first})[0] == 412
        second = ask("GET")[1]["Last-Modified"]
        assert ask("DELETE", **{"If-Unmodified-Since": second})[0] == 200


def test_ssh_leads_to_the_servers_own_http_alone(articles):
    """Another server's port is refused, as is any other port of the machine."""
    one, other = [server for server in articles.servers if server.site.http != "off" and not server.host][:2]
    with connect(articles, one) as transport:
        for port in (other.site.http_port, other.port):
            with pytest.raises(paramiko.ChannelException):
                transport.open_channel("direct-tcpip", ("127.0.0.1", port), ("127.0.0.1", 0), timeout=60)
