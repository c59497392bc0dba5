"""`remediate notify`: channels are tried, deliveries are listed and made up for, and no secret is shown."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fleet_examples import finding
from journals import journal_in
from needs import require
from receivers import LOOPBACK, Post, Web, certificate, post, web
from tellings import told

from remediate.cli.exit_codes import BAD_INPUT, FAILED
from remediate.notify import attempts
from remediate.notify.catalog import channels_in, chosen
from remediate.notify.message import Message
from remediate.settings import settings_in
from remediate.store.journal import ENDED

Command = Callable[..., tuple[int, str, str]]

SECRETS = {"key": "hook-k3y-4711", "password": "m4il-passw0rd", "url": "ch4t-t0ken-17"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """One attempt is enough."""
    monkeypatch.setattr(attempts, "_ATTEMPTS", 1)


@pytest.fixture
def receivers(folder: Path) -> Iterator[tuple[Web, Post]]:
    """A web server and a mail server that the folder's channels name, all with a secret each."""
    tls = certificate(folder)
    with web(tls=tls) as site, post(tls, password=SECRETS["password"]) as mail:
        address = site.url.removeprefix("https://")
        for name, value in SECRETS.items():
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(value)
        (folder / "url").write_text(f"jsons://user:{SECRETS['url']}@{address}/{SECRETS['url']}?verify=no")
        (folder / "remediate.toml").write_text(
            f'[notify.hook]\nkind = "webhook"\nurl = "{site.url}"\nkey_file = "key"\nca_file = "{tls.file}"\n'
            f'[notify.mail]\nkind = "smtp"\nhost = "{LOOPBACK}"\nport = {mail.port}\nca_file = "{tls.file}"\n'
            'from = "remediate@example.com"\nto = ["ops@example.com"]\n'
            'user = "remediate"\npassword_file = "password"\n'
            '[notify.chat]\nkind = "apprise"\nurl_file = "url"\n'
            '[notify.script]\nkind = "command"\narguments = ["sh", "-c", "cat > got.json"]\n'
        )
        yield site, mail


def tell(folder: Path, *names: str) -> None:
    """Have these channels told of a re-check."""
    message = Message(subject="remediate: nightly: 1 new", text="text\n", document={"kind": "recheck"})
    told(folder / "kept", message, chosen(channels_in(settings_in(folder)), names))


def test_a_channel_is_tried(folder: Path, receivers: tuple[Web, Post], remediate: Command) -> None:
    """With a message that says so itself; what does not work is told, with exit code 2."""
    site, mail = receivers
    for name in ("hook", "mail", "script"):
        assert remediate("notify", "test", name) == (0, f"sent through '{name}'\n", "")
    assert json.loads(site.requests[0].body)["kind"] == "trial"
    assert mail.taken[0]["Subject"] == "remediate: a trial of the channel mail"
    assert json.loads((folder / "got.json").read_text())["kind"] == "trial"
    site.answers = (404,)
    code, out, err = remediate("notify", "test", "hook")
    assert (code, out, err) == (FAILED, "", f"channel 'hook' does not work: {site.url} answered 404\n")
    code, _, err = remediate("notify", "test", "hok")
    assert code == BAD_INPUT
    assert "there is no channel 'hok' (did you mean 'hook'?)" in err


def test_deliveries_are_listed_and_made_up_for(
    folder: Path, receivers: tuple[Web, Post], remediate: Command
) -> None:
    """In `notify list` and in the history of the run; what failed has its reason there, until it is sent."""
    site, _ = receivers
    state = ("--state-dir", "kept")
    site.answers = (403,)
    tell(folder, "hook", "script")
    code, out, _ = remediate("notify", "list", *state)
    hook, script = out.splitlines()
    assert code == 0
    assert hook.startswith("run 1  hook  NOT TOLD, tried 20")
    assert hook.endswith(f": {site.url} answered 403")
    assert script.startswith("run 1  script  told 20")
    shown = remediate("history", *state, "show", "1")[1]
    assert shown.endswith(out)
    assert remediate("notify", "retry", *state)[:2] == (FAILED, "0 messages sent\n")
    site.answers = (204,)
    assert remediate("notify", "retry", *state) == (0, "1 message sent\n", "")
    objects = json.loads(remediate("notify", "list", *state, "--json")[1])
    assert [(each["channel"], each["state"], each["tries"]) for each in objects] == [
        ("hook", "sent", 3),
        ("script", "sent", 1),
    ]
    assert "NOT TOLD" not in remediate("history", *state, "show", "1")[1]


def test_what_is_passed_over_is_said(folder: Path, receivers: tuple[Web, Post], remediate: Command) -> None:
    """How many, where to see them, and that they are no news any more."""
    site, _ = receivers
    state, message = ("--state-dir", "kept"), Message(subject="1 new", text="text\n", document={})
    channels = chosen(channels_in(settings_in(folder)), ["hook"])
    site.answers = (503, 503, 204)
    for severity in ("critical", "ok"):
        told(folder / "kept", message, channels, finding("one", "a", severity))  # type: ignore[arg-type]
    assert remediate("notify", "retry", *state) == (
        0,
        "1 message sent\n1 passed over, of which all has changed again: see 'remediate notify list'\n",
        "",
    )
    assert remediate("notify", "list", *state)[1].startswith("run 1  hook  NOT TOLD, and no news any more")
    assert remediate("notify", "retry", "1", *state) == (0, "1 message sent\n", "")


def test_nobody_was_told_anything_yet(folder: Path, remediate: Command) -> None:
    """Without a store, or without anything in it."""
    assert "there is no history in kept" in remediate("notify", "list", "--state-dir", "kept")[2]
    journal = journal_in(folder / "kept")
    journal.tell(ENDED, "", {"hosts": {}})
    journal.close()
    assert remediate("notify", "list", "--state-dir", "kept") == (
        0,
        "nobody was to be told anything yet\n",
        "",
    )


def test_no_secret_is_seen(folder: Path, receivers: tuple[Web, Post], remediate: Command) -> None:
    """Neither in the store, nor in what is printed, nor in the list of processes: whether it fails or not."""
    require("ps")
    site, mail = receivers
    processes: list[str] = []
    over = threading.Event()
    waits = f"while test ! -f {folder}/seen; do sleep 0.1; done"

    def watch() -> None:
        while not over.wait(0.01):
            done = subprocess.run(["ps", "-ewwo", "args="], capture_output=True, text=True, check=True)
            processes.append(done.stdout)
            if waits in done.stdout:
                (folder / "seen").touch()

    (folder / "remediate.toml").write_text(
        (folder / "remediate.toml").read_text().replace("cat > got.json", f"cat > got.json; {waits}")
    )
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        said = "".join(str(remediate("notify", "test", name)) for name in ("hook", "mail", "chat", "script"))
        tell(folder, "hook", "mail", "chat", "script")
        site.answers, mail.password = (500,), "another one"
        (folder / "url").write_text(f"zzz://{SECRETS['url']}/{SECRETS['url']}")
        tell(folder, "hook", "mail", "chat", "script")
        said += str(remediate("notify", "retry", "--state-dir", "kept"))
        said += str(remediate("notify", "list", "--state-dir", "kept"))
        said += str(remediate("notify", "list", "--state-dir", "kept", "--json"))
    finally:
        over.set()
        watcher.join()
    assert said.count("NOT TOLD") == 3
    stored = b"".join(each.read_bytes() for each in (folder / "kept").iterdir())
    assert b"nightly" in stored
    assert any(waits in each for each in processes)
    for secret in SECRETS.values():
        assert secret not in said
        assert secret not in "".join(processes)
        assert secret.encode() not in stored
