"""The table of all things, of whatever kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from doubles import World

from neuraldb.core.errors import BindError
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact

FACTS = {
    "Anna Berg is a painter from Oslo.": ("Anna Berg", "home", "Oslo"),
    "Nils Dahl is a baker from Bergen.": ("Nils Dahl", "home", "Bergen"),
    "Equinor has its seat in Stavanger.": ("Equinor", "seat", "Stavanger"),
}


@pytest.fixture
def session() -> Iterator[Session]:
    world = World()
    for text, triple in FACTS.items():
        world.tell(text, triple)
    world.mean("What is the spouse of anna berg?", "Anna Berg | home | ?")
    world.mean("spouse", "? | home | ?v")
    made = Session(":memory:", models=world.models())
    made.add([NewFact(text) for text in FACTS])
    yield made
    made.close()


def test_it_has_all_things_whatever_they_are(session: Session) -> None:
    rows = session.run("SELECT name, home, seat FROM things ORDER BY name", "sql")
    assert list(rows) == [
        ("Anna Berg", "Oslo", None),
        ("Equinor", None, "Stavanger"),
        ("Nils Dahl", "Bergen", None),
    ]
    assert rows.evidence_ids == ((1,), (3,), (2,))
    assert list(session.run("SELECT count(*) FROM things", "sql")) == [(3,)]
    assert list(session.run("SELECT home FROM THINGS t WHERE t.name = 'anna berg'", "sql")) == [("Oslo",)]


def test_what_is_not_stored_of_a_named_thing_is_asked_by_its_name(session: Session) -> None:
    result = session.run("SELECT spouse FROM things WHERE name = 'Anna Berg'", "sql")
    assert list(result) == [("Oslo",)]
    assert result.evidence_ids == ((1,),)
    asked = [r.question for r in session.models.reader.requests]  # type: ignore[attr-defined]
    assert "What is the spouse of anna berg?" in asked
    # without a name the attribute alone is looked for
    assert sorted(session.run("SELECT name FROM things WHERE spouse IS NOT NULL", "sql")) == [
        ("Anna Berg",),
        ("Nils Dahl",),
    ]


def test_a_table_of_that_name_comes_first(session: Session) -> None:
    session.run("CREATE TABLE things (a INTEGER)", "sql")
    assert list(session.run("SELECT count(*) FROM things", "sql")) == [(0,)]
    with pytest.raises(BindError):
        session.run("SELECT home FROM things", "sql")
