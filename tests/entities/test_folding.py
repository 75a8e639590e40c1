"""However a name's letters are cased, every way to look it up finds the same: DuckDB's folding takes no part in it."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis.strategies as st
import pytest
from doubles import World
from hypothesis import example, given, settings

import neuraldb
from neuraldb.api import Connection
from neuraldb.core.text import identifier, normalise

# letters of which the small and the capital form are not one to one, in Python, in DuckDB or in both
ODD = "İıIiſsSßẞΣσςŉǰΐΰևǅǄǆﬁﬀÅåÅΩωΩKkK"
WORDS = ("İzmir", "Weiß", "ΟΔΟΣ", "Ångström", "ſalz", "Straße", "Ðorđe", "ǅemal", "ﬁnn")


def casings(name: str) -> set[str]:
    return {name, name.upper(), name.lower(), name.casefold(), name.title(), name.swapcase()}


@given(st.text(st.sampled_from(ODD), min_size=1, max_size=6))
@example("İ")
@example("ẞ")
@example("Σς")
@settings(max_examples=200, deadline=None)
def test_casing_gives_no_other_key(text: str) -> None:
    assert {normalise(f"A{form} berg") for form in casings(text)} == {normalise(f"A{text} berg")}


@pytest.fixture(scope="module")
def db() -> Iterator[Connection]:
    world = World()
    with neuraldb.connect(models=world.models()) as opened:
        opened.add_many(
            [world.tell(f"Anna {w} visited {w} Hall.", (f"Anna {w}", "visited", f"{w} Hall")) for w in WORDS]
        )
        yield opened


@pytest.mark.parametrize("word", WORDS)
def test_every_look_up_folds_alike(db: Connection, word: str) -> None:
    name = f"Anna {word}"
    (fact,) = db.entity(name).facts
    for form in casings(name):
        assert db.entity(form).name == name
        assert [entity.name for entity in db.entities(form)] == [name]
        assert db.facts(form) == [fact]
        assert [row[0] for row in db.sparql("SELECT ?o WHERE { %s ?p ?o }", [form]).fetchall()] == [f"{word} Hall"]
        assert db.session.stores.mentioning(form).tolist() == [fact.id]
        assert db.session.stores.identities([form])[form] == normalise(name)


@pytest.mark.parametrize("name", ["Åge", "İx", "ẞ", "ΣΑΣ", "KK", "Kelvin", "plain_Name"])
def test_an_identifier_is_the_same_as_duckdb_says(db: Connection, name: str) -> None:
    database = db.session.stores.database
    table = f'CREATE OR REPLACE TEMP TABLE identifiers ("{name}" INTEGER)'
    database.execute(table)
    for form in casings(name):
        try:
            database.rows(f'SELECT "{form}" FROM identifiers')
            same = True
        except neuraldb.ProgrammingError:
            same = False
        assert same == (identifier(form) == identifier(name)), form
