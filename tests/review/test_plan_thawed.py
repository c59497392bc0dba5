"""A plan is all that its apply needs: what is thawed from its file makes the same changes, far from home."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from changes import KEY, plan_of
from local_host import tree
from runs import Hosts, Nobody, Notes

from remediate.controller import Recorder
from remediate.engine.options import RunOptions
from remediate.engine.run import Run
from remediate.inventory.model import Inventory
from remediate.inventory.views import inventory_for
from remediate.modules.catalog import Catalog
from remediate.playbook.load import load_playbook
from remediate.review.content import Thawed, freeze, thaw
from remediate.review.freezing import Freezer
from remediate.review.holding import Held, drift
from remediate.review.plan import PlannedHost
from remediate.review.plan_file import read_plan, write_plan
from remediate.store.journal import NoJournal

FILES = {
    "p.yaml": """\
- name: first
  hosts: web:db
  vars: {colour: "red {{ size }}"}
  tasks:
    - import_tasks: tasks/t.yaml
    - {name: not this one, fail: {msg: no}, tags: left_out}
- import_playbook: other/q.yaml
""",
    "tasks/t.yaml": """\
- {name: rendered, template: {src: t.j2, dest: "{{ root }}/{{ inventory_hostname }}.t", mode: "0600"}}
- {name: copied, copy: {src: latin, dest: "{{ root }}/{{ inventory_hostname }}.l"}}
""",
    "templates/t.j2": "{{ colour }} {{ lookup('env', 'A_PLACE') }} {{ groups['db'] }} {{ place }}\n",
    "files/latin": "gr\udcfc\udcdfe\n",
    "other/q.yaml": """\
- name: second
  hosts: db
  tasks:
    - {name: from here, copy: {src: here, dest: "{{ root }}/here"}}
    - {name: of here, copy: {content: "{{ place }} {{ hostvars.one.place }}", dest: "{{ root }}/place"}}
""",
    "other/files/here": "beside the other one\n",
    "group_vars/web.yaml": "size: large\n",
    "group_vars/all.yaml": "place: home\n",
    "other/group_vars/all.yaml": "place: other\n",
    "inventory.yaml": """\
all:
  vars: {size: small}
  children: {web: {hosts: {one: {}}}, db: {hosts: {two: {size: 2}}}}
""",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory with all files, which is the current one."""
    for name, text in FILES.items():
        path = tmp_path / "home" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    (tmp_path / "root").mkdir()
    monkeypatch.chdir(tmp_path / "home")
    monkeypatch.setenv("A_PLACE", "there")
    return tmp_path / "home"


def perform(made_of: Any, **more: Any) -> dict[str, PlannedHost]:
    """A run; what it would do, or has done, on each host."""
    freezer = Freezer(KEY)
    Run(
        plays=made_of.plays,
        inventory=made_of.inventory,
        controller=made_of.controller,
        hosts=Hosts(),
        operator=Nobody(),
        observers=[freezer],
        **{"options": made_of.options, "journal": NoJournal(), **more},
    ).perform()
    return {host.name: host for host in freezer.hosts(str)}


def placeless(inventory: Inventory) -> Inventory:
    """The inventory without what only messages about its files need."""
    hosts = {name: replace(host, places={}) for name, host in inventory.hosts.items()}
    views = {folder: placeless(view) for folder, view in inventory.views.items()}
    return replace(inventory, hosts=hosts, views=views)


def test_what_is_thawed_makes_the_same_changes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every original gone, another directory and another environment: the same plays, hosts, options."""
    controller = Recorder()
    plays = tuple(load_playbook(Path("p.yaml"), Catalog().names(), controller))
    inventory = inventory_for(["inventory.yaml"], [Path(), Path("other")])
    options = RunOptions(
        dry_run=True, extra={"root": str(home.parent / "root")}, skip_tags=frozenset({"left_out"}), forks=3
    )
    original = Thawed(plays=plays, inventory=inventory, options=options, controller=controller)  # type: ignore[arg-type]
    planned = perform(original)
    plan = replace(
        plan_of(planned["one"]),
        content=freeze([Path("p.yaml")], inventory, options, controller),
        hosts=tuple(planned.values()),
    )
    write_plan(plan, home.parent / "plan")
    shutil.rmtree(home)
    monkeypatch.chdir("/")
    monkeypatch.setenv("A_PLACE", "elsewhere")

    read = read_plan(home.parent / "plan").plan
    assert read == plan
    thawed = thaw(read.content)
    assert (thawed.inventory, thawed.options) == (placeless(inventory), replace(options, dry_run=False))
    assert [(play.name, len(play.tasks)) for play in thawed.plays] == [
        (play.name, len(play.tasks)) for play in plays
    ]
    again = perform(thawed, options=options)
    assert again.keys() == planned.keys()
    assert [drift(planned[name], again[name], plan.nonce) for name in planned] == [[], []]
    done = perform(thawed, journal=Notes(), warrant=Held(read, KEY))
    assert {host.outcome for host in done.values()} == {"done"}
    assert {name.decode(): found[-1] for name, found in tree(home.parent / "root").items()} == {
        "one.t": b"red large there ['two'] home\n",
        "two.t": b"red 2 there ['two'] home\n",
        "one.l": b"gr\xfc\xdfe\n",
        "two.l": b"gr\xfc\xdfe\n",
        "here": b"beside the other one\n",
        "place": b"other other",
    }
