"""Relations and tables that nobody stored: read from the facts, one name an entity, each cell with its evidence."""

from __future__ import annotations

import datetime

import pytest

from neuraldb.core.errors import BindError
from neuraldb.plan.nodes import AttributeScan, Decode
from neuraldb.plan.semantic_nodes import Anchor, Attribute, VirtualScan
from operators.told import Told

LIVES = "people: residence"
WORKS = "people: employer"


@pytest.fixture
def people(told: Told) -> Told:
    """Three people; two places of Nils; no employer of Ola."""
    told.tell_together(
        ("Anna Berg lives in Oslo.", ("Anna Berg", "lives in", "Oslo", 0.9)),
        ("Nils lives in Bergen.", ("Nils", "lives in", "Bergen", 0.8)),
        ("Anna Berg works for Equinor.", ("Anna Berg", "works for", "Equinor", 0.7)),
        ("Nils works for NASA.", ("Nils", "works for", "NASA")),
        ("Ola lives in oslo.", ("Ola", "lives in", "oslo")),
        ("Nils lives in Trondheim.", ("Nils", "lives in", "Trondheim")),
    )
    told.world.mean(LIVES, "? | lives in | ?v")
    told.world.mean("residence", "? | lives in | ?v")
    told.world.mean(WORKS, "? | works for | ?v")
    told.world.mean("List all people", "? | lives in | _")
    return told


def table(*attributes: str, **rest: object) -> VirtualScan:
    return VirtualScan("people", tuple(Attribute(name) for name in attributes), **rest)  # type: ignore[arg-type]


def named(told: Told, rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """The rows of an attribute with the texts of its terms."""
    terms = told.stores.graph.terms([int(str(i)) for row in rows for i in row[:2]])
    texts = [term.text for term in terms]
    return sorted((*pair, *row[2:]) for pair, row in zip(zip(texts[::2], texts[1::2], strict=True), rows, strict=True))


# ------------------------------------------------------------------------------------------------------------ relations


def test_subjects_and_objects_are_terms_that_rest_on_their_facts(people: Told) -> None:
    assert named(people, people.rows(AttributeScan("residence"))) == [
        ("Anna Berg", "Oslo", [1], 0.9),
        ("Nils", "Bergen", [2], 0.8),
        ("Nils", "Trondheim", [6], 1.0),
        ("Ola", "Oslo", [5], 1.0),
    ]


def test_one_entity_is_one_term_however_facts_spell_it(people: Told) -> None:
    rows = people.rows(AttributeScan("residence"))
    oslo = {row[1] for row in named(people, rows) if str(row[1]).lower() == "oslo"}
    assert oslo == {"Oslo"}
    assert len({row[1] for row in rows}) == 3


def test_terms_are_those_of_the_stored_graph(people: Told) -> None:
    (anna,) = people.stores.entities.aliases.terms("anna berg")
    assert anna in [row[0] for row in people.rows(AttributeScan("residence"))]


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ({"subject_anchor": "Nils"}, [("Nils", "Bergen"), ("Nils", "Trondheim")]),
        ({"subject_anchor": "the nils"}, [("the nils", "Bergen"), ("the nils", "Trondheim")]),
        ({"object_anchor": "Oslo"}, [("Anna Berg", "Oslo"), ("Ola", "Oslo")]),
        ({"subject_anchor": "Nils", "object_anchor": "Bergen"}, [("Nils", "Bergen")]),
        ({"subject_anchor": "Oslo"}, []),
        ({"subject_anchor": "Zebedee"}, []),
    ],
)
def test_an_anchored_end_is_that_entity(people: Told, ends: dict[str, str], expected: list[tuple[str, str]]) -> None:
    scan = AttributeScan("residence", **ends)  # type: ignore[arg-type]
    before = people.stores.database.rows("SELECT count(*) FROM store.terms")
    rows = people.rows(Decode(scan, tuple(f.name for f in scan.columns)))
    assert sorted(row[:2] for row in rows) == expected
    assert people.stores.database.rows("SELECT count(*) FROM store.terms") == before


def test_only_facts_that_name_an_anchored_end_are_read(people: Told) -> None:
    people.rows(AttributeScan("residence", object_anchor="Bergen"))
    assert [request.facts for request in people.reader.requests] == [("Nils lives in Bergen.",)]


def test_a_value_becomes_a_literal_of_the_graph(told: Told) -> None:
    told.tell("Oslo is 2 km wide.", ("Oslo", "width", "2 km"))
    told.world.mean("width", "? | width | ?v")
    ((_, value, *_),) = told.rows(AttributeScan("width"))
    (term,) = told.stores.graph.terms([int(value)])
    assert (term.kind, term.number, term.unit) == ("number", 2000.0, "m")


def test_a_relation_that_no_fact_states_has_no_rows(people: Told) -> None:
    people.world.mean("colour", "? | colour | ?v")
    assert people.rows(AttributeScan("colour")) == []


def test_what_was_read_for_a_relation_is_not_read_again(people: Told) -> None:
    first = people.rows(AttributeScan("residence"))
    people.reader.requests.clear()
    assert people.rows(AttributeScan("residence")) == first
    assert people.reader.requests == []


