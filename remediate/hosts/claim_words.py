"""What a claim says where its script has no output: said on the host by Bourne text, read here."""

from remediate.errors import NotKnown, TaskFailed
from remediate.facts.base import Output

_STATUS = 92
_SAYS = "remediate:once:"

_AGAIN = "look at the host whether it did its work, then run again"
_MEANINGS = {
    "spool": (
        "not done, its claim could not be made on the host",
        "see that the home directory or ansible_remote_tmp can be written and nobody else owns "
        "the .remediate in it",
    ),
    "never": ("it was claimed and never begun (the host or its shell was stopped right then)", "run again"),
    "unknown": ("it was claimed, and it is not known whether it began", _AGAIN),
    "lost": (
        "NOT KNOWN whether it was done, and not done again: what this run had claimed on the host is gone",
        _AGAIN,
    ),
    "gone": ("it was begun and has no end (the host was restarted, or it was killed)", _AGAIN),
    "stopped": ("it was stopped when its deadline had passed", _AGAIN),
}


def say(word: str) -> str:
    """Bourne text that ends with one of the words whose meanings are told here."""
    return f"{{ echo {_SAYS}{word} >&2; exit {_STATUS}; }}"


def collected(output: Output, what: str) -> Output:
    """The script's own output, out of what `once` printed.

    Args:
        output: of `once`.
        what: the order, for people.

    Raises:
        TaskFailed: there is none, and never will be; the script is not started again.
        NotKnown: the claim is gone, and with it what would tell.
    """
    said = output.stderr.decode("utf-8", "replace").strip()
    word = said.removeprefix(_SAYS)
    if output.status != _STATUS or output.stdout or word == said or word not in _MEANINGS:
        return output
    why, cure = _MEANINGS[word]
    raise (NotKnown if word == "lost" else TaskFailed)(f"{why}: {what}", cure=cure)
