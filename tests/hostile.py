"""Texts that break careless quoting: as names of files, as words, as content."""

from hypothesis import strategies as st

from remediate.bourne import decode, encode

NAMES = (
    "plain",
    "two words",
    " blanks around ",
    "-rf",
    "--help",
    "it's",
    'say "hi"',
    "''",
    "$HOME",
    "$(touch gone)",
    "`touch gone`",
    "a`b",
    "\\",
    "a\\\\b\\$c\\`d",
    "ends with a backslash\\",
    "new\nline",
    "line feed at the end\n",
    "\n",
    "*",
    "[a-z]?",
    "~",
    "!",
    "#no comment",
    ";exit 7",
    "a&b|c>d<e",
    "a -> b",
    "tab\tCR\r",
    "\x01\x1b[31m\x7f",
    "ümläut-€-日本",
    "no UTF-8: \udcff\udc80",
    "%s%n\\c\\0101",
    "{a,b}",
    "=",
    "(",
    "x" * 200,
)
"""Each is a possible name in a directory, and a possible argument."""

WORDS = (*NAMES, "", "y" * 50_000)
"""Each is a possible argument of a program."""

_LETTERS = st.one_of(
    st.sampled_from(" \t\r\n'\"`$\\*?[]{}()<>|&;!#~%-=aé日"),
    st.characters(min_codepoint=1, codec="utf-8"),
    st.integers(0xDC80, 0xDCFF).map(chr),
)

words = st.text(_LETTERS, max_size=60).map(lambda text: decode(encode(text)))
"""What may be an argument: any text without a NUL byte, bytes that are no UTF-8 as surrogates."""

names = (
    st.one_of(st.sampled_from(NAMES), words)
    .filter(lambda name: "/" not in name and name not in ("", ".", ".."))
    .filter(lambda name: len(encode(name)) <= 200)
)
"""What may be the name of a file."""

contents = st.one_of(
    words, words.map(lambda text: f"{text}\n"), st.lists(words, min_size=2, max_size=5).map("\0".join)
)
"""What may be in a file."""
