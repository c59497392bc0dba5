"""Chains of what templates do to a text: to make something of a secret that nobody has thought of."""

from hypothesis import strategies as st

STEPS = (
    "| upper",
    "| lower",
    "| title",
    "| capitalize",
    "| reverse",
    "| urlencode",
    "| b64encode",
    "| hash('sha512')",
    "| md5",
    "| checksum",
    "| to_uuid",
    "| replace('e', '3')",
    "| regex_replace('[aeiou]', '-')",
    "| regex_escape",
    "| regex_findall('..') | join",
    "| to_json",
    "| to_nice_yaml",
    "| quote",
    "| string",
    "| trim",
    "| e",
    "| comment",
    "| indent(2, true)",
    "| wordwrap(5)",
    "| center(30)",
    "| truncate(12, true)",
    "| list | join('.')",
    "| list | reverse | join",
    "| list | map('upper') | join('')",
    "| map('upper') | join('-')",
    "| batch(3) | map('join') | join('/')",
    "| split('e') | join('_')",
    "[1:]",
    "[:9]",
    "[::-1]",
    ".upper()",
    ".swapcase()",
    ".replace('s', '$')",
    "* 2",
)

CHAINS = st.lists(st.sampled_from(STEPS), min_size=1, max_size=4)


def expression(variable: str, chain: list[str]) -> str:
    """The expression that does this to a variable, step by step."""
    text = variable
    for step in chain:
        text = f"({text}{step if step[0] in '[.' else f' {step}'})"
    return text
