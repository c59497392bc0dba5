"""Questions that run a command which its author declares read-only."""

from typing import Any, ClassVar

from remediate.bourne import heredoc, quote, quote_path
from remediate.facts.base import Fact, Output
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    """A command as its author gave it: words or text for the shell, where, with what environment."""

    argv: tuple[str, ...] = ()
    shell: str | None = None
    executable: str = "/bin/sh"
    chdir: str | None = None
    environment: tuple[tuple[str, str], ...] = ()
    stdin: str | None = None

    def text(self) -> str:
        """The command as a person would type it."""
        return self.shell if self.shell is not None else " ".join(_plain(word) for word in self.argv)

    def given(self) -> str | list[str]:
        """The command as it is registered: its words, or the shell's text."""
        return [*self.argv] if self.shell is None else self.shell

    def script(self) -> str:
        """Bourne text that runs it. The author's own text is always one quoted word, never part of ours."""
        lines = []
        if self.chdir is not None:
            lines.append(f"cd {quote_path(self.chdir)} || exit 1")
        # Set in the shell, not by `env`: what is an argument of a program shows in the process list.
        lines += [f"{name}={quote(value)}; export {name}" for name, value in self.environment]
        command = (
            _run_program(self.argv)
            if self.shell is None
            else f"{quote(self.executable)} -c {quote(self.shell)}"
        )
        lines.append(command if self.stdin is None else f"{command} {heredoc(self.stdin)}")
        return "\n".join(lines)


def _run_program(argv: tuple[str, ...]) -> str:
    # env runs programs only: a shell may have a builtin of the same name, which treats its words otherwise.
    # A name that env would take for an option or an assignment is no builtin's.
    through = "" if argv[0].startswith("-") or "=" in argv[0] else "env "
    return f"exec {through}" + " ".join(quote(word) for word in argv)


def _plain(word: str) -> str:
    safe = word and all(letter.isalnum() or letter in "-_./=:,+@%" for letter in word)
    return word if safe else quote(word)


@dataclass(frozen=True)
class CommandOutput(Fact[Output]):
    """What a read-only command prints, and its exit status."""

    opaque: ClassVar[bool] = True

    command: CommandLine
    deadline: float = 60.0

    def ask(self) -> str:
        """The command itself."""
        return self.command.script()

    def parse(self, output: Output) -> Output:
        """The output as it came."""
        return output

    def about(self) -> str:
        """Which command."""
        return f"output of {self.command.text()}"

    def lasting(self, answer: Any) -> Any:
        """The exit status: many commands print what is otherwise each time, such as the time."""
        return answer.status

    def reads(self, resource: str) -> bool:
        """Anything: only the author knows what the command looks at."""
        return True
