"""Semantic functions: whose confidence a row has, and what happens when a model loses a reply."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from doubles import HashedWords, OracleExtractor, OracleReader, World

import neuraldb
from neuraldb.api import Connection
from neuraldb.core.errors import ModelUnavailable
from neuraldb.models.protocols import Reading, ReadRequest
from neuraldb.models.registry import Models
from neuraldb.operators.context import Options

SURE = {"Anna sings.": 0.9, "Nils sings a bit.": 0.75, "Kari sings, some say.": 0.6}


class Losing(OracleReader):
    """A reader that loses the second reply of each batch."""

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
        replies = super().read(requests)
        return replies[:1] + replies[2:]


def told() -> World:
    world = World()
    for text, sure in SURE.items():
        world.tell(text, (text.split()[0], "sings", "sings"))
        world.said[text] = [t._replace(confidence=sure) for t in world.said[text]]
    world.mean("about singing", "_ | sings | _")
    world.mean("who sings?", "? | sings | _")
    return world


@pytest.fixture
def db() -> Iterator[Connection]:
    with neuraldb.connect(models=told().models()) as db:
        db.sql("CREATE TABLE notes (id INTEGER, body VARCHAR)")
        for number, text in enumerate([*SURE, "It rains."]):
            db.sql("INSERT INTO notes VALUES (%s, %s)", [number, text])
        db.add_many(list(SURE))
        yield db


@pytest.mark.parametrize(
    "query",
    [
        "SELECT id FROM notes WHERE means(body, 'about singing')",
        "SELECT id, means(body, 'about singing') FROM notes WHERE id < 3",
        "SELECT id, ask(body, 'who sings?') FROM notes WHERE id < 3",
        "SELECT id FROM (SELECT id, body FROM notes) n WHERE means(body, 'about singing') ORDER BY id",
    ],
)
def test_rows_of_a_table_have_the_confidence_of_their_judgement(db: Connection, query: str) -> None:
    result = db.sql(query)
    assert [row[0] for row in result.fetchall()] == [0, 1, 2]
    assert result.confidence == pytest.approx(list(SURE.values()))
    assert [list(ids) for ids in result.evidence_ids] == [[], [], []]


def test_two_judgements_of_one_row_are_multiplied(db: Connection) -> None:
    result = db.sql("SELECT id, ask(body, 'who sings?') FROM notes WHERE means(body, 'about singing') AND id = 1")
    assert result.confidence == pytest.approx([0.75 * 0.75])


def test_what_is_not_judged_is_certain(db: Connection) -> None:
    result = db.sql("SELECT id, ask(body, 'who sings?') AS who FROM notes WHERE id = 3")
    assert result.fetchall() == [(3, None)]
    assert result.confidence == (1.0,)


def test_rows_that_are_doubted_can_be_left_out(db: Connection) -> None:
    query = "SELECT id FROM notes WHERE means(body, 'about singing')"
    result = db.session.run(query, "sql", options=Options(min_confidence=0.7))
    assert result.fetchall() == [(0,), (1,)]


def test_facts_keep_their_evidence(db: Connection) -> None:
    result = db.sql("SELECT text FROM facts WHERE means(text, 'about singing') ORDER BY id")
    assert [row[0] for row in result.fetchall()] == list(SURE)
    assert result.confidence == pytest.approx(list(SURE.values()))
    assert [len(ids) for ids in result.evidence_ids] == [1, 1, 1]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT body FROM notes WHERE means(body, 'about singing')",
        "SELECT ask(body, 'who sings?') FROM notes",
        "SELECT ask(body, 'who sings?')::BOOLEAN FROM notes",
    ],
)
def test_a_lost_reply_is_an_error_not_a_shift(query: str) -> None:
    world = told()
    models = Models(HashedWords(), Losing(world), world.parser, OracleExtractor(world))
    with neuraldb.connect(models=models) as db:
        db.sql("CREATE TABLE notes (body VARCHAR)")
        for text in SURE:
            db.sql("INSERT INTO notes VALUES (%s)", [text])
        with pytest.raises(ModelUnavailable, match="the reader oracle-reader gave 2 for 3 requests"):
            db.sql(query)
