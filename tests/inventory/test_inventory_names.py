"""Names of hosts and groups: ranges, ports, addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.errors import InventoryError, Place
from remediate.inventory.names import MAX_RANGE, check_group_name, expand_range, parse_hosts

HERE = Place("hosts", 3, 1)
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@given(st.integers(0, 5000), st.integers(0, 300), st.integers(1, 9))
def test_a_range_of_numbers_counts(first: int, more: int, step: int) -> None:
    """`[first:last:step]` gives what Python's range gives, the last one included."""
    names = expand_range(f"a[{first}:{first + more}:{step}]z", HERE)
    assert names == tuple(f"a{number}z" for number in range(first, first + more + 1, step))


@given(st.integers(2, 6), st.data())
def test_leading_zeros_give_all_names_one_width(width: int, data: st.DataObject) -> None:
    """With a leading zero at the beginning, every name is of the width written."""
    first = data.draw(st.integers(0, 10 ** (width - 1) - 1))
    last = data.draw(st.integers(first, min(first + 50, 10**width - 1)))
    names = expand_range(f"web[{first:0{width}}:{last:0{width}}]", HERE)
    assert len(names) == last - first + 1
    assert all(len(name) == 3 + width for name in names)
    assert [int(name[3:]) for name in names] == list(range(first, last + 1))


@given(st.integers(0, 25), st.integers(0, 25))
def test_a_range_of_letters(one: int, other: int) -> None:
    """`[a:f]` gives the letters from a to f."""
    first, last = sorted((one, other))
    assert expand_range(f"db-[{LETTERS[first]}:{LETTERS[last]}]", HERE) == tuple(
        f"db-{letter}" for letter in LETTERS[first : last + 1]
    )


@given(
    st.lists(st.tuples(st.sampled_from(["", "a", "-b.", "x1"]), st.integers(0, 3)), min_size=1, max_size=4)
)
def test_several_ranges_give_every_combination_once(parts: list[tuple[str, int]]) -> None:
    """The count is the product of the ranges' counts, in order and none of them twice."""
    names = expand_range("".join(f"{literal}_[0:{last}]" for literal, last in parts), HERE)
    count = 1
    for _, last in parts:
        count *= last + 1
    assert len(names) == len(set(names)) == count
    assert list(names) == sorted(names)


@given(st.from_regex(r"[a-z][a-z0-9.-]{0,20}", fullmatch=True), st.integers(1, 65535))
def test_a_port_comes_after_a_colon(name: str, port: int) -> None:
    """`host:port` is the host and the port; without it there is none."""
    assert parse_hosts(f"{name}:{port}", HERE) == ((name,), port)
    assert parse_hosts(name, HERE) == ((name,), None)


@pytest.mark.parametrize(
    ("text", "names", "port"),
    [
        ("web[1:2]:2222", ("web1", "web2"), 2222),
        ("[1:9:4]", ("1", "5", "9"), None),
        ("db[:2]", ("db0", "db1", "db2"), None),
        ("n[9:10]", ("n9", "n10"), None),
        ("[a:b][1:2]", ("a1", "a2", "b1", "b2"), None),
        ("192.0.2.1:22", ("192.0.2.1",), 22),
        ("2001:db8::1", ("2001:db8::1",), None),
        ("[2001:db8::1]:2222", ("2001:db8::1",), 2222),
        ("[2001:db8::1]", ("2001:db8::1",), None),
    ],
)
def test_forms(text: str, names: tuple[str, ...], port: int | None) -> None:
    """Ranges, ports and addresses may be combined as in Ansible."""
    assert parse_hosts(text, HERE) == (names, port)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("web[1:]", "needs an end"),
        ("web[5:1]", "begins before its end"),
        ("web[01:9]", "equal length"),
        ("web[1:9:0]", "at least 1"),
        ("web[1:9:-1]", "'-1' is neither"),
        ("web[a:9]", "ends with one letter"),
        ("web[aa:ac]", "'aa' is neither"),
        ("web[1]", "[begin:end]"),
        ("web[1:2:3:4]", "[begin:end]"),
        ("web[1:2", "without its partner"),
        ("web1:2]", "without its partner"),
        ("web[[1:2]]", "without its partner"),
        (f"web[0:{MAX_RANGE}]", "stands for more than"),
        ("w[0:999]x[0:999]", "stands for more than"),
        ("web[0:99999999999999999999]", "is neither"),
        ("web1:", "ends in ':'"),
        ("web1:99999", "no port"),
        ("web1:0", "no port"),
        ("web1:ssh", "no host name"),
        ("---", "'---' is no host"),
        ("", "no host name"),
        ("../etc", "no host name"),
        ("-oProxyCommand=x", "no host name"),
        ("web 1", "no host name"),
        ("web1$(id)", "no host name"),
    ],
)
def test_what_cannot_be_meant(text: str, what: str) -> None:
    """A name that cannot be meant is refused at its place."""
    with pytest.raises(InventoryError) as caught:
        parse_hosts(text, HERE)
    assert what in caught.value.what
    assert caught.value.where == HERE


@given(st.text(max_size=30))
def test_any_text_gives_names_or_a_mistake(text: str) -> None:
    """No text leads to another exception, nor to a name that is a path."""
    try:
        names, _ = parse_hosts(text, HERE)
    except InventoryError:
        names = ()
    assert not any("/" in name or name.startswith(("-", ".")) for name in names)


@pytest.mark.parametrize("name", ["web", "web-1", "web_1", "aix7.1"])
def test_good_group_names(name: str) -> None:
    """Words of letters, digits, dash, dot and underscore name a group."""
    check_group_name(name, HERE)


@pytest.mark.parametrize("name", ["", "a b", "a:b", "!a", "&a", "a,b", "../a", "a/b", "~a", "-a", "a*"])
def test_bad_group_names(name: str) -> None:
    """What means something else in a pattern or a path names no group."""
    with pytest.raises(InventoryError, match="no name for a group"):
        check_group_name(name, HERE)
