"""Well-formed playbooks become what they say."""

import pickle
from pathlib import Path

import pytest
from playbook_fakes import MODULES

from remediate.errors import Place
from remediate.playbook.load import load_playbook
from remediate.playbook.model import BecomeSetting, Block, LoopControl, Play, Task, each_task


def _load(tmp_path: Path, text: str) -> tuple[Play, ...]:
    path = tmp_path / "playbook.yaml"
    path.write_text(text)
    return load_playbook(path, MODULES)


def _load_task(tmp_path: Path, *lines: str) -> Task:
    (play,) = _load(tmp_path, "- hosts: all\n  tasks:\n    - " + "\n      ".join(lines))
    (task,) = play.tasks
    assert isinstance(task, Task)
    return task


EVERYTHING = """\
- name: renew
  hosts: "{{ target | default('domino') }}"
  vars: {build: 3504, nested: {a: [1]}}
  become: true
  become_user: notes
  become_method: su
  environment: {TZ: UTC, LANG: C}
  gather_facts: false
  serial: [1, "30%"]
  max_fail_percentage: 25
  tags: [licence, trend]
  no_log: true
  ignore_errors: "{{ lenient }}"
  tasks:
    - name: guarded
      when: outer
      vars: {a: block, b: block}
      tags: inner, deep
      become_user: root
      environment: {TZ: CET}
      block:
        - name: ask
          command: date
          when: [first, true]
          vars: {a: task}
          no_log: false
          tags: own
          ignore_errors: false
          environment: {EMPTY: ""}
      rescue:
        - debug: {msg: sorry}
      always:
        - block:
            - pause:
          when: innermost
    - debug: {msg: last}
      notify: restart
  handlers:
    - name: restart
      shell: echo restarted
      listen: [one, two]
"""


def test_a_play_says_everything_that_its_keywords_say(tmp_path: Path) -> None:
    """Each keyword of a play is found in its field, templates as written."""
    (play,) = _load(tmp_path, EVERYTHING)
    assert play.name == "renew"
    assert play.hosts == "{{ target | default('domino') }}"
    assert play.variables == {"build": 3504, "nested": {"a": [1]}}
    assert play.become == BecomeSetting(become=True, user="notes", method="su")
    assert play.environment == {"TZ": "UTC", "LANG": "C"}
    assert play.serial == (1, "30%")
    assert play.max_fail_percentage == 25.0
    assert play.tags == {"licence", "trend"}
    assert play.directory == tmp_path
    assert play.place_of("serial", 1) == Place(str(tmp_path / "playbook.yaml"), 9, 15)
    assert [task.name for task in play.tasks] == ["guarded", "debug"]


def test_a_task_is_complete_by_itself(tmp_path: Path) -> None:
    """A task holds what its play and blocks say: the innermost wins, conditions go from outside in."""
    (play,) = _load(tmp_path, EVERYTHING)
    ask, sorry, pause, last, restart = each_task((*play.tasks, *play.handlers))
    assert ask.when == ("outer", "first", True)
    assert ask.variables == {"a": "task", "b": "block"}
    assert ask.tags == {"licence", "trend", "inner", "deep", "own"}
    assert (ask.become, ask.become_user, ask.become_method) == (True, "root", "su")
    assert ask.environment == {"TZ": "CET", "LANG": "C", "EMPTY": ""}
    assert (ask.no_log, ask.ignore_errors) == (False, False)
    assert sorry.when == ("outer",)
    assert (sorry.no_log, sorry.ignore_errors) == (True, "{{ lenient }}")
    assert pause.when == ("outer", "innermost")
    assert (last.when, last.become_user, last.variables) == ((), "notes", {})
    assert (restart.listen, restart.become, restart.params) == (
        ("one", "two"),
        True,
        {"cmd": "echo restarted"},
    )


def test_inherited_conditions_keep_their_own_places(tmp_path: Path) -> None:
    """An error in a block's condition points at the block's line, one in the task's at the task's."""
    (play,) = _load(tmp_path, EVERYTHING)
    ask = next(each_task(play.tasks))
    assert [ask.place_of("when", index).line for index in range(3)] == [16, 24, 24]
    assert ask.place_of("environment.TZ").line == 20
    assert ask.place_of("vars.a").line == 25
    assert ask.place_of("module").line == 23
    assert ask.place_of("until") == ask.place


