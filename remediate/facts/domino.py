"""Questions to a Domino server: which tasks run, and what its console log says.

A console command sent with `server -c` is asynchronous: it returns at once, and its answer appears in the
console log. So a question notes where the log ends, sends, and reads on from there until the answer is whole.
"""

import re
from dataclasses import dataclass, replace

from remediate.bourne import decode, quote, quote_path
from remediate.errors import TaskFailed
from remediate.facts.base import Fact, Follow, Output
from remediate.facts.domino_log import (
    ServerInfo,
    TaskLine,
    parse_server,
    parse_tasks,
    same_directory,
    strip_line,
    strip_lines,
    tasks_header,
)

POLL = 0.2
"""Seconds between two looks at the console log."""

_QUIET = 5


@dataclass(frozen=True, kw_only=True)
class Console:
    """How to reach the console of one Domino server (partition) on a host."""

    data: str
    program: str
    log: str

    @property
    def resource(self) -> str:
        """The name under which facts and effects know this server's state."""
        return f"domino:{self.data}"

    def send(self, command: str) -> str:
        """Bourne text that hands `command` to the server: `server -c`, in the data directory.

        The environment is what the server's own start script sets: `Notes_ExecDirectory`, and the library
        path, which AIX calls LIBPATH.
        """
        binaries = f"{self.program}/notes/latest"
        return (
            f"cd {quote_path(self.data)} || exit 1\n"
            f"for directory in linux ibmpow sunspa; do\n"
            f"  exec_directory={quote(binaries)}/$directory\n"
            '  if test -d "$exec_directory"; then\n'
            "    Notes_ExecDirectory=$exec_directory\n"
            "    LIBPATH=$exec_directory; LD_LIBRARY_PATH=$exec_directory\n"
            "    export Notes_ExecDirectory LIBPATH LD_LIBRARY_PATH\n"
            "  fi\n"
            "done\n"
            f"{quote_path(self.program + '/bin/server')} -c {quote(command)} >&2 || exit 1\n"
        )

    def ask(self, *commands: str) -> str:
        """Bourne text that prints where the log ends and then sends the commands."""
        # ls, not `wc -c`: on Solaris that would read the whole log. Variables pass through backquotes
        # unharmed, quoted words do not.
        return (
            f"size=0; log={quote_path(self.log)}\n"
            'if test -f "$log"; then set x `ls -lnd "$log"`; size=$6; fi\n'
            "echo $size\n" + "".join(f"( {self.send(command)}) || exit 1\n" for command in commands)
        )

    def sent(self, output: Output) -> int:
        """Where the log ended before the commands of `ask` were sent, in bytes.

        Raises:
            TaskFailed: if they could not be sent.
        """
        first = output.stdout.split(b"\n", 1)[0]
        if output.status or not first.isdigit():
            said = decode(output.stderr).strip() or f"exit status {output.status}"
            raise TaskFailed(
                f"the console command could not be sent: {said}",
                cure="domino_program and domino_data must be this server's, and the user the server's own",
            )
        return int(first)

    def read_from(self, offset: int) -> str:
        """Bourne text that prints the log's first byte number given, then the log from there on."""
        # dd counts in blocks; the parser drops what comes before the offset. A log that has become
        # shorter was started anew, so it is read from its beginning.
        return (
            f"log={quote_path(self.log)}\n"
            'if test -f "$log"; then\n'
            '  test -r "$log" || { echo this user may not read it >&2; exit 1; }\n'
            f'  set x `ls -lnd "$log"`; from={offset}\n'
            f'  if test "$6" -lt {offset}; then from=0; fi\n'
            "  skip=`expr $from / 512`\n"
            '  echo "$from"; dd if="$log" bs=512 skip=$skip 2>/dev/null\n'
            "else echo 0; fi"
        )

    @staticmethod
    def lines_read(output: Output) -> tuple[str, ...]:
        """The whole lines that `read_from` printed, without prefixes and dates.

        Raises:
            TaskFailed: if the log cannot be read.
        """
        first, _, rest = output.stdout.partition(b"\n")
        if output.status or not first.isdigit():
            raise TaskFailed(f"the console log cannot be read: {decode(output.stderr).strip()}")
        return strip_lines(decode(rest[int(first) % 512 :]))


@dataclass(frozen=True, kw_only=True)
class DominoState:
    """Which server answered, and which tasks it runs."""

    server: ServerInfo
    tasks: tuple[TaskLine, ...]


@dataclass(frozen=True, kw_only=True)
class DominoTasks(Fact[DominoState]):
    """`show tasks` and `show server`, asked together: the second says which partition answered."""

    console: Console
    deadline: float = 30.0

    def ask(self) -> str:
        """Both commands; their answers come later."""
        return self.console.ask("show tasks", "show server")

    def parse(self, output: Output) -> Follow[DominoState]:
        """The log will tell."""
        return Follow(_TasksReply(asked=self, offset=self.console.sent(output)), POLL)

    def reads(self, resource: str) -> bool:
        """A console command to this server."""
        return resource == self.console.resource


