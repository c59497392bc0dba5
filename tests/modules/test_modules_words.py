"""assert, fail, debug, set_fact, pause, and the modules for Domino and ScanMail: decisions and reports."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from module_view import Desk, Told, built, refusal

from remediate.answers import Unknown
from remediate.effects.console import ConsoleCommand
from remediate.effects.pause import Pause
from remediate.errors import TaskFailed, TemplateError
from remediate.facts.domino import DominoState, DominoTasks
from remediate.facts.domino_console import Console, IbmI, NashCom, SiteCommand, WindowsServer
from remediate.facts.domino_lines import FoundLines, LogLines, Since
from remediate.facts.domino_log import ServerInfo, TaskLine
from remediate.facts.files import Listing
from remediate.templating.templar import Scope, Templar

NOTHING = Told({})
CONSOLE = Console(data="/d", program="/p", log="/d/IBM_TECHNICAL_SUPPORT/console.log")


@pytest.mark.parametrize("that", ["true", True, ["true", True], []])
def test_conditions_that_hold_pass(that: Any) -> None:
    """With all conditions true, nothing is done and the message is of success."""
    module = built("assert", that=that, success_msg="fine")
    assert list(module.decide(NOTHING)) == []
    assert module.report(NOTHING, []) == {"msg": "fine"}
    quiet = built("assert", that=that, success_msg="fine", quiet=True)
    assert quiet.report(NOTHING, []) == {"msg": ""}


def test_the_first_condition_that_does_not_hold_fails() -> None:
    """The message is the author's, or names the condition."""
    with pytest.raises(TaskFailed, match="does not hold: x > 3"):
        built("assert", that=["true", "x > 3", "y"]).decide(NOTHING)
    with pytest.raises(TaskFailed, match=r"^renew first$"):
        built("assert", that="x", fail_msg="renew first").decide(NOTHING)


def test_fail_fails() -> None:
    """With its message, or with one that says who asked for it."""
    with pytest.raises(TaskFailed, match=r"^stop$"):
        built("fail", msg="stop").decide(NOTHING)
    with pytest.raises(TaskFailed, match="as requested"):
        built("fail").decide(NOTHING)


def test_debug_shows_a_message_or_a_value() -> None:
    """`var` is an expression whose value is shown under its own name."""
    assert built("debug", msg={"a": 1}).report(NOTHING, []) == {"msg": {"a": 1}}
    assert built("debug").report(NOTHING, []) == {"msg": "Hello world!"}
    shown = built("debug", desk=Desk(), var="x").report(NOTHING, [])
    assert shown == {"x": ["x", "x"], "msg": "x: ['x', 'x']"}
    assert "not both" in refusal("debug", msg="a", var="b")
    assert built("debug", msg=None).report(NOTHING, []) == {"msg": None}


def test_debug_shows_that_a_variable_is_not_defined() -> None:
    """It is there to find that out, so it does not fail; any other mistake in `var` fails it."""

    class Lacking(Desk):
        def value(self, expression: str) -> Any:
            return Templar().render("{{ " + expression + " }}", Scope())

    shown = built("debug", desk=Lacking(), var="x.y").report(NOTHING, [])
    assert shown["x.y"] == "VARIABLE IS NOT DEFINED: 'x' is undefined"
    with pytest.raises(TemplateError, match="division"):
        built("debug", desk=Lacking(), var="1 / 0")


def test_set_fact_keeps_values_as_they_are() -> None:
    """Any variable may be set, and text that looks like a template stays text."""
    values = {"a": [1], "path": "{{ x }}", "values": None}
    assert built("set_fact", **values).report(NOTHING, []) == {"ansible_facts": values}


PAUSES: list[tuple[dict[str, Any], Pause]] = [
    ({"seconds": 2}, Pause(seconds=2, prompt=None)),
    ({"minutes": "1.5", "seconds": 1}, Pause(seconds=91, prompt=None)),
    ({"seconds": 0}, Pause(seconds=0, prompt=None)),
    ({"prompt": "renew"}, Pause(seconds=None, prompt="renew")),
    ({"prompt": "renew", "word": "done"}, Pause(seconds=None, prompt="renew", word="done")),
    ({}, Pause(seconds=None, prompt="Press Enter to go on")),
]