def test_a_block_keeps_its_three_lists_apart(tmp_path: Path) -> None:
    """Tasks, rescue and always stay where they were written, blocks inside of blocks too."""
    (play,) = _load(tmp_path, EVERYTHING)
    block = play.tasks[0]
    assert isinstance(block, Block)
    assert [task.name for task in block.tasks] == ["ask"]
    assert [task.name for task in block.rescue] == ["debug"]
    assert [type(task) for task in block.always] == [Block]
    assert block.place.line == 15


def test_a_task_says_everything_that_its_keywords_say(tmp_path: Path) -> None:
    """Each keyword of a task is found in its field."""
    task = _load_task(
        tmp_path,
        "name: ask",
        "command: {cmd: date, read_only: true}",
        "loop: [a, {b: c}]",
        "loop_control: {loop_var: it, index_var: i, label: '{{ it }}'}",
        "register: answer",
        "until: answer.rc == 0",
        "retries: 3",
        "delay: 0.5",
        "changed_when: false",
        "failed_when: [a, b]",
        "notify: ['{{ which }}']",
        "become: '{{ needs_root }}'",
    )
    assert task.params == {"cmd": "date", "read_only": True}
    assert task.param_places["read_only"].column == 39
    assert task.loop == ["a", {"b": "c"}]
    assert task.loop_control == LoopControl(loop_var="it", index_var="i", label="{{ it }}")
    assert (task.register, task.until, task.retries, task.delay) == ("answer", ("answer.rc == 0",), 3, 0.5)
    assert (task.changed_when, task.failed_when) == ((False,), ("a", "b"))
    assert (task.notify, task.become) == (("{{ which }}",), "{{ needs_root }}")


def test_a_task_that_says_little_has_the_defaults(tmp_path: Path) -> None:
    """Silence is told apart from an empty value, and the name is the module's."""
    task = _load_task(tmp_path, "pause:")
    assert (task.name, task.module, task.params) == ("pause", "pause", {})
    assert (task.loop, task.register, task.retries, task.until) == (None, None, None, ())
    assert (task.changed_when, task.failed_when, task.become, task.become_user) == (None, None, None, None)
    assert (task.no_log, task.ignore_errors, task.tags, task.delay) == (False, False, frozenset(), 5.0)
    assert task.loop_control == LoopControl()


def test_retries_without_until_are_kept(tmp_path: Path) -> None:
    """`retries` alone means: until the task succeeds."""
    task = _load_task(tmp_path, "command: date", "retries: '{{ n }}'", "delay: '{{ d }}'")
    assert (task.retries, task.until, task.delay) == ("{{ n }}", (), "{{ d }}")


@pytest.mark.parametrize("module", ["command", "shell", "ansible.builtin.command", "ansible.builtin.shell"])
def test_a_command_may_be_plain_text(tmp_path: Path, module: str) -> None:
    """The free form becomes the parameter `cmd`, character by character, in its own place."""
    text = "echo 'a  b' \"$c\" {{ d }} --x=y"
    task = _load_task(tmp_path, f"{module}: {text}")
    assert (task.module, task.params) == (module.removeprefix("ansible.builtin."), {"cmd": text})
    assert task.param_places["cmd"].column == len(module) + 9


def test_empty_lists_and_mappings_are_no_mistakes(tmp_path: Path) -> None:
    """A keyword whose list or mapping is still empty is read as such."""
    plays = _load(
        tmp_path, "- hosts: [a, 'b*']\n  vars:\n  environment:\n  tags:\n  tasks:\n  handlers:\n- hosts: c\n"
    )
    assert [(play.name, play.hosts, play.tasks) for play in plays] == [("a,b*", "a,b*", ()), ("c", "c", ())]
    assert [play.place.line for play in plays] == [1, 7]


def test_handlers_may_be_named_by_a_template(tmp_path: Path) -> None:
    """Where a handler's name is known only in the run, a notify is not refused before it."""
    text = "- hosts: a\n  tasks: [{pause: , notify: x}]\n  handlers: [{name: '{{ y }}', pause: }]\n"
    assert len(_load(tmp_path, text)) == 1


def test_plays_can_be_sent_to_another_process(tmp_path: Path) -> None:
    """What was loaded is plain data: pickled and read back it is the same."""
    plays = _load(tmp_path, EVERYTHING)
    assert pickle.loads(pickle.dumps(plays)) == plays  # noqa: S301 - our own bytes