@dataclass(frozen=True, kw_only=True)
class _TasksReply(Fact[DominoState]):
    asked: DominoTasks
    offset: int
    seen: tuple[str, ...] = ()
    quiet: int = 0

    def ask(self) -> str:
        return self.asked.console.read_from(self.offset)

    def parse(self, output: Output) -> DominoState | Follow[DominoState]:
        lines = self.asked.console.lines_read(output)
        quiet = self.quiet + 1 if lines == self.seen else 0
        server, tasks = parse_server(lines), parse_tasks(lines)
        # Nothing marks the end of the tasks. They are whole when the answer to the command sent after
        # them is there; should the answers come the other way round, when the log has been quiet.
        in_order = parse_server(lines[tasks_header(lines) :]) is not None
        if server is None or not tasks or not (in_order or quiet >= _QUIET):
            return Follow(replace(self, seen=lines, quiet=quiet), POLL)
        if not same_directory(server.directory, self.asked.console.data):
            raise TaskFailed(
                f"another Domino partition answered: its server directory is {server.directory}, "
                f"not {self.asked.console.data}",
                cure="domino_data must be the data directory of the server that is meant",
            )
        return DominoState(server=server, tasks=tasks)

    def overdue(self) -> str:
        return "show tasks and show server were not answered; " + console_words(self.seen)

    def reads(self, resource: str) -> bool:
        return True


@dataclass(frozen=True, kw_only=True)
class ConsoleReply:
    """What the console log said after a command: the lines, and the one that decided."""

    lines: tuple[str, ...]
    line: str
    succeeded: bool


@dataclass(frozen=True, kw_only=True)
class AwaitReply(Fact[ConsoleReply]):
    """The console log from an offset on, until a line matches one of two regular expressions, in any case."""

    console: Console
    command: str
    offset: int
    success: str
    failure: str | None
    seen: tuple[str, ...] = ()

    def ask(self) -> str:
        """The log from the offset on."""
        return self.console.read_from(self.offset)

    def parse(self, output: Output) -> ConsoleReply | Follow[ConsoleReply]:
        """The reply, once a line decides."""
        lines = self.console.lines_read(output)
        for line in lines:
            if re.search(self.success, line, re.IGNORECASE):
                return ConsoleReply(lines=lines, line=line, succeeded=True)
            if self.failure is not None and re.search(self.failure, line, re.IGNORECASE):
                return ConsoleReply(lines=lines, line=line, succeeded=False)
        return Follow(replace(self, seen=lines), POLL)

    def overdue(self) -> str:
        """What was awaited, and the console's own words."""
        return f"after '{self.command}' no line matched '{self.success}'; {console_words(self.seen)}"

    def reads(self, resource: str) -> bool:
        """Every change: it is asked once."""
        return True


def console_words(lines: tuple[str, ...]) -> str:
    """The last lines of the console, for a message."""
    said = [line.strip() for line in lines if line.strip()]
    return "the console said: " + " | ".join(said[-5:]) if said else "the console said nothing"


@dataclass(frozen=True, kw_only=True)
class LogLines(Fact[tuple[str, ...]]):
    """The lines of a console log that hold one of some fixed texts, the last `limit` of them."""

    console: Console
    contains: tuple[str, ...]
    limit: int = 50

    def ask(self) -> str:
        """`sed`, which every Unix has alike: the greps differ in options, and AIX's cuts long lines."""
        log = quote_path(self.console.log)
        finds = " ".join(f"-e {quote('/' + _any_case(text) + '/{')} {_ONCE}" for text in self.contains)
        return (
            f"if test -f {log}; then\n"
            f"  test -r {log} || {{ echo cannot be read >&2; exit 2; }}\n"
            f"  sed -n {finds} {log} | tail -{self.limit}\nfi"
        )

    def parse(self, output: Output) -> tuple[str, ...]:
        """The lines, without prefixes and dates; none if there is no log yet.

        Raises:
            TaskFailed: if the log cannot be read.
        """
        if output.status:
            raise TaskFailed(f"the console log {self.console.log}: {decode(output.stderr).strip()}")
        return tuple(strip_line(line) for line in decode(output.stdout).split("\n") if line)

    def reads(self, resource: str) -> bool:
        """A console command to this server, or a change of the log itself."""
        return resource in (self.console.resource, self.console.log)


_ONCE = "-e p -e d -e '}'"  # print the line, and go on with the next one


def _any_case(text: str) -> str:
    """A basic regular expression for a fixed text in any case."""
    return "".join(
        f"[{letter.upper()}{letter.lower()}]"
        if letter.isascii() and letter.isalpha()
        else f"\\{letter}"
        if letter in "\\/.*[^$"
        else letter
        for letter in text
    )
