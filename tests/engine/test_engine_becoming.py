"""As whom a task is done: variables win over keywords, and keywords over the command line, as in Ansible."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from runs import Hosts, Ran, TestHost, play

from remediate.facts.base import Output
from remediate.hosts.target import Become, ConnectionOptions, Target

Runner = Callable[..., Ran]

LOGIN = "the login user"


class AnybodyHost(TestHost):
    """A TestHost that notes as whom it ran each script that has the word `whom` in it, and becomes nobody."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.name)
        self.became: list[str] = []
        self._target = target

    def ask(self, scripts: Sequence[str], *, become: Become | None = None, deadline: float) -> list[Output]:
        user = self._target.become_for(become)
        if any("whom" in script for script in scripts):
            self.became.append(LOGIN if user is None else f"{user.user} by {user.method}")
        return super().ask(scripts, deadline=deadline)


class Anybody(Hosts):
    """Makes hosts that become whoever is asked for."""

    def host(self, target: Target) -> TestHost:
        return self.made.setdefault(target.name, AnybodyHost(target))


# keywords of the task, variables of the host, what the command line says, as whom Ansible does it
CASES = [
    ("", "", "", LOGIN),
    ("", "", "become", "root by sudo"),
    ("", "", "become user=nobody", "nobody by sudo"),
    ("", "", "user=nobody", LOGIN),
    ("become: true", "", "", "root by sudo"),
    ("become: true", "", "user=nobody method=su", "nobody by su"),
    ("become: true, become_user: daemon", "", "user=nobody", "daemon by sudo"),
    ("become: true, become_user: daemon", "", "become user=nobody", "daemon by sudo"),
    ("become: true, become_method: su", "", "method=sudo", "root by su"),
    ("become_user: daemon", "", "", LOGIN),
    ("become_user: daemon", "", "become", "daemon by sudo"),
    ("become: false", "", "become user=nobody", LOGIN),
    ("become: false, become_user: daemon", "", "become", LOGIN),
    ("become: '{{ no_such_user }}'", "", "become", LOGIN),
    ("", "ansible_become: true", "user=nobody", "nobody by sudo"),
    ("become_user: daemon", "ansible_become: true", "", "daemon by sudo"),
    ("become: false, become_user: daemon", "ansible_become: true", "", "daemon by sudo"),
    ("become: true", "ansible_become: false", "become", LOGIN),
    ("become: true, become_user: daemon", "ansible_become_user: notes", "user=nobody", "notes by sudo"),
    ("become: true, become_method: sudo", "ansible_become_method: su", "", "root by su"),
    ("become_user: daemon", "ansible_become_user: notes", "", LOGIN),
    ("vars: {ansible_become: true, ansible_become_user: bin}", "", "", "bin by sudo"),
    (
        "vars: {ansible_become_user: bin}",
        "ansible_become: true, ansible_become_user: notes",
        "",
        "bin by sudo",
    ),
    ("vars: {ansible_become: false}, become: true", "ansible_become: true", "become", LOGIN),
    ("vars: {ansible_become_method: su}, become: true, become_user: daemon", "", "", "daemon by su"),
]


@pytest.mark.parametrize(("keywords", "variables", "said", "whom"), CASES)
def test_variables_win_over_keywords_and_keywords_over_options(
    run: Runner, root: Path, *, keywords: str, variables: str, said: str, whom: str
) -> None:
    """A command runs as the user, and by the method, that the strongest of them names."""
    ran = run(
        play(f"- {{name: a, shell: 'echo whom'{', ' + keywords if keywords else ''}}}"),
        inventory=f"all: {{hosts: {{one: {{{variables}}}}}}}\n",
        extra={"no_such_user": "false"},
        connection=_options(said),
        hosts=(hosts := Anybody()),
    )
    assert ran.status("a") == "changed"
    assert _became(hosts) == [whom]


def test_what_a_play_and_a_block_say_counts_for_their_tasks(run: Runner, root: Path) -> None:
    """A task's own words and variables win over the block's, and these over the play's; -e wins over all."""
    tasks = play(
        """
- {name: a, shell: "echo whom"}
- vars: {ansible_become_user: inner}
  block:
  - {name: b, shell: "echo whom"}
  - {name: c, shell: "echo whom", vars: {ansible_become_user: own}}
- {name: d, set_fact: {ansible_become_user: found}}
- {name: e, shell: "echo whom", become_user: nobody}
""",
        more="  become: true\n  vars: {ansible_become_user: outer}\n",
    )
    run(tasks, hosts=(hosts := Anybody()))
    assert _became(hosts) == ["outer by sudo", "inner by sudo", "own by sudo", "found by sudo"]
    run(tasks, hosts=(hosts := Anybody()), extra={"ansible_become_user": "extra"})
    assert _became(hosts) == ["extra by sudo"] * 4


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ("vars: {ansible_become: perhaps}", "become must be true or false, not 'perhaps'"),
        ("become: true, vars: {ansible_become_user: 'a; b'}", "become_user must be a user name"),
        ("become: true, vars: {ansible_become_method: doas}", "sudo and su are supported"),
        ("become: '{{ 1 + 1 }}'", "become must be true or false, not 2"),
    ],
)
def test_what_is_no_user_is_a_failure_with_its_place(
    run: Runner, root: Path, keywords: str, words: str
) -> None:
    """The task fails before anything is sent, at its line, and names what would be right."""
    ran = run(play(f"- {{name: a, shell: 'echo whom', {keywords}}}"), hosts=(hosts := Anybody()))
    assert ran.status("a") == "failed"
    assert "playbook.yaml:4:" in ran.of("a").message
    assert words in ran.of("a").message
    assert _became(hosts) == []


def _options(said: str) -> ConnectionOptions:
    words = dict(word.partition("=")[::2] for word in said.split())
    return ConnectionOptions(
        become="become" in words, become_user=words.get("user"), become_method=words.get("method")
    )


def _became(hosts: Anybody) -> list[str]:
    """Whom the one host became for the commands, one after another."""
    (host,) = hosts.made.values()
    assert isinstance(host, AnybodyHost)
    return host.became
