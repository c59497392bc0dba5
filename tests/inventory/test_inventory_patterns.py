"""Patterns of hosts: Ansible's signs, the algebra of sets, and slips told with what was meant."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.errors import InventoryError
from remediate.inventory.model import Host, Inventory
from remediate.inventory.patterns import select

HOSTS = ("web1.ex", "web2.ex", "db1", "db2", "aix1", "2001:db8::1")
GROUPS = {
    "all": HOSTS,
    "ungrouped": (),
    "web": ("web1.ex", "web2.ex"),
    "db": ("db1", "db2"),
    "hub": ("web1.ex", "db1"),
    "empty": (),
}
FLEET = Inventory(
    hosts={name: Host(name=name, groups=()) for name in HOSTS},
    groups=GROUPS,
    children={"all": ("ungrouped", "web", "db", "hub", "empty"), "hub": ()},
)
TERMS = st.sampled_from(
    ["web", "db", "hub", "empty", "all", "db1", "*1*", "~web", "web?.ex", "db[1]", "2001:db8::1"]
)


def chosen(pattern: str) -> set[str]:
    """The hosts of a pattern, as a set."""
    return set(select(FLEET, pattern))


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("all", HOSTS),
        ("*", HOSTS),
        ("web", ("web1.ex", "web2.ex")),
        ("db2", ("db2",)),
        ("db2:web1.ex", ("db2", "web1.ex")),
        ("db2, web1.ex ,", ("db2", "web1.ex")),
        ("web:&hub", ("web1.ex",)),
        ("!hub:web:db", ("web2.ex", "db2")),
        ("!web", ("db1", "db2", "aix1", "2001:db8::1")),
        ("&hub", ("web1.ex", "db1")),
        ("web[0]", ("web1.ex",)),
        ("web[-1]", ("web2.ex",)),
        ("all[1:3]", ("web2.ex", "db1", "db2")),
        ("all[4:]", ("aix1", "2001:db8::1")),
        ("all[0:0]", ("web1.ex",)),
        ("all[1-3]", ("web2.ex", "db1", "db2")),
        ("db[0-1]", ("db1", "db2")),
        ("db[1-]", ("db2",)),
        ("db[12-3]*", ("db1", "db2")),
        ("db,hub,!web2.ex", ("db1", "db2", "web1.ex")),
        ("db2,&hub,all", ("web1.ex", "db1")),
        ("web[1]:db[0]", ("web2.ex", "db1")),
        ("*.ex", ("web1.ex", "web2.ex")),
        ("d*", ("db1", "db2")),
        ("[dw]*", ("web1.ex", "web2.ex", "db1", "db2")),
        ("~(db|aix)1", ("db1", "aix1")),
        ("~b", ()),
        ("2001:db8::1", ("2001:db8::1",)),
        ("web,!2001:db8::1", ("web1.ex", "web2.ex")),
        ("empty", ()),
        ("nothing*", ()),
    ],
)
def test_patterns(pattern: str, names: tuple[str, ...]) -> None:
    """Each form of pattern means the hosts that Ansible would take, in the order of the terms."""
    assert select(FLEET, pattern) == names


@given(TERMS, TERMS)
def test_the_algebra_of_sets(one: str, other: str) -> None:
    """Commas unite, `&` intersects, `!` takes away."""
    assert chosen(f"{one},{other}") == chosen(one) | chosen(other)
    assert chosen(f"{one},&{other}") == chosen(one) & chosen(other)
    assert chosen(f"{one},!{other}") == chosen(one) - chosen(other)
    assert chosen(f"!{one}") == chosen("all") - chosen(one)


@given(st.lists(st.tuples(st.sampled_from(["", "&", "!"]), TERMS), min_size=1, max_size=5))
def test_the_order_of_terms_is_that_of_the_hosts(terms: list[tuple[str, str]]) -> None:
    """However the terms are ordered, the same hosts are meant, each once, where a plain term first has it."""
    written = [sign + term for sign, term in terms]
    names = select(FLEET, ",".join(written))
    assert set(names) == set(select(FLEET, ",".join(reversed(written))))
    plain = [term for sign, term in terms if not sign] or ["all"]
    order = dict.fromkeys(name for term in plain for name in select(FLEET, term))
    assert names == tuple(name for name in order if name in names)


@given(TERMS, TERMS)
def test_a_limit_intersects(pattern: str, limit: str) -> None:
    """A limit leaves of a pattern's hosts those that it means itself."""
    assert set(select(FLEET, pattern, limit=limit)) == chosen(pattern) & chosen(limit)


def test_a_limit_from_a_file(tmp_path: Path) -> None:
    """`@file` stands for the names in the file, one a line, without comments."""
    path = tmp_path / "failed.retry"
    path.write_text("# of yesterday\ndb1\n\n web2.ex \n2001:db8::1\n")
    assert select(FLEET, "all", limit=f"@{path}") == ("web2.ex", "db1", "2001:db8::1")
    assert select(FLEET, "web", limit=f"aix1,@{path}") == ("web2.ex",)


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("wbe", "no host or group is called 'wbe' (did you mean 'web'"),
        ("web:!bd1", "no host or group is called 'bd1' (did you mean 'db1'"),
        ("windows", "no host or group is called 'windows' ('remediate inventory --graph' shows all)"),
        ("localhost", "no host or group is called 'localhost'"),
        ("wbe[0]", "no host or group is called 'wbe'"),
        ("web[2]", "'web[2]' is beyond the end ('web' has 2 hosts)"),
        ("web[-3]", "'web[-3]' is beyond the end"),
        ("web[5:7]", "'web[5:7]' is beyond the end"),
        ("empty[0]", "'empty[0]' is beyond the end ('empty' has 0 hosts)"),
        ("db[12]", "'db[12]' is beyond the end"),
        ("web[2-3]", "'web[2-3]' is beyond the end ('web' has 2 hosts)"),
        ("aix[1-3]", "no host or group is called 'aix'"),
        ("~web(", "'~web(' is not a regular expression"),
        ("web:!", "a pattern ends after '&' or '!'"),
        ("", "an empty pattern"),
        (" , ", "an empty pattern"),
    ],
)
def test_what_cannot_be_meant(pattern: str, what: str) -> None:
    """A pattern that cannot be meant is refused with a cure, never taken for nothing or for all."""
    with pytest.raises(InventoryError) as caught:
        select(FLEET, pattern)
    assert str(caught.value).startswith(what)


def test_a_limit_that_cannot_be_read() -> None:
    """A missing limit file is told by its name."""
    with pytest.raises(InventoryError, match=r"missing\.retry: cannot be read"):
        select(FLEET, "all", limit="@missing.retry")


@given(st.text(alphabet="webdb1*?[]:,!&~.()@ ", max_size=15))
def test_any_pattern_gives_hosts_or_a_mistake(pattern: str) -> None:
    """No pattern leads to another exception."""
    names: tuple[str, ...] = ()
    try:
        names = select(FLEET, pattern)
    except InventoryError:
        return
    assert set(names) <= set(HOSTS)