@pytest.mark.parametrize(("params", "effect"), PAUSES)
def test_a_pause_waits_for_time_or_a_person(params: dict[str, Any], effect: Pause) -> None:
    """Seconds and minutes are added; without both, a person is waited for."""
    assert list(built("pause", **params).decide(NOTHING)) == [effect]


def test_a_pause_that_cannot_be_meant_is_refused() -> None:
    """Time does not run backwards, and a pause is for time or for a person."""
    assert "cannot be negative" in refusal("pause", seconds=-1)
    assert "not both" in refusal("pause", minutes=1, prompt="x")
    assert "needs 'prompt'" in refusal("pause", word="done")
    assert "needs 'prompt'" in refusal("pause", word="done", seconds=1)
    assert "can type" in refusal("pause", prompt="x", word=" done")
    assert "can type" in refusal("pause", prompt="x", word="do\nne")
    assert "is empty" in refusal("pause", prompt="x", word="")


def test_the_installed_build_is_the_highest() -> None:
    """Of the version directories the one with the highest build counts; other names are none."""
    names = ("V5.8.0.1052", "V5.8.0.998", "V5.8.0.x", "patch", "V3.0.3540", "V9")
    view = Told({Listing("/opt/trend/SMID/program"): names})
    module = built("scanmail_build", install_dir="/opt/trend/SMID/")
    assert list(module.probe()) == list(view.answers)
    assert module.report(view, []) == {"build": 3540, "version": "V3.0.3540"}


@pytest.mark.parametrize("names", [None, (), ("patch", "V9")])
def test_without_a_version_the_build_is_not_guessed(names: tuple[str, ...] | None) -> None:
    """No version directory is a failure with the cure, never a number."""
    view = Told({Listing("/s/program"): names})
    with pytest.raises(TaskFailed, match=r"no installed build found: /s/program .*set smd_build"):
        built("scanmail_build", install_dir="/s").report(view, [])


def test_a_build_that_is_given_is_taken() -> None:
    """Then nothing is asked; without a build or a directory, nothing can be known."""
    module = built("scanmail_build", build="3540", install_dir="/s")
    assert list(module.probe()) == []
    assert module.report(NOTHING, []) == {"build": 3540, "version": ""}
    assert "give 'install_dir'" in refusal("scanmail_build")


def test_the_tasks_of_a_server_are_registered() -> None:
    """Names come in small letters, once each, to be compared without case."""
    tasks = (TaskLine(name="Router", description="Idle"), TaskLine(name="SMDreal", description="Idle"))
    server = ServerInfo(directory="/d", partition="p", release="8.5")
    question = DominoTasks(console=CONSOLE)
    module = built("domino_tasks", data="/d/", program="/p")
    assert list(module.probe()) == [question]
    view = Told({question: DominoState(server=server, tasks=(*tasks, tasks[0]))})
    result = module.report(view, [])
    assert result["names"] == ["router", "smdreal"]
    assert result["tasks"][1] == {"name": "SMDreal", "description": "Idle"}
    assert (result["server_directory"], result["partition"], result["release"]) == ("/d", "p", "8.5")


def test_a_console_command_makes_sure_who_answers() -> None:
    """The partition is asked first; patterns are compared without case, and the result is the console's."""
    state = DominoState(server=ServerInfo(directory="/d", partition="p"), tasks=())
    view = Told({DominoTasks(console=CONSOLE): state})
    params = {"data": "/d", "program": "/p", "command": "load SMDreal", "success": "ok", "failure": "no"}
    module = built("domino_command", **params, timeout=9)
    (effect,) = module.decide(view)
    assert view.asked == list(view.answers) == list(module.probe())
    assert effect == ConsoleCommand(
        console=CONSOLE, command="load SMDreal", success="ok", failure="no", deadline=9
    )
    assert module.report(view, [{"line": "ok"}]) == {"line": "ok"}


