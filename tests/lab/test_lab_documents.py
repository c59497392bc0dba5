from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from remediate.lab.documents import Document, Store, changed, deleted, edited, licences, living, replicated

NOW = datetime(2024, 2, 14, 12, 0, tzinfo=UTC)

documents = st.lists(
    st.builds(
        Document,
        unid=st.sampled_from("ABCDE"),
        form=st.just("LABLicense"),
        fields=st.fixed_dictionaries({"LABKind": st.sampled_from(["LAB full", "LAB trial"])}),
        revision=st.integers(1, 3),
        deleted=st.booleans(),
    ),
    unique_by=lambda one: one.unid,
).map(tuple)


@given(documents, documents)
def test_replication_both_ways_makes_replicas_alike(mine, theirs):
    """After a pull here and a pull there, nobody has what the other has not, but for equal revisions."""
    here = replicated(mine, theirs)
    there = replicated(theirs, here)
    assert {one.unid: one.revision for one in here} == {one.unid: one.revision for one in there}
    assert replicated(here, theirs) == here


@given(documents)
def test_a_deletion_replicates(mine):
    """A document that was deleted on one side is gone on the other after a pull."""
    for document in living(mine):
        after = edited(mine, document.unid, lambda one: deleted(one, NOW))
        assert document.unid not in {one.unid for one in living(replicated(mine, after))}


@given(documents)
def test_a_change_counts_up_and_leaves_other_fields(mine):
    """Revision and time of a changed document are newer; its other fields stay."""
    for document in licences(mine):
        after = changed(document, NOW, {"LABExpires": "2035-12-31"})
        assert after.revision == document.revision + 1
        assert after.modified_at == NOW
        assert after.fields == {**document.fields, "LABExpires": "2035-12-31"}


@given(documents)
def test_a_store_keeps_what_it_was_given(tmp_path_factory, mine):
    """What is read is what was written, stubs included."""
    store = Store(tmp_path_factory.mktemp("store") / "smconf.json")
    assert store.edit(lambda _: mine) == ((), mine)
    assert store.read() == mine
