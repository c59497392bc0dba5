"""What of a task is the same for every host is made once."""

from collections import Counter
from dataclasses import field
from pathlib import Path

from remediate.controller import ThisMachine
from remediate.engine.desk import Shelf
from remediate.engine.workshop import Workshop
from remediate.errors import Place
from remediate.playbook.model import Task
from remediate.records import dataclass
from remediate.templating.scope import Layer, Scope
from remediate.templating.templar import Templar


@dataclass(frozen=True)
class Counting(ThisMachine):
    """This machine, and how often each file was read."""

    reads: Counter[str] = field(default_factory=Counter)

    def read(self, path: str) -> bytes:
        self.reads[path] += 1
        return super().read(path)


def workshop(folder: Path) -> tuple[Workshop, Counting]:
    """A workshop beside a playbook in this folder, and what it reads there."""
    controller = Counting()
    return Workshop(Templar(), Shelf(folder, controller)), controller


def task(module: str, **params: object) -> Task:
    """A task as a playbook has it."""
    return Task(name="a task", module=module, params=params, place=Place("playbook.yaml"))


def scope(**variables: object) -> Scope:
    """The variables of one host."""
    return Scope((Layer(variables),))


def test_a_module_without_templates_serves_every_host(tmp_path: Path) -> None:
    """Two hosts with other variables share the module of a task that names none."""
    shop, _ = workshop(tmp_path)
    line = task("lineinfile", path="/etc/motd", line="welcome", mode="0644")
    assert shop.build(line, scope(a=1)) is shop.build(line, scope(a=2))


def test_a_module_with_a_template_is_built_for_each_host(tmp_path: Path) -> None:
    """What names a variable, in a parameter, a condition or a template file, is each host's own."""
    (tmp_path / "a.j2").write_text("{{ name }}\n")
    shop, _ = workshop(tmp_path)
    for each, shown in (
        (task("lineinfile", path="/etc/{{ name }}", line="x"), "path"),
        (task("template", src="a.j2", dest="/etc/motd"), "content"),
        (task("assert", that=["name == 'one'"]), "broken"),
        (task("debug", var="name"), "value"),
    ):
        one, two = (getattr(shop.build(each, scope(name=name)), shown) for name in ("one", "two"))
        assert one != two, each.module


def test_the_environment_of_a_command_is_each_hosts_own(tmp_path: Path) -> None:
    """A template in `environment` is rendered for each host; numbers become text."""
    shop, _ = workshop(tmp_path)
    command = Task(
        name="a task",
        module="command",
        params={"cmd": "true"},
        environment={"NAME": "{{ name }}", "FIXED": "x"},
        place=Place("playbook.yaml"),
    )
    found = [shop.build(command, scope(name=name)).environment for name in ("one", 2)]  # type: ignore[attr-defined]
    assert found == [{"NAME": "one", "FIXED": "x"}, {"NAME": "2", "FIXED": "x"}]


def test_what_is_omitted_is_not_given(tmp_path: Path) -> None:
    """`omit` takes a parameter away for the host where it is the value, and for no other."""
    shop, _ = workshop(tmp_path)
    copy = task("copy", content="x", dest="/etc/motd", owner="{{ owner | default(omit) }}")
    owners = [shop.build(copy, variables).owner for variables in (scope(owner="root"), scope())]  # type: ignore[attr-defined]
    assert owners == ["root", None]


def test_a_file_is_read_once_for_all_hosts(tmp_path: Path) -> None:
    """Also where the task itself is built for each host, and before its turn as well."""
    (tmp_path / "a").write_text("text")
    shop, controller = workshop(tmp_path)
    copy = task("copy", src="a", dest="/etc/{{ name }}")
    for name in ("one", "two"):
        shop.build(copy, scope(name=name), ahead=True)
        assert shop.build(copy, scope(name=name)).text == "text"  # type: ignore[attr-defined]
    assert controller.reads == {str(tmp_path / "a"): 1}