def test_the_lines_of_a_log_are_registered() -> None:
    """All that were found, the last one or an empty text, and where the log ended."""
    console = Console(data="/d", program="/", log="/l")
    question = LogLines(console=console, contains=("a", "b"))
    module = built("domino_log", data="/d", contains=["a", "b"], console_log="/l")
    assert list(module.probe()) == [question]
    found = FoundLines(lines=("1", "2"), offset=7)
    told = {"lines": ["1", "2"], "last": "2", "offset": 7, "anew": False}
    assert module.report(Told({question: found}), []) == told
    told = {"lines": [], "last": "", "offset": 0, "anew": False}
    assert module.report(Told({question: FoundLines(lines=())}), []) == told


def test_a_log_that_was_started_anew_is_told() -> None:
    """All of it was searched, not only what comes after the offset."""
    module = built("domino_log", data="/d", contains=["a"], console_log="/l", since_offset=9)
    (question,) = module.probe()
    told = module.report(Told({question: FoundLines(lines=("a",), anew=True, offset=3)}), [])
    assert (told["offset"], told["anew"]) == (3, True)
    assert told["msg"] == "/l is shorter than it was (9 bytes): all of it was searched"


DOMINO = {"data": "/d", "program": "/p", "command": "x", "success": "y"}
LOG = {"data": "/d", "contains": ["a"]}
TASKS = {"data": "/d", "program": "/p"}
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("domino_command", {**DOMINO, "command": " "}, "one line of a console command"),
    ("domino_command", {**DOMINO, "command": "a\nb"}, "one line of a console command"),
    ("domino_command", {**DOMINO, "success": "("}, "'success': it is not a regular expression"),
    ("domino_command", {**DOMINO, "failure": "["}, "'failure': it is not a regular expression"),
    ("domino_command", {**DOMINO, "data": "d"}, "'d' is not an absolute path"),
    ("domino_log", {"data": "/d", "contains": []}, "needs at least one text"),
    ("domino_log", {"data": "/d", "contains": ["a\nb"]}, "each of one line"),
    ("domino_log", {**LOG, "since": "2014-02-14"}, "'since' needs 'date_format'"),
    ("domino_log", {**LOG, "since": "yesterday"}, "'yesterday' is not a date such as 2014-02-14"),
    ("domino_log", {**LOG, "since": 3}, "'3' is not a date"),
    ("domino_log", {**LOG, "since": "2014-02-14T08:00Z"}, "has no time zone"),
    ("domino_log", {**LOG, "since_offset": -1}, "'since_offset'"),
    (
        "domino_log",
        {**LOG, "since": "2014-02-14", "date_format": "%d.%m.%Y", "since_offset": 1},
        "'since' or 'since_offset', not both",
    ),
    ("domino_log", {**LOG, "date_format": "%H:%M"}, "must have day, month and year"),
    ("domino_log", {**LOG, "date_format": "%d.%m."}, "must have day, month and year"),
    ("domino_log", {**LOG, "console": {"log": "/a"}, "console_log": "/b"}, "name different files"),
    ("domino_tasks", {**TASKS, "console": {"log": "/a"}, "console_log": "/b"}, "name different files"),
    ("domino_command", {**DOMINO, "console": {"log": "/a"}, "console_log": "/b"}, "name different files"),
]


@pytest.mark.parametrize(("name", "params", "said"), REFUSED)
def test_what_cannot_be_meant_is_refused(name: str, params: dict[str, Any], said: str) -> None:
    """The message says what is wrong."""
    assert said in refusal(name, **params)


def test_a_date_is_taken_in_every_form() -> None:
    """As text, with or without a time, and as YAML reads a date without quotes."""
    day, form = datetime(2014, 2, 14), "%d.%m.%Y %H:%M:%S"
    for given, moment in (
        ("2014-02-14", day),
        (date(2014, 2, 14), day),
        (day, day),
        ("2014-02-14 08:30", datetime(2014, 2, 14, 8, 30)),
    ):
        (question,) = built("domino_log", **LOG, since=given, date_format=form).probe()
        assert question.since == Since(moment=moment, date_format=form)


