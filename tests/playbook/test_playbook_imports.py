"""Imports: other playbooks and files of tasks take their place."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from playbook_fakes import MODULES, Catalog, Checker

from remediate.errors import Place, PlaybookError, RemediateError
from remediate.playbook.lint import lint
from remediate.playbook.load import load_playbook
from remediate.playbook.model import Block, Play, Task, each_task

CASES = sorted((Path(__file__).parent / "imports").glob("*/site.yaml"))

Load = Callable[..., tuple[Play, ...]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Writes files, and loads the one that is called site.yaml."""

    def write_and_load(files: Mapping[str, str]) -> tuple[Play, ...]:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return load_playbook(tmp_path / "site.yaml", MODULES)

    return write_and_load


def _told(mistake: RemediateError, directory: Path) -> str:
    assert isinstance(mistake.where, Place)
    place = f"{mistake.where.file}:{mistake.where.line}:{mistake.where.column}"
    return f"{place} {mistake.what}".replace(f"{directory}/", "")


def _lint(*paths: Path) -> list[RemediateError]:
    return lint(paths, modules=Catalog(), templar=Checker())


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.parent.name)
def test_lint_covers_imported_files_and_tells_each_mistake_once(path: Path) -> None:
    """The mistakes that site.yaml names in its header are found where they are written, and no others."""
    expected = [line[2:] for line in path.read_text().splitlines() if line.startswith("# ") and ":" in line]
    assert sorted(_told(mistake, path.parent) for mistake in _lint(path)) == sorted(expected)


def test_a_file_that_is_both_imported_and_given_is_told_of_once() -> None:
    """Whatever path leads to a file, its mistakes are told once, under the first name it had."""
    site = next(path for path in CASES if path.parent.name == "twice")
    play = site.parent / "more" / "play.yaml"
    around = play.parent / ".." / "more" / "play.yaml"
    assert [str(each) for each in _lint(site, play, around, site)] == [str(each) for each in _lint(site)]
    assert [_told(each, site.parent) for each in _lint(play, site)][:2] == [
        "more/play.yaml:1:3 unknown keyword 'host' of a play",
        "more/play.yaml:1:3 the play does not say its 'hosts'",
    ]
    assert len(_lint(play, site)) == len(_lint(site))


PLAYS = """\
- hosts: web
  vars: {a: play, b: play}
  tags: own
  tasks:
    - block:
        - command: date
          when: inner
          vars: {a: task}
          notify: restart
      when: [first, second]
    - command: date
  handlers:
    - {name: restart, command: date, when: mine}
- hosts: db
"""


def test_an_imported_playbooks_plays_take_its_place(load: Load, tmp_path: Path) -> None:
    """Conditions come first, tags are added, variables win over the play's but not over a task's."""
    site = """\
- hosts: before
- import_playbook: more/plays.yaml
  name: the others
  when: [outermost, true]
  tags: [extra, own]
  vars: {a: import, c: import}
- hosts: after
"""
    plays = load({"site.yaml": site, "more/plays.yaml": PLAYS})
    assert [play.hosts for play in plays] == ["before", "web", "db", "after"]
    web = plays[1]
    ask, last = each_task(web.tasks)
    assert ask.when == ("outermost", True, "first", "second", "inner")
    assert [ask.place_of("when", index).line for index in range(5)] == [4, 4, 10, 10, 7]
    assert ask.place_of("when", 1).file == str(tmp_path / "site.yaml")
    assert ask.place_of("when", 4).file == str(tmp_path / "more" / "plays.yaml")
    assert last.when == ("outermost", True)
    assert web.name == "web"
    assert web.tags == ask.tags == last.tags == plays[2].tags == {"own", "extra"}
    assert web.variables == {"a": "import", "b": "play", "c": "import"}
    assert plays[2].variables == {"a": "import", "c": "import"}
    assert (ask.variables, last.variables) == ({"a": "task"}, {})
    assert web.place_of("vars.a") == Place(str(tmp_path / "site.yaml"), 6, 13)
    assert web.place_of("vars.b") == Place(str(tmp_path / "more" / "plays.yaml"), 2, 22)
    assert (plays[0].tags, plays[3].tags, plays[3].variables) == (frozenset(), frozenset(), {})


def test_an_imports_condition_is_not_for_handlers(load: Load) -> None:
    """A handler is run only where it was notified, so that only its own condition is left to ask."""
    site = "- import_playbook: plays.yaml\n  when: outermost\n  tags: extra\n"
    (web, _) = load({"site.yaml": site, "plays.yaml": PLAYS})
    assert [(handler.when, handler.tags) for handler in web.handlers] == [(("mine",), {"own", "extra"})]


def test_an_import_of_imports_lays_the_outer_one_over_the_inner_one(load: Load) -> None:
    """The outermost condition is asked first, and the outermost variable wins."""
    (play,) = load(
        {
            "site.yaml": "- import_playbook: a/a.yaml\n  when: outer\n  tags: outer\n  vars: {x: outer}\n",
            "a/a.yaml": "- import_playbook: ../b/b.yaml\n  when: inner\n  tags: inner\n  vars: {x: a, y: a}",
            "b/b.yaml": "- hosts: all\n  vars: {x: b, y: b, z: b}\n  tasks: [command: date]\n",
        }
    )
    (task,) = play.tasks
    assert isinstance(task, Task)
    assert task.when == ("outer", "inner")
    assert play.tags == {"outer", "inner"}
    assert play.variables == {"x": "outer", "y": "a", "z": "b"}


