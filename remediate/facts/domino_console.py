"""The console of a Domino server: how a command is sent on each platform, and where its answer comes.

A console command is asynchronous everywhere: sending it returns at once, and its answer appears in the
console log. So whoever sends notes where the log ends, and reads on from there. On Windows the answer to a
question is sent into a file instead, a new one for each question.
"""

import re
import secrets
from dataclasses import field
from typing import ClassVar

from remediate.bourne import decode, quote, quote_path
from remediate.errors import TaskFailed
from remediate.facts.base import Output
from remediate.facts.domino_log import strip_lines
from remediate.facts.log_encoding import decode_log
from remediate.records import dataclass

COMMAND = "{command}"
"""What stands for the console command in a site's template."""


@dataclass(frozen=True, kw_only=True)
class UnixServer:
    """`server -c`, in the data directory.

    The environment is what the server's own start script sets: `Notes_ExecDirectory`, and the library path,
    which AIX calls LIBPATH.
    """

    cure: ClassVar[str] = (
        "domino_program and domino_data must be this server's, and the user the server's own"
    )

    def send(self, command: str, *, data: str, program: str) -> str:
        """Bourne text that hands `command` to the server."""
        binaries = f"{program}/notes/latest"
        return (
            f"cd {quote_path(data)} || exit 1\n"
            f"for directory in linux ibmpow sunspa; do\n"
            f"  exec_directory={quote(binaries)}/$directory\n"
            '  if test -d "$exec_directory"; then\n'
            "    Notes_ExecDirectory=$exec_directory\n"
            "    LIBPATH=$exec_directory; LD_LIBRARY_PATH=$exec_directory\n"
            "    export Notes_ExecDirectory LIBPATH LD_LIBRARY_PATH\n"
            "  fi\n"
            "done\n"
            f"{quote_path(program + '/bin/server')} -c {quote(command)} >&2 || exit 1\n"
        )


@dataclass(frozen=True, kw_only=True)
class NashCom:
    """`rc_domino cmd "..."`: the start script of Nash!Com, at the path `script`."""

    script: str
    cure: ClassVar[str] = "the console's 'script' must be this server's, and the user one who may run it"

    def send(self, command: str, *, data: str, program: str) -> str:
        """Bourne text that hands `command` to the server."""
        del data, program
        return f"{quote_path(self.script)} cmd {quote(command)} >&2 || exit 1\n"


@dataclass(frozen=True, kw_only=True)
class WindowsServer:
    """`nserver -c` in the program directory, from a Bourne shell on Windows such as Cygwin's.

    The answer to a question goes into a file beside `answer_file`, which both see: this user and the server.
    """

    answer_file: str
    cure: ClassVar[str] = "domino_program must be the directory with nserver, and the user may have to run it"

    def send(self, command: str, *, data: str, program: str) -> str:
        """Bourne text that hands `command` to the server."""
        del data
        return f"cd {quote_path(program)} || exit 1\n./nserver -c {quote(command)} >&2 || exit 1\n"

    def send_into(self, file: str, command: str, *, program: str) -> str:
        """The same, with the answer into `file`: the `>` is part of the console command."""
        # The server knows Windows' names only; where there is no cygpath, there is but one kind of names.
        return (
            f"cd {quote_path(program)} || exit 1\n"
            f"command={quote(command)}; file={quote(file)}\n"
            'native=`cygpath -w "$file" 2>/dev/null`\n'
            'test -n "$native" || native=$file\n'
            './nserver -c "$command >$native" >&2 || exit 1\n'
        )


@dataclass(frozen=True, kw_only=True)
class IbmI:
    """A CL command through PASE's `system`; `template` is the whole of it, as its keywords differ."""

    template: str
    cure: ClassVar[str] = "the console's 'template' must be a CL command that this user may run"

    def send(self, command: str, *, data: str, program: str) -> str:
        """Bourne text that hands `command` to the server; in CL's quotes, a quote is written twice."""
        del data, program
        called = self.template.replace(COMMAND, command.replace("'", "''"))
        return f"system {quote(called)} >&2 || exit 1\n"


@dataclass(frozen=True, kw_only=True)
class SiteCommand:
    """A Bourne command of the site's own, `template`, which gets the console command as one word."""

    template: str
    cure: ClassVar[str] = "the console's 'template' must be a command that this user may run"

    def send(self, command: str, *, data: str, program: str) -> str:
        """Bourne text that hands `command` to the server."""
        del data, program
        # A variable is harmless wherever the template may have it; a quoted word inside backquotes is not.
        called = self.template.replace(COMMAND, '"$console_command"')
        return f"console_command={quote(command)}\n{{ {called}\n}} >&2 || exit 1\n"


