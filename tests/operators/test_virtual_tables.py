"""Tables that nobody made, of kinds that are stored classes: which things are rows, and where their cells come from."""

from __future__ import annotations

from typing import Any

import pytest

from neuraldb.core.errors import Cancelled, ProgrammingError
from neuraldb.core.progress import CancelToken
from neuraldb.execution import engine
from neuraldb.execution.physical import lower
from neuraldb.operators.classes import TYPE, StoredClasses
from neuraldb.operators.virtual_tables import MOST, measured
from neuraldb.operators.write import import_triples
from neuraldb.plan.catalogue import ClassBinding, RelationBinding
from neuraldb.plan.semantic_nodes import Anchor, Attribute, VirtualScan
from neuraldb.stores.terms import Term
from operators.told import Told


def of_kind(told: Told, kind: str, *names: str) -> None:
    """Let triples say of which kind things are, as an import would."""
    quads = [(Term("entity", name), Term("iri", TYPE), Term("type", kind), None) for name in names]
    import_triples(quads, told.context())


@pytest.fixture
def people(told: Told) -> Told:
    """Anna and Nils are stored as persons, of Ola no class is known, and Oslo is a city; the reader knows all three."""
    told.tell_together(
        ("Anna Berg lives in Oslo.", ("Anna Berg", "lives in", "Oslo", 0.9)),
        ("Nils lives in Bergen.", ("Nils", "lives in", "Bergen", 0.8)),
        ("Nils works for NASA.", ("Nils", "works for", "NASA")),
        ("Ola is a person who lives in Rome.", ("Ola", "lives in", "Rome", 0.7)),
        ("Oslo lies in Norway.", ("Oslo", "lives in", "Norway")),
    )
    of_kind(told, "person", "Anna Berg", "Nils")
    of_kind(told, "city", "Oslo")
    told.world.mean("people: residence", "? | lives in | ?v")
    told.world.mean("people: employer", "? | works for | ?v")
    told.world.mean("List all people", "? | lives in | _")
    return told


def relation(told: Told, name: str, score: float = 1.0) -> RelationBinding:
    terms = told.stores.database.rows("SELECT id FROM store.terms WHERE kind = 'relation' AND text = ?", [name])
    return RelationBinding(tuple(id for (id,) in terms), name, score)


def kind(told: Told, name: str = "people", exact: bool = False) -> ClassBinding:
    found = StoredClasses(told.stores).exact(name)
    return found if exact else ClassBinding(found.label, found.classes, found.score)


def scan(told: Told, *attributes: Attribute, exact: bool = False, **rest: Any) -> VirtualScan:
    return VirtualScan("people", attributes, kind=kind(told, exact=exact), **rest)


def test_rows_are_the_things_of_the_class_and_those_without_any_that_the_reader_takes_for_such(people: Told) -> None:
    rows = people.rows(scan(people, Attribute("residence")))
    # Oslo, too, lives somewhere, as the reader has it; but it is known to be a city
    assert [row[:2] for row in rows] == [("Anna Berg", "Oslo"), ("Nils", "Bergen"), ("Ola", "Rome")]


def test_a_thing_without_the_attribute_is_a_row_with_an_unknown_cell(people: Told) -> None:
    rows = people.rows(scan(people, Attribute("employer")))
    assert [row[:2] for row in rows] == [("Anna Berg", None), ("Nils", "NASA"), ("Ola", None)]


def test_the_rows_do_not_depend_on_which_columns_are_asked_for(people: Told) -> None:
    names = [[row[0] for row in people.rows(scan(people, *some))] for some in ((), (Attribute("employer"),))]
    assert names[0] == names[1] == ["Anna Berg", "Nils", "Ola"]


def test_as_stored_nothing_is_read(people: Told) -> None:
    home = Attribute("lives in", relation=relation(people, "lives in"), reads=False)
    rows = people.rows(scan(people, home, exact=True))
    assert rows == [("Anna Berg", "Oslo", [1], pytest.approx(0.9)), ("Nils", "Bergen", [2], pytest.approx(0.8))]
    assert people.reader.requests == []


def test_what_triples_state_is_not_read_a_second_time_but_what_they_lack_is(people: Told) -> None:
    # the extractor has missed it
    people.models.extractor.world = type(people.world)()  # type: ignore[attr-defined]
    people.tell("Anna Berg has moved to Paris.", ("Anna Berg", "lives in", "Paris", 0.6))
    home = Attribute("residence", relation=relation(people, "lives in"))
    rows = people.rows(scan(people, home))
    assert [row[:2] for row in rows if row[0] == "Anna Berg"] == [("Anna Berg", "Oslo"), ("Anna Berg", "Paris")]
    assert [row[:2] for row in rows if row[0] == "Nils"] == [("Nils", "Bergen")]