def test_a_play_belongs_to_the_directory_of_its_own_file(load: Load, tmp_path: Path) -> None:
    """Imported plays look beside their own playbook, imported tasks beside the playbook that uses them."""
    plays = load(
        {
            "site.yaml": "- import_playbook: a/../a/plays.yaml\n- hosts: all\n",
            "a/plays.yaml": "- hosts: all\n  tasks: [import_tasks: ../steps/steps.yaml]\n",
            "steps/steps.yaml": "- copy: {src: x, dest: /x}\n",
        }
    )
    assert [play.directory for play in plays] == [tmp_path / "a", tmp_path]
    (copy,) = plays[0].tasks
    assert copy.place == Place(str(tmp_path / "steps" / "steps.yaml"), 1, 3)


def test_the_same_file_may_be_imported_again_and_again(load: Load) -> None:
    """Each import of a file stands for itself."""
    site = "- import_playbook: play.yaml\n  vars: {x: 1}\n- import_playbook: play.yaml\n  vars: {x: 2}\n"
    play = "- hosts: all\n  tasks: [{import_tasks: t.yaml, tags: a}, {import_tasks: t.yaml, tags: b}]\n"
    plays = load({"site.yaml": site, "play.yaml": play, "t.yaml": "- command: date\n"})
    assert [each.variables for each in plays] == [{"x": 1}, {"x": 2}]
    assert [[task.tags for task in each_task(each.tasks)] for each in plays] == [[{"a"}, {"b"}]] * 2


def test_tasks_can_be_imported_wherever_tasks_stand(load: Load) -> None:
    """Lists of plays, of blocks and of handlers take them, and a file of tasks finds others beside itself."""
    site = """\
- hosts: all
  become: true
  tasks:
    - command: first
    - name: the rest
      ansible.builtin.import_tasks: steps/outer.yaml
      become_user: notes
      environment: {TZ: UTC}
      no_log: true
      ignore_errors: true
      vars: {a: import, b: import}
    - block: [import_tasks: steps/inner.yaml]
      rescue: [import_tasks: steps/inner.yaml]
      always: [import_tasks: steps/inner.yaml]
  handlers:
    - import_tasks: handlers.yaml
      when: allowed
"""
    outer = (
        "- block:\n    - import_tasks: inner.yaml\n      vars: {b: inner}\n  when: outer\n- command: last\n"
    )
    (play,) = load(
        {
            "site.yaml": site,
            "steps/outer.yaml": outer,
            "steps/inner.yaml": "- command: date\n  notify: heard\n",
            "handlers.yaml": "- name: restart\n  command: date\n  listen: heard\n",
        }
    )
    assert [type(entry) for entry in play.tasks] == [Task, Block, Task, Block]
    _, inner, last, *others = each_task(play.tasks)
    assert (inner.when, inner.variables) == (("outer",), {"a": "import", "b": "inner"})
    assert (last.become, last.become_user, last.environment) == (True, "notes", {"TZ": "UTC"})
    assert (last.no_log, last.ignore_errors, last.params["cmd"]) == (True, True, "last")
    assert [(other.no_log, other.become_user) for other in others] == [(False, None)] * 3
    (handler,) = play.handlers
    assert (handler.listen, handler.when) == (("heard",), ("allowed",))


def test_a_path_may_be_absolute_and_lead_through_links(load: Load, tmp_path: Path) -> None:
    """A linked directory's playbook looks beside the link, and `..` goes where the system says."""
    real = tmp_path / "elsewhere" / "real"
    real.mkdir(parents=True)
    (tmp_path / "link").symlink_to(real)
    plays = load(
        {
            "elsewhere/real/play.yaml": "- hosts: real\n- import_playbook: ../beside.yaml\n",
            "elsewhere/beside.yaml": "- hosts: beside\n",
            "site.yaml": f"- import_playbook: link/play.yaml\n- import_playbook: {real}/play.yaml\n",
        }
    )
    assert [play.hosts for play in plays] == ["real", "beside"] * 2
    assert [play.directory for play in plays][::2] == [tmp_path / "link", real]


def test_imports_that_multiply_are_stopped(load: Load) -> None:
    """A few small files cannot stand for millions of tasks."""
    twice = "- import_tasks: {0}.yaml\n- import_tasks: {0}.yaml\n"
    files = {f"{number}.yaml": twice.format(number + 1) for number in range(15)}
    site = "- hosts: all\n  tasks: [import_tasks: 0.yaml]\n"
    with pytest.raises(PlaybookError) as caught:
        load({**files, "15.yaml": "- command: date\n", "site.yaml": site})
    assert "more than 1000 imports" in str(caught.value)


def test_imports_nested_without_end_are_a_mistake(load: Load) -> None:
    """A chain too long for the reader is refused in words."""
    files = {f"{number}.yaml": f"- block: [import_tasks: {number + 1}.yaml]\n" for number in range(21)}
    site = "- hosts: all\n  tasks: [import_tasks: 1.yaml]\n"
    files["21.yaml"] = "- command: date\n"
    with pytest.raises(PlaybookError, match=r"20\.yaml:1:25: imports nested more than 20 levels"):
        load({**files, "site.yaml": site})
    assert load({**files, "site.yaml": site.replace("1", "2")})


def test_blocks_and_imports_nested_in_turn_are_a_mistake(load: Load) -> None:
    """What each file alone may hold is still refused in words where the files together are too much."""
    deep = "- " + "block: [" * 45 + "import_tasks: {}.yaml" + "]" * 45
    files = {f"{number}.yaml": deep.format(number + 1) for number in range(20)}
    with pytest.raises(PlaybookError, match="nested"):
        load({**files, "site.yaml": "- hosts: all\n  tasks: [import_tasks: 0.yaml]\n"})
