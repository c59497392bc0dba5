"""Fleet tables: one row a host, one table a title, at the end of the play, on a terminal and in a file."""

import io
import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from runs import Hosts, TestHost, down, perform, play

from remediate.engine.events import Counts, PlayStarted, Recap, TaskEnded
from remediate.reports.events_file import EventsFile
from remediate.reports.fleet_drawing import drawn, plain_lines
from remediate.reports.fleet_tables import FleetTable, FleetTables
from remediate.reports.terminal import Terminal
from remediate.secrecy import Redactor

TASKS = """
- {name: down, command: {cmd: "true", read_only: true}}
- name: row
  fleet_table:
    title: The fleet
    columns: {name: "{{ inventory_hostname | upper }}", words: "{{ 'hunter22 ' * 20 }}", list: [1, 2]}
  when: inventory_hostname != 'four'
"""


def told(tmp_path: Path, tasks: str, **settings: Any) -> str:
    """What a run without a terminal shows."""
    out = io.StringIO()
    terminal = Terminal(Redactor(["hunter22"]), out=out)
    perform(tmp_path, play(tasks), watch=lambda _run, event: terminal(event), **settings)
    return out.getvalue()


def row(host: str, cells: dict[str, Any], *, title: str = "T", **values: Any) -> TaskEnded:
    """The end of a fleet_table task."""
    usual: dict[str, Any] = {
        "step": (0, 0),
        "play": "p",
        "task": "t",
        "place": "f:1",
        "module": "fleet_table",
        "status": "ok",
    }
    return TaskEnded(**{**usual, "host": host, "result": {"title": title, "row": cells}, **values})


def start(*hosts: str, play: str = "p", batch: int = 1, batches: int = 1) -> PlayStarted:
    """The beginning of a batch."""
    return PlayStarted(play=play, hosts=hosts, batch=batch, batches=batches, dry_run=False)


def tables(*events: PlayStarted | TaskEnded) -> list[FleetTable]:
    """The tables of some events of one play."""
    gathered = FleetTables(Redactor(["hunter22"]))
    for event in events:
        if isinstance(event, PlayStarted):
            gathered.start(event)
        else:
            gathered.note(event)
    return gathered.take()


def test_the_table_comes_at_the_end_of_the_play_in_the_inventorys_order(tmp_path: Path) -> None:
    """Hosts in order, cells aligned, long ones wrapped and without secrets; who gave no row is named."""
    hosts = Hosts(two=TestHost("two", before=down))
    shown = told(tmp_path, TASKS, inventory="three,one,two,four,", hosts=hosts)
    before, _, rest = shown.partition("\nThe fleet\n")
    table, _, after = rest.partition("without a row: two, four\n")
    assert "PLAY" in before
    assert "RECAP" in after
    lines = table.splitlines()
    assert lines[0].split() == ["host", "name", "words", "list"]
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == ["host", "three", "one"]
    assert {line.index("********") for line in lines[1:]} == {lines[0].index("words")}
    assert all(len(line) < 90 for line in lines)
    assert "hunter22" not in shown


def test_a_batch_does_not_end_a_table_but_the_next_play_does() -> None:
    """One table for all batches, printed before the next play begins."""
    out = io.StringIO()
    terminal = Terminal(Redactor(()), out=out)
    first, second = start("a", batches=2), start("b", batch=2, batches=2)
    for event in (first, row("a", {"x": 1}), second, row("b", {"x": 2}), start("a", play="next")):
        terminal(event)
    terminal(Recap(hosts={"a": Counts()}, dry_run=False, seconds=1))
    shown = out.getvalue()
    assert shown.count("\nT\n") == 1
    assert shown.index("\nT\n") < shown.index("PLAY next")
    assert "host  x\na     1\nb     2\n" in shown


