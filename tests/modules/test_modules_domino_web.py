"""How the HTTP task of a Domino server is reached, and mistakes in saying so."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from domino_web import Domino, make_certificate, serving
from domino_web_play import LIST, Play
from runs import perform


def test_the_http_task_is_off(domino: Domino, play: Play) -> None:
    """Where nobody listens, the message says what to start or to do by hand."""
    ran = play(LIST, server={"port": 1})
    assert "nobody listens there" in ran.of("list").message


def test_tls_with_an_authority_beside_the_playbook(tmp_path: Path) -> None:
    """The authority's certificates are a file of the playbook."""
    certificate = make_certificate(tmp_path)
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "authority.pem").write_text(certificate.pem)
    with serving(Domino(), certificate.context) as task:
        for more, status in (
            ({"tls_ca": "authority.pem", "name": "mail.lab.example"}, "ok"),
            ({"tls_pin": ":".join([certificate.pin[:2].upper(), certificate.pin[2:]])}, "ok"),
            ({"tls_pin": "0" * 64}, "failed"),
        ):
            tasks = yaml.safe_load(LIST)[:1]
            variables = {"domino_http": {"port": task.port, **more}}
            book = [{"name": "p", "hosts": "all", "vars": variables, "tasks": tasks}]
            assert perform(tmp_path, json.dumps(book)).status("list") == status


@pytest.mark.parametrize(
    ("server", "message"),
    [
        ({"pasword": "hush-hush"}, "it has no 'pasword'"),
        ({"user": None}, "both 'user' and 'password'"),
        ({"password": ["hush-hush"]}, "its 'password' must be text"),
        ({"login": "hush-hush"}, "either basic or session"),
        ({"port": "hush-hush"}, "a number from 1 to 65535"),
        ({"tls_pin": "hush-hush"}, "64 hexadecimal digits"),
        ({"tls_pin": "0" * 64, "tls_ca": "-----BEGIN CERTIFICATE-----"}, "either 'tls_pin' or 'tls_ca'"),
        ({"address": "a b"}, "a host name or an address"),
        ({"user": "a:b"}, "login: session"),
    ],
)
def test_mistakes_in_the_server(domino: Domino, server: dict[str, Any], message: str) -> None:
    """A mistake in `server` is explained without the value, which might be a password."""
    from remediate.modules.domino.web import parse_server

    with pytest.raises(ValueError, match=message) as caught:
        parse_server({**domino.server(user="u", password="x", login="basic"), **server})
    assert "hush" not in str(caught.value)