# --------------------------------------------------------------------------------------------------------------- tables


def test_there_is_a_row_for_each_entity_and_each_combination_of_values(people: Told) -> None:
    assert sorted(people.rows(table("residence", "employer")), key=repr) == [
        ("Anna Berg", "Oslo", "Equinor", [1, 3], 0.63),
        ("Nils", "Bergen", "NASA", [2, 4], 0.8),
        ("Nils", "Trondheim", "NASA", [4, 6], 1.0),
        ("Ola", "Oslo", None, [5], 1.0),
    ]


def test_an_entity_is_in_the_table_if_it_has_any_of_the_attributes(people: Told) -> None:
    people.tell("Kari works for NASA.", ("Kari", "works for", "NASA"))
    rows = people.rows(table("residence", "employer"))
    assert ("Kari", None, "NASA", [7], 1.0) in rows


def test_a_table_without_attributes_lists_its_entities(people: Told) -> None:
    assert sorted(row[0] for row in people.rows(table())) == ["Anna Berg", "Nils", "Ola"]


def test_two_facts_with_one_value_give_one_row(people: Told) -> None:
    people.tell("Nils has moved to bergen.", ("Nils", "lives in", "bergen"))
    assert [row[1] for row in people.rows(table("residence")) if row[0] == "Nils"].count("Bergen") == 1


def test_of_facts_that_give_one_value_the_surest_is_the_evidence(people: Told) -> None:
    people.tell("Nils has moved to bergen.", ("Nils", "lives in", "bergen", 0.95))
    people.tell("Nils stays in Bergen.", ("Nils", "lives in", "Bergen", 0.7))
    rows = people.rows(table("residence"))
    assert [row[2:] for row in rows if row[:2] == ("Nils", "Bergen")] == [([7], 0.95)]


def test_of_facts_that_name_an_entity_the_surest_is_the_evidence(people: Told) -> None:
    rows = people.rows(table())
    assert ("Nils", [6], 1.0) in rows


def test_the_readings_that_are_asked_for_are_given(told: Told) -> None:
    told.tell("Anna was born on 3 May 1979.", ("Anna", "born", "3 May 1979"))
    told.tell("Nils was born on 1 June 1982.", ("Nils", "born", "1 June 1982"))
    told.world.mean("people: birth date", "? | born | ?v")
    node = VirtualScan("people", (Attribute("birth_date", ("date", "key")),), key_readings=("key",))
    assert [c.type for c in node.columns] == ["VARCHAR", "VARCHAR", "VARCHAR", "DATE", "VARCHAR"]
    assert sorted(row[:4] for row in told.rows(node)) == [
        ("Anna", "anna", "3 May 1979", datetime.date(1979, 5, 3)),
        ("Nils", "nils", "1 June 1982", datetime.date(1982, 6, 1)),
    ]


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        (Anchor("residence", ("oslo",)), ["Anna Berg", "Ola"]),
        (Anchor("residence", ("oslo", "bergen")), ["Anna Berg", "Nils", "Ola"]),
        (Anchor("employer", ("nasa",)), ["Nils", "Nils"]),
        (Anchor("name", ("nils",)), ["Nils", "Nils"]),
        (Anchor("residence", ("paris",)), []),
    ],
)
def test_only_rows_that_meet_the_restrictions_are_given(people: Told, anchor: Anchor, expected: list[str]) -> None:
    rows = people.rows(table("residence", "employer", anchors=(anchor,)))
    assert sorted(str(row[0]) for row in rows) == expected


def test_a_restriction_gives_the_rows_that_a_filter_would(people: Told) -> None:
    everything = people.rows(table("residence", "employer"))
    anchored = people.rows(table("residence", "employer", anchors=(Anchor("residence", ("oslo",)),)))
    assert anchored == [row for row in everything if row[1] == "Oslo"]


def test_a_restriction_leaves_facts_unread_that_cannot_matter(people: Told) -> None:
    people.rows(table("residence", anchors=(Anchor("residence", ("bergen",)),)))
    assert [request.facts for request in people.reader.requests] == [("Nils lives in Bergen.",)]


def test_a_forgotten_fact_leaves_the_table(people: Told) -> None:
    assert len(people.rows(table("residence"))) == 4
    people.forget([2, 6])
    assert sorted(str(row[0]) for row in people.rows(table("residence"))) == ["Anna Berg", "Ola"]


def test_a_table_that_no_fact_tells_of_is_refused(people: Told) -> None:
    with pytest.raises(BindError, match="no fact tells of astronauts") as caught:
        people.rows(VirtualScan("astronauts", (Attribute("height"),)))
    assert caught.value.hint


def test_a_restriction_that_nothing_meets_is_an_empty_answer(people: Told) -> None:
    assert people.rows(table("residence", anchors=(Anchor("residence", ("atlantis",)),))) == []


def test_the_same_table_comes_in_the_same_order(people: Told) -> None:
    rows = people.rows(table("residence", "employer"))
    again = Told(people.stores.database, people.world)
    assert again.rows(table("residence", "employer")) == rows
