"""Targets from inventory variables: what is understood, and what is refused."""

import ast
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.errors import InventoryError
from remediate.hosts import target as target_module
from remediate.hosts.target import ITSELF, Become, Becoming, ConnectionOptions, Secret, Target, target_of
from remediate.playbook.names import CONNECTION_VARIABLES

NOTHING = ConnectionOptions()


def test_a_bare_name_is_enough() -> None:
    """Without variables and options the name is the address, and ssh_config decides the rest."""
    assert target_of("web1", {}, NOTHING) == Target(name="web1", address="web1")


def test_variables_are_read_and_win_over_options() -> None:
    """Every variable has its place, and beats what the command line says for all hosts."""
    options = ConnectionOptions(
        user="opt", private_key="/opt", become=True, become_user="opt", become_method="su", connect_timeout=3
    )
    variables = {
        "ansible_host": "10.0.0.1",
        "ansible_port": "2222",
        "ansible_user": "admin",
        "ansible_ssh_private_key_file": "~/.ssh/fleet",
        "ansible_password": 1234,
        "ansible_become": "no",
        "ansible_become_user": "notes",
        "ansible_become_method": "sudo",
        "ansible_become_pass": "x",
        "ansible_shell_executable": "/bin/ksh",
        "ansible_timeout": 5,
        "ansible_python_interpreter": "/usr/bin/python",
        "ssh_legacy": True,
        "ssh_known_hosts": "known",
    }
    assert target_of("web1", variables, options) == Target(  # noqa: S604 - a path, not a flag
        name="web1",
        address="10.0.0.1",
        port=2222,
        user="admin",
        private_key="~/.ssh/fleet",
        password=Secret("1234"),
        legacy=True,
        known_hosts="known",
        connect_timeout=5.0,
        shell="/bin/ksh",
        variables=Becoming(wanted=False, user="notes", method="sudo"),
        options=Becoming(wanted=True, user="opt", method="su"),
        become_password=Secret("x"),
    )
    from_options = target_of("web1", {}, options)
    assert (from_options.user, from_options.private_key, from_options.connect_timeout) == ("opt", "/opt", 3)
    assert from_options.default == Become(user="opt", method="su")


def test_where_nobody_says_otherwise_scripts_run_as_the_host_has_it() -> None:
    """Who asks for somebody gets that user, with the host's password; and the login user can be asked for."""
    own = Becoming(wanted=True, user="notes")
    target = Target(name="web1", address="web1", variables=own, become_password=Secret("x"))
    assert target.become_for(None) == Become(user="notes", password=Secret("x"))
    assert target.become_for(Become(user="daemon")) == Become(user="daemon", password=Secret("x"))
    assert target.become_for(ITSELF) is None
    assert Target(name="web1", address="web1").become_for(None) is None


def test_what_says_how_a_host_is_reached_is_known_to_be_no_playbook_s() -> None:
    """A variable that is read here, and could be set in a playbook, would be set there in vain."""
    text = Path(target_module.__file__).read_text()
    words = {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}
    read = {word for word in words if isinstance(word, str) and re.fullmatch("(ansible|ssh)_[a-z_]+", word)}
    assert read == CONNECTION_VARIABLES


REFUSED = [
    ({"ansible_port": "x"}, "ansible_port must be a number from 1 to 65535, not 'x'"),
    ({"ansible_port": 0}, "ansible_port"),
    ({"ansible_port": True}, "ansible_port"),
    ({"ansible_port": 22.5}, "ansible_port"),
    ({"ansible_host": ["a"]}, "ansible_host must be a text"),
    ({"ansible_host": "-oProxyCommand=x"}, "ansible_host must be a host name or an address"),
    ({"ansible_host": "a b"}, "ansible_host"),
    ({"ansible_user": 5}, "ansible_user must be a text"),
    ({"ansible_user": "a\nb"}, "ansible_user"),
    ({"ansible_password": ["s3cret"]}, "ansible_password must be a text of one line, not a list"),
    ({"ansible_become": "perhaps"}, "ansible_become must be true or false"),
    ({"ansible_become_user": "x; reboot"}, "ansible_become_user must be a user name"),
    ({"ansible_become_method": "doas"}, "sudo and su are supported"),
    ({"ansible_shell_executable": "sh"}, "the full path of a shell"),
    ({"ansible_shell_executable": "/bin/sh -x"}, "the full path of a shell"),
    ({"ansible_timeout": 0}, "a number of seconds"),
    ({"ansible_connection": "local"}, "only ssh is supported"),
    ({"ansible_shell_type": "csh"}, "ansible_shell_type"),
    ({"ansible_ssh_common_args": "-o ProxyJump=x"}, "ssh_config"),
    ({"ansible_host_key_checking": False}, "--accept-new-host-keys"),
    ({"ssh_legacy": "maybe"}, "ssh_legacy must be true or false"),
]


@pytest.mark.parametrize(("variables", "words"), REFUSED)
def test_what_cannot_be_honoured_is_refused(variables: dict[str, object], words: str) -> None:
    """A wrong variable is an error that names host, variable and what would be right, and shows no secret."""
    with pytest.raises(InventoryError) as caught:
        target_of("web1", variables, NOTHING)
    message = str(caught.value)
    assert message.startswith("host web1: ")
    assert words in message
    assert "s3cret" not in message


def test_empty_values_are_as_if_not_there() -> None:
    """What an inventory sets to nothing is not set."""
    names = [
        "ansible_host",
        "ansible_port",
        "ansible_ssh_common_args",
        "ansible_password",
        "ansible_connection",
    ]
    for empty in (None, ""):
        assert target_of("web1", dict.fromkeys(names, empty), NOTHING) == target_of("web1", {}, NOTHING)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
NAMES = st.sampled_from(
    [
        "ansible_host",
        "ansible_port",
        "ansible_user",
        "ansible_password",
        "ansible_become",
        "ansible_become_user",
        "ansible_become_method",
        "ansible_connection",
        "ansible_shell_executable",
        "ansible_timeout",
        "ssh_legacy",
    ]
)


@given(variables=st.dictionaries(NAMES, ANY))
def test_any_value_gives_a_target_or_a_clear_error(variables: dict[str, object]) -> None:
    """Whatever YAML can hold is read or refused, never a traceback."""
    try:
        target = target_of("web1", variables, NOTHING)
    except InventoryError as error:
        assert error.where == "host web1"  # noqa: PT017 - either outcome is right
    else:
        assert pickle.loads(pickle.dumps(target)) == target  # noqa: S301


@given(text=st.text(min_size=9))
def test_a_secret_does_not_show_itself(text: str) -> None:
    """However a secret is printed, only stars are seen; it survives pickling."""
    secret = Secret(text)
    assert {repr(secret), str(secret), f"{secret}", repr(Become(password=secret))[-9:-1]} == {"********"}
    assert pickle.loads(pickle.dumps(secret)) == secret  # noqa: S301
    assert secret.reveal() == text


def test_targets_need_no_fabric() -> None:
    """Importing targets and hosts loads neither Fabric nor paramiko."""
    code = "import sys, remediate.hosts.host; sys.exit(bool({'fabric', 'paramiko'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