def test_each_title_has_its_table_with_all_columns() -> None:
    """Hosts may fill different columns; what a host lacks is empty, and its last row counts."""
    other = row("a", {"y": 3}, title="other")
    first, second = tables(
        start("b", "a"), row("a", {"x": 0}), row("a", {"x": 1}), row("b", {"z": None}), other
    )
    assert (first.title, first.headings) == ("T", ["z", "x"])
    assert first.rows == {"b": ["", ""], "a": ["", "1"]}
    assert (second.title, second.rows, second.absent) == ("other", {"a": ["3"]}, ["b"])


def test_doubt_is_marked() -> None:
    """A row that rests on provisional answers has a mark that is explained below the table."""
    (table,) = tables(start("a", "b"), row("a", {"x": True}, certainty="provisional"), row("b", {"x": False}))
    assert plain_lines(table) == ["T", "host  x", "a *   yes", "b     no"]
    out = io.StringIO()
    terminal = Terminal(Redactor(()), out=out)
    for event in (start("a"), row("a", {"x": 1}, certainty="provisional"), start("a")):
        terminal(event)
    assert "* provisional" in out.getvalue()


def test_a_terminal_without_room_for_the_columns_gets_host_by_host() -> None:
    """No column is ever cut off: it is a table as long as words fit, and a list of each host otherwise."""
    (table,) = tables(
        start("a"), row("a", {f"heading{n}": f"value number {n}" for n in range(9)} | {"none": ""})
    )

    def shown(width: int) -> str:
        out = io.StringIO()
        Console(file=out, width=width).print(drawn(table, width))
        return out.getvalue()

    assert all(f"heading{n}" in shown(width) for n in range(9) for width in (60, 130, 300))
    assert "│ value number 8 │" in shown(300)
    assert "\na\n    heading0: value number 0\n" in shown(60)
    assert "none" not in shown(60)


def test_what_only_the_apply_can_tell_leaves_the_other_cells(tmp_path: Path) -> None:
    """In a dry run a cell that depends on a command's output says so; the next to it is known."""
    tasks = """
- {name: run, command: "echo x", register: r}
- {name: row, fleet_table: {title: T, columns: {known: 1, out: "{{ r.stdout }}"}}}
"""
    shown = told(tmp_path, tasks, dry_run=True)
    assert "known  out\n" in shown
    assert "1      known only when it is applied\n" in shown
    assert "1      x\n" in told(tmp_path, tasks)


def test_no_log_shows_no_row(tmp_path: Path) -> None:
    """Neither on the terminal nor in the events."""
    tasks = "\n- {name: row, no_log: true, fleet_table: {title: T, columns: {x: secret-ish}}}\n"
    file = EventsFile(tmp_path / "events", Redactor([]))
    perform(tmp_path, play(tasks), watch=lambda _run, event: file(event))
    assert "secret-ish" not in told(tmp_path, tasks)
    assert "row" not in json.loads((tmp_path / "events").read_text().splitlines()[0])


def test_the_row_is_in_the_events(tmp_path: Path) -> None:
    """`title` and `row`, with its values as they are and without secrets; other tasks have neither."""
    file = EventsFile(tmp_path / "events", Redactor(["hunter22"]))
    perform(tmp_path, play(TASKS), watch=lambda _run, event: file(event))
    other, found, _recap = map(json.loads, (tmp_path / "events").read_text().splitlines())
    assert found["title"] == "The fleet"
    assert found["row"] == {"name": "ONE", "words": ("******** " * 20), "list": [1, 2]}
    assert {"title", "row"}.isdisjoint(other)


@given(
    st.dictionaries(st.text(), st.one_of(st.text(), st.lists(st.text()), st.none(), st.floats()), min_size=1)
)
def test_no_cell_steers_the_terminal_or_breaks_a_line(cells: dict[str, Any]) -> None:
    """Whatever a host answers: every line is printable, and only the first line of a row names the host."""
    (table,) = tables(start("host-a"), row("host-a", cells))
    lines = plain_lines(table)
    assert all(line.isprintable() for line in lines)
    assert sum(line.startswith("host-a") for line in lines) == 1
    out = io.StringIO()
    for width in (20, 200):
        Console(file=out, width=width).print(drawn(table, width))
    assert all(letter.isprintable() or letter == "\n" for letter in out.getvalue())