CHOICES: list[tuple[Any, dict[str, Any]]] = [
    (None, {}),
    ({}, {}),
    ({"adapter": "unix", "script": ""}, {}),
    ({"log": "/l", "encoding": "CP037"}, {"log": "/l", "encoding": "cp037"}),
    ({"adapter": "nashcom", "script": "/rc"}, {"adapter": NashCom(script="/rc")}),
    ({"adapter": "windows", "answer_file": "/c/a"}, {"adapter": WindowsServer(answer_file="/c/a")}),
    ({"adapter": "ibmi", "template": "A '{command}'"}, {"adapter": IbmI(template="A '{command}'")}),
    ({"adapter": "template", "template": "a {command}"}, {"adapter": SiteCommand(template="a {command}")}),
]


@pytest.mark.parametrize(("console", "meant"), CHOICES)
def test_a_console_is_chosen(console: Any, meant: dict[str, Any]) -> None:
    """Each adapter with what it needs; what is empty is as if it were not there."""
    (question,) = built("domino_tasks", **TASKS, console=console).probe()
    assert question == DominoTasks(console=replace(CONSOLE, **meant))


WRONG_CONSOLES: list[tuple[Any, str]] = [
    ("nashcom", "must be a mapping"),
    ({"adapter": "dos"}, "adapter 'dos' is unknown; there are: unix, nashcom, windows, ibmi, template"),
    ({"port": "1"}, "it has no 'port'; it may have: adapter, script"),
    ({"log": 3}, "its 'log' must be text"),
    ({"log": "l"}, "its 'log': 'l' is not an absolute path"),
    ({"encoding": "ebcdic"}, "its 'encoding': 'ebcdic' is not an encoding that Python knows"),
    ({"encoding": "hex"}, "'hex' is not an encoding"),
    ({"script": "/rc"}, "its 'script' is for the adapter nashcom, not for 'unix'"),
    ({"adapter": "nashcom"}, "'nashcom' needs 'script': the path of rc_domino"),
    ({"adapter": "nashcom", "script": "rc"}, "its 'script': 'rc' is not an absolute path"),
    ({"adapter": "windows"}, "'windows' needs 'answer_file'"),
    ({"adapter": "windows", "answer_file": "/c/Program Files/a"}, "may hold no blank or quote"),
    ({"adapter": "ibmi"}, "'ibmi' needs 'template': the whole CL command"),
    ({"adapter": "ibmi", "template": "CMD('x')"}, "must have {command} where"),
    ({"adapter": "ibmi", "template": "CMD(\n'{command}')"}, "must be one line"),
    ({"adapter": "template"}, "'template' needs 'template': a shell command"),
    ({"adapter": "template", "template": "a '{command}'"}, "{command} without quotes"),
    ({"adapter": "template", "template": 'a "{command}"'}, "{command} without quotes"),
]


@pytest.mark.parametrize(("console", "said"), WRONG_CONSOLES)
def test_a_console_that_cannot_be_meant_is_refused(console: Any, said: str) -> None:
    """The message names the parameter, and says what is missing or known."""
    message = refusal("domino_tasks", **TASKS, console=console)
    assert said in message
    assert "'console'" in message


def test_a_row_is_plain_data_whatever_the_cells_are() -> None:
    """Dates become text, and a cell that only the apply can tell says so; lists and numbers stay."""
    columns = {"build": 3504, "remedies": ["a"], "until": date(2030, 1, 2), "then": Unknown("task 'x'")}
    module = built("fleet_table", title="Fleet", columns=columns)
    assert list(module.decide(NOTHING)) == []
    later = "known only when it is applied"
    row = {"build": 3504, "remedies": ["a"], "until": "2030-01-02", "then": later}
    assert module.report(NOTHING, []) == {"title": "Fleet", "row": row}


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"title": "", "columns": {"a": 1}}, "'title'"),
        ({"title": "t", "columns": {}}, "at least one heading"),
        ({"title": "t", "columns": ["a"]}, "'columns' should be a mapping"),
    ],
)
def test_a_table_needs_a_title_and_columns(params: dict[str, Any], said: str) -> None:
    """Without them the task is refused, with its place."""
    assert said in refusal("fleet_table", **params)
