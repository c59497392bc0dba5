"""The page of a plan as text: it is whole, it loads nothing, and nothing of a host is markup."""

import hashlib
import re
from base64 import b64encode
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st
from plan_examples import IDENTITY, edit, effect, fleet, host, plan, small, task

from remediate.reports.plan_html import page
from remediate.reports.plan_view import view_of
from remediate.review.plan import Plan

_VOID = {"meta", "br", "hr", "img", "input", "link"}


class Read(HTMLParser):
    """A page's elements: tags and attributes, what is in the text of each, and whether all are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.append((self.open[-1], data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of this name."""
        return [attributes for name, attributes in self.tags if name == tag]


def html(made: Plan, *approved_by: str) -> str:
    """The page of a plan."""
    return page(view_of(made, identity=IDENTITY, approved_by=approved_by))


def test_the_page_is_well_formed_and_whole() -> None:
    """Every element is closed; identity, approvals and window, risks, hosts by tasks and diffs are there."""
    text = html(small(), "bob", "dora")
    read = Read(text)
    assert read.open == []
    shown = " ".join(said for _, said in read.texts)
    for each in (
        IDENTITY,
        "bob, dora",
        "not before 2026-03-15T22:00:00Z",
        "Plan: 112 changes on 40 of 42 hosts",
        "+proxy=http://u:(secret proxy_password)@proxy1:3128",
        "mail13, mail14, mail15, mail16, mail17, mail18, mail19, mail20, mail21",
    ):
        assert each in shown
    headings = [said for tag, said in read.texts if tag == "h2"]
    assert headings == ["Summary", "Risks", "Hosts and tasks", "Every change"]


def test_it_loads_nothing_and_runs_nothing() -> None:
    """No scripts, no styles of elements, no addresses but its own places; and the policy says so."""
    text = html(small())
    read = Read(text)
    tags = {tag for tag, _ in read.tags}
    assert not tags & {"script", "link", "img", "iframe", "object", "form", "base"}
    assert all(link["href"] and link["href"].startswith("#") for link in read.all("a"))
    assert not [name for _, names in read.tags for name in names if name == "style" or name.startswith("on")]
    assert not re.search(r"url\(|@import|://", text[text.index("<style>") : text.index("</style>")])
    [policy] = [each["content"] for each in read.all("meta") if each.get("http-equiv")]
    [style] = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    sum_ = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy is not None
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{sum_}'; ")


def test_every_link_leads_to_a_place_that_is_there_once() -> None:
    """Names of places are unique, and each link has one."""
    read = Read(html(small()))
    places = [names["id"] for _, names in read.tags if "id" in names]
    assert len(places) == len(set(places))
    assert {link["href"] for link in read.all("a")} <= {f"#{place}" for place in places}


def test_tables_can_be_heard() -> None:
    """Each table has a caption, each heading says what it heads, and each cell has words."""
    read = Read(html(small()))
    assert len(read.all("caption")) == len(read.all("table")) == 1
    scopes = [each.get("scope") for each in read.all("th")]
    assert scopes == ["col"] * 9 + ["row"] * 4
    words = [said for tag, said in read.texts if tag == "i"]
    assert len(words) == len(read.all("td")) == 8 * 4
    assert words[:4] == ["changes", "skipped", "changes", "changes, provisional, cannot be undone"]


def test_a_task_with_many_groups_folds_them_once_more() -> None:
    """The first groups are shown, the others are behind one line."""
    hosts = [host(f"h{number}", task(0, "t", edit("/a", "x", f"y{number}"))) for number in range(40)]
    text = html(plan(hosts))
    assert "28 more groups" in text
    assert all(f"+y{number}\n" in text for number in range(40))


def test_no_risk_is_said() -> None:
    """Where there is nothing to fear, the page says so."""
    assert "None: every change is known" in html(plan([host("a", task(0, "t", edit("/a", "1", "2")))]))
    assert "None: every change is known" not in html(small())


@settings(max_examples=50)
@given(st.text(st.sampled_from("<>&\"'/=-! +ax{}%"), max_size=40))
def test_no_text_becomes_markup(text: str) -> None:
    """Whatever a host, a diff or a playbook says: the page has the same elements, and shows it."""

    def made(said: str) -> Read:
        wild = effect(f"s{said}", f"+{said}x", no_undo=f"n{said}")
        return Read(
            html(
                plan(
                    [
                        host(f"h{said}", task(0, f"t{said}", wild, message=f"m{said}", play=f"p{said}")),
                        host("b", outcome=f"o{said}"),
                    ],
                    planner=f"q{said}",
                    warnings=(f"w{said}",),
                ),
                f"r{said}",
            )
        )

    found, plain = made(text), made("")
    assert [tag for tag, _ in found.tags] == [tag for tag, _ in plain.tags]
    assert any("".join(said.split()) == "".join(f"m{text}".split()) for _, said in found.texts)


def test_a_fleet_of_2000_hosts_is_a_few_megabytes() -> None:
    """2,000 hosts and 40 tasks: hosts that are alike share rows and groups."""
    assert len(html(fleet(2000, 40))) < 4_000_000