def test_a_cell_is_as_sure_as_its_triple_and_what_its_column_is_taken_to_mean(people: Told) -> None:
    home = Attribute("residence", relation=relation(people, "lives in", 0.5), reads=False)
    rows = people.rows(scan(people, home))
    assert [(row[0], row[-1]) for row in rows] == [
        ("Anna Berg", pytest.approx(0.45)),
        ("Nils", pytest.approx(0.4)),
        ("Ola", pytest.approx(0.35)),
    ]


def test_several_values_make_several_rows_and_several_columns_their_combinations(people: Told) -> None:
    people.tell("Nils lives in Trondheim.", ("Nils", "lives in", "Trondheim"))
    people.tell("Nils works for ESA.", ("Nils", "works for", "ESA"))
    both = [Attribute(n, relation=relation(people, r), reads=False) for n, r in (("h", "lives in"), ("e", "works for"))]
    rows = [row[1:3] for row in people.rows(scan(people, *both)) if row[0] == "Nils"]
    assert sorted(rows) == [("Bergen", "ESA"), ("Bergen", "NASA"), ("Trondheim", "ESA"), ("Trondheim", "NASA")]


def test_too_many_combinations_are_an_error_and_not_a_flood(told: Told) -> None:
    of_kind(told, "person", "Anna")
    size = int(MOST**0.5) + 1
    for name in ("likes", "owns"):
        told_of = (Term("entity", "Anna"), Term("relation", name))
        import_triples([(*told_of, Term("entity", f"{name} {i}"), None) for i in range(size)], told.context())
    both = [Attribute(name, relation=relation(told, name), reads=False) for name in ("likes", "owns")]
    with pytest.raises(ProgrammingError, match="10,201 combinations") as caught:
        told.rows(scan(told, *both))
    assert "likes" in (caught.value.hint or "")
    assert len(told.rows(scan(told, both[0]))) == size


def test_a_restriction_gives_the_rows_that_a_filter_would(people: Told) -> None:
    home = Attribute("residence", relation=relation(people, "lives in"))
    every = people.rows(scan(people, home))
    for place in ("oslo", "rome", "atlantis"):
        some = people.rows(scan(people, home, anchors=(Anchor("residence", (place,)),)))
        assert some == [row for row in every if str(row[1]).lower() == place]


def test_a_table_of_imported_things_is_read_from_nowhere(told: Told) -> None:
    of_kind(told, "river", "Rhine", "Elbe")
    import_triples(
        [(Term("entity", "Rhine"), Term("relation", "length"), Term("number", "1233 km"), None)], told.context()
    )
    length = Attribute("length", ("number", "unit"), relation(told, "length"))
    node = VirtualScan("rivers", (length,), kind=kind(told, "rivers"))
    assert [row[:4] for row in told.rows(node)] == [("Elbe", None, None, None), ("Rhine", "1233 km", 1233000.0, "m")]
    assert told.reader.requests == []


@pytest.mark.parametrize(
    ("texts", "numbers", "dates"),
    [
        # bare years are both, unless others decide
        (["1982", "1975"], [1982, 1975], ["1982-01-01", "1975-01-01"]),
        (["1982", "3 May 1975"], [None, None], ["1982-01-01", "1975-05-03"]),
        (["1982", "30 million"], [1982, 30_000_000], [None, None]),
        (["1982", "red"], [1982, None], ["1982-01-01", None]),
        ([], [], []),
    ],
)
def test_a_column_is_of_one_kind(texts: list[str], numbers: list[Any], dates: list[Any]) -> None:
    found = measured(texts, [None] * len(texts))
    assert found[0] == numbers
    assert [None if d is None else str(d) for d in found[2]] == dates


def test_reading_a_virtual_table_can_be_stopped(people: Told) -> None:
    token = CancelToken()
    ask, asked = people.reader.read, []

    def read(requests: Any) -> Any:
        asked.append(len(requests))
        token.cancel()
        return ask(requests)

    people.reader.read = read  # type: ignore[method-assign]
    context = people.context()
    context.token = token
    with pytest.raises(Cancelled):
        engine.run(lower(scan(people, Attribute("residence"), Attribute("employer"))), context)
    assert len(asked) == 1
    # nothing half-read is kept
    people.reader.read = ask  # type: ignore[method-assign]
    assert [row[:2] for row in people.rows(scan(people, Attribute("residence")))] == [
        ("Anna Berg", "Oslo"), ("Nils", "Bergen"), ("Ola", "Rome")
    ]  # fmt: skip
