"""Markdown for a ticket, read back by a Markdown parser: nothing of a host is ever markup."""

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from plan_examples import IDENTITY, create, effect, host, plan, small, task

from remediate.reports.cleaning import printable
from remediate.reports.plan_markdown import markdown
from remediate.reports.plan_view import view_of
from remediate.review.plan import Plan


def read(made: Plan) -> list[Token]:
    """The tokens of a plan's Markdown."""
    text = markdown(view_of(made, identity=IDENTITY, approved_by=("bob",)))
    return MarkdownIt("commonmark").enable("table").parse(text)


def flat(tokens: list[Token]) -> list[Token]:
    """The tokens, those within lines too."""
    return [each for token in tokens for each in (token, *(token.children or ()))]


def test_the_small_plan_reads_as_it_should() -> None:
    """Headings in order, the figures, risks before plays, and each diff once."""
    tokens = read(small())
    headings = [tokens[place + 1].content for place, each in enumerate(tokens) if each.type == "heading_open"]
    assert headings[:3] == ["Change plan: pattern.yaml", "Risks", "Cannot be undone"]
    assert "Play: Bring the pattern up to date (40 hosts)" in headings
    diffs = [each.content for each in tokens if each.type == "fence" and each.info == "diff"]
    assert len(diffs) == len(set(diffs)) + 1  # the console's command: known on 12 hosts, provisional on 27
    assert any("+proxy=http://u:(secret proxy_password)@proxy1:3128\n" in diff for diff in diffs)
    cells = [each.content for each in tokens if each.type == "inline"]
    assert f"`{IDENTITY}`" in cells
    assert "`bob`" in cells


_WILD = st.text(st.sampled_from("`~\\|<>*_[]()#!@&\n -+ax\t$"), max_size=40)


@given(_WILD, _WILD)
def test_no_text_breaks_out(text: str, name: str) -> None:
    """Whatever a diff, a message or a name holds: no HTML, no link, no fence ends early, no cell splits."""
    made = plan(
        [
            host(
                f"h{name}",
                task(0, f"t{name}", effect(f"s{text}", f"+{text}", no_undo=f"n{text}"), message=f"m{text}"),
            ),
            host("b", task(0, "u"), outcome=f"o{text}"),
        ],
        planner=f"p{text}",
        warnings=(f"w{text}",),
    )
    tokens = read(made)
    kinds = {each.type for each in flat(tokens)}
    assert not kinds & {
        "html_block",
        "html_inline",
        "link_open",
        "image",
        "hr",
        "blockquote_open",
        "code_block",
    }
    fences = [each.content.removesuffix("\n") for each in tokens if each.type == "fence"]
    assert fences == [f"m{text}".strip(), f"+{text}".removesuffix("\n")]
    rows = [each for each in tokens if each.type == "tr_open"]
    cells = [each for each in tokens if each.type == "td_open"]
    assert len(cells) == 2 * (len(rows) - 1)
    headings = [tokens[place + 1] for place, each in enumerate(tokens) if each.type == "heading_open"]
    said = ["".join(child.content for child in each.children or ()) for each in headings]
    assert "Task: " + " ".join(f"t{name}".split()) in said


def test_a_diff_with_fences_of_its_own_stays_in_its_fence() -> None:
    """A file that is Markdown itself is shown whole."""
    text = "```diff\n```\n````\n# no heading\n"
    [fence] = [
        each for each in read(plan([host("a", task(0, "t", create("/a.md", text)))])) if each.type == "fence"
    ]
    assert fence.content == printable(create("/a.md", text).diff)
    assert re.match(r"`{5}$", fence.markup)