Adapter = UnixServer | NashCom | WindowsServer | IbmI | SiteCommand
"""The ways to send a console command."""


@dataclass(frozen=True, kw_only=True)
class AnswerPlace:
    """Where the answer to a question comes: into the log from byte `offset` on, or into `files`."""

    offset: int = 0
    files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Console:
    """How to reach the console of one Domino server (partition) on a host.

    `encoding` is the log's, as Python names it.
    """

    data: str
    program: str
    log: str
    adapter: Adapter = field(default_factory=UnixServer)
    encoding: str = "utf-8"

    @property
    def resource(self) -> str:
        """The name under which facts and effects know this server's state."""
        return f"domino:{self.data}"

    def ask(self, *commands: str) -> str:
        """Bourne text that prints where the log ends and then sends the commands."""
        # ls, not `wc -c`: on Solaris that would read the whole log. Variables pass through backquotes
        # unharmed, quoted words do not.
        sends = (self.adapter.send(each, data=self.data, program=self.program) for each in commands)
        return (
            f"size=0; log={quote_path(self.log)}\n"
            'if test -f "$log"; then set x `ls -lnd "$log"`; size=$6; fi\n'
            "echo $size\n" + "".join(f"( {send}) || exit 1\n" for send in sends)
        )

    def sent(self, output: Output) -> int:
        """Where the log ended before the commands of `ask` were sent, in bytes.

        Raises:
            TaskFailed: if they could not be sent.
        """
        return int(self._first_line(output, rb"[0-9]+"))

    def question(self, *commands: str) -> str:
        """Bourne text that sends commands that only ask; where their answers come, `answer_place` tells."""
        if not isinstance(self.adapter, WindowsServer):
            return self.ask(*commands)
        token = secrets.token_hex(6)
        sends = (
            self.adapter.send_into(file, each, program=self.program)
            for file, each in zip(self._files(token, len(commands)), commands, strict=True)
        )
        return f"echo {token}.{len(commands)}\n" + "".join(f"( {send}) || exit 1\n" for send in sends)

    def answer_place(self, output: Output) -> AnswerPlace:
        """Where the answers to `question` come, from what it printed.

        Raises:
            TaskFailed: if the commands could not be sent.
        """
        if not isinstance(self.adapter, WindowsServer):
            return AnswerPlace(offset=self.sent(output))
        token, _, count = self._first_line(output, rb"[0-9a-f]+\.[0-9]+").partition(".")
        return AnswerPlace(files=self._files(token, int(count)))

    def read(self, answer: AnswerPlace) -> str:
        """Bourne text that prints what has come so far, for `lines_read`."""
        if not answer.files:
            return self.read_from(answer.offset)
        # The last question first: should it be answered, those before it may still be unfinished.
        files = " ".join(quote_path(file) for file in reversed(answer.files))
        return (
            f"echo 0\nfor file in {files}; do\n"
            '  if test -f "$file"; then\n'
            '    test -r "$file" || { echo "this user may not read $file" >&2; exit 1; }\n'
            '    cat "$file"; echo\n'
            "  fi\ndone"
        )

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

    def began_anew(self, answer: AnswerPlace, output: Output) -> bool:
        """Whether the log that `read` printed is a new one: it has become shorter, or is not there yet."""
        return answer.offset > 0 and output.stdout.startswith(b"0\n")

    def lines_read(self, output: Output) -> tuple[str, ...]:
        """The whole lines that `read` or `read_from` printed, without prefixes and dates.

        Raises:
            TaskFailed: if the log cannot be read.
        """
        first, _, rest = output.stdout.partition(b"\n")
        if output.status or not first.isdigit():
            raise TaskFailed(f"the console log cannot be read: {decode(output.stderr).strip()}")
        return strip_lines(decode_log(rest[int(first) % 512 :], self.encoding))

    def _files(self, token: str, count: int) -> tuple[str, ...]:
        base = self.adapter.answer_file if isinstance(self.adapter, WindowsServer) else ""
        return tuple(f"{base}.{token}.{number}" for number in range(1, count + 1))

    def _first_line(self, output: Output, pattern: bytes) -> str:
        first = output.stdout.split(b"\n", 1)[0]
        if output.status or not re.fullmatch(pattern, first):
            said = decode(output.stderr).strip() or f"exit status {output.status}"
            raise TaskFailed(f"the console command could not be sent: {said}", cure=self.adapter.cure)
        return first.decode("ascii")


def removal(files: tuple[str, ...]) -> str:
    """Bourne text that removes files of answers that have been read."""
    return "rm -f " + " ".join(quote_path(file) for file in files)
