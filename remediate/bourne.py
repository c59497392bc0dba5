"""Text for the Bourne shell: the one place where anything is quoted.

Everything here must be understood by the oldest `/bin/sh` a server may have (Solaris up to 10, AIX,
IBM i), so: backquotes, `test -f`, `expr`; no `$(...)`, `$((...))`, `! command`, `test -e` or `local`.
"""

import re
import secrets

ALL_AS_OUTPUT = "exec 2>&1\n"
"""The first line of a script that complains where it answers."""
WITHOUT_COMPLAINTS = "exec 2>/dev/null\n"
"""The first line of a script whose complaints nobody asks for."""


def quote(word: str) -> str:
    """`word` as one word of a Bourne shell, whatever is in it.

    Raises:
        ValueError: if it holds a NUL byte, which no argument of a Unix program can.
    """
    if "\0" in word:
        raise ValueError("a NUL byte cannot be part of a word")
    return "'" + word.replace("'", "'\\''") + "'"


def quote_path(path: str) -> str:
    """`path` as one word that no program takes for an option, even if it begins with a dash."""
    return quote(f"./{path}" if path.startswith("-") else path)


def encode(script: str) -> bytes:
    """The bytes that go to the shell; bytes that are no UTF-8 travel as surrogates and come out unharmed."""
    return script.encode("utf-8", "surrogateescape")


def decode(output: bytes) -> str:
    """What a host printed as text; `encode` gives the same bytes back."""
    return output.decode("utf-8", "surrogateescape")


def heredoc(content: str) -> str:
    """A here-document of `content`, for use after a command: `cat <<...`. A last newline is added if missing.

    Raises:
        ValueError: if the content holds a NUL byte, which a here-document cannot carry.
    """
    if "\0" in content:
        raise ValueError("a here-document cannot carry a NUL byte")
    end = "REMEDIATE_" + secrets.token_hex(8)
    newline = "" if content.endswith("\n") or not content else "\n"
    return f"<<'{end}'\n{content}{newline}{end}\n"


def write_to(target: str, content: str) -> str:
    """Bourne text that writes exactly `content` to `target`, which is shell text such as `"$t"`.

    Short plain text is written by the shell itself, without a program: what no `echo` reads in a way of its
    own, and no limit on the size of files ends the shell over. Other text goes as a here-document. Its shell
    adds a last newline where there is none: such a line goes alone, and `tr` takes that off again. Content
    with NUL bytes goes as octal escapes of `printf`, which need no tool beyond POSIX (`base64` is missing on
    old systems) at about four times the size.
    """
    data = encode(content)
    if not data:
        return f": > {target}\n"
    if b"\0" in data:
        chunks = [data[start : start + _PRINTF_CHUNK] for start in range(0, len(data), _PRINTF_CHUNK)]
        prints = "\n".join("printf '" + "".join(f"\\{byte:03o}" for byte in chunk) + "'" for chunk in chunks)
        return f"{{\n{prints}\n}} > {target}\n"
    if len(content) <= _SHORT and _PLAIN_TEXT.fullmatch(content):
        return f"echo {quote(content[:-1])} > {target}\n"
    if content.endswith("\n"):
        return f"cat > {target} {heredoc(content)}"
    lines, _, last = content.rpartition("\n")
    first = f"cat {heredoc(f'{lines}{chr(10)}')}" if len(last) < len(content) else ""
    return f"{{\n{first}tr -d '\\012' {heredoc(last)}}} > {target}\n"


_SHORT = 24 * 1024
_PLAIN_TEXT = re.compile(r"(?!-)[\t\n -\[\]-~]*\n")  # without a backslash, and no option
_PRINTF_CHUNK = 1024  # bytes; a short argument even for systems that allow 24 KB (AIX)
