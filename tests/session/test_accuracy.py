"""``SET neuraldb.accuracy``: filters as cascades, what is reported of them, and nothing else where nothing is set."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pytest
from doubles import HashedWords

from neuraldb.core.errors import Cancelled, DataError, ParseError, ProgrammingError
from neuraldb.core.progress import CancelToken
from neuraldb.models.protocols import Reading, ReadRequest
from neuraldb.models.registry import Models
from neuraldb.session import Session

ROWS = 1500
FILTER = "SELECT id FROM notes WHERE means(note, 'music is played') ORDER BY id"


class WordReader:
    """Says yes where the text has the criterion's word ``music``, no where it has not; counts what it is shown."""

    name = "word-reader"

    def __init__(self) -> None:
        self.shown: list[str] = []

    def read(self, requests: Sequence[ReadRequest]) -> list[Reading]:
        self.shown += [request.facts[0] for request in requests]
        return [
            Reading((), 0.9, 0.1, 0.0) if "music" in request.facts[0] else Reading((), 0.1, 0.9, 0.0)
            for request in requests
        ]


def notes(count: int = ROWS) -> pa.Table:
    """A third of the notes are about music, in each of which another word is a matter of chance."""
    rng = random.Random(1)
    texts = [f"music is played in hall {rng.randrange(500)}" for _ in range(count // 3)]
    texts += [f"bread number {rng.randrange(5000)} was baked" for _ in range(count - len(texts))]
    rng.shuffle(texts)
    return pa.table({"id": range(count), "note": texts})


@pytest.fixture
def reader() -> WordReader:
    return WordReader()


@pytest.fixture
def session(reader: WordReader) -> Iterator[Session]:
    made = Session(":memory:", models=Models(encoder=HashedWords(), reader=reader))
    made.stores.database.query("CREATE TABLE notes AS SELECT * FROM given", [], {"given": notes()})
    yield made
    made.close()


def ids(session: Session, sql: str) -> list[int]:
    return [row[0] for row in session.run(sql, "sql")]


def wanted(session: Session) -> set[int]:
    return set(ids(session, "SELECT id FROM notes WHERE note LIKE '%music%'"))


def test_without_a_setting_all_is_read(session: Session, reader: WordReader) -> None:
    result = session.run(FILTER, "sql")
    assert {row[0] for row in result} == wanted(session)
    assert len(reader.shown) == len(set(notes()["note"].to_pylist()))
    assert result.notes == ()
    assert result.counters.spared == 0


def test_a_cascade_reads_less_and_meets_its_targets(session: Session, reader: WordReader) -> None:
    session.run("SET neuraldb.accuracy = 0.9", "sql")
    result = session.run(FILTER, "sql")
    right, given = wanted(session), {row[0] for row in result}
    assert len(given & right) >= 0.9 * len(right)
    assert len(given & right) >= 0.9 * len(given)
    (estimate,) = result.counters.estimates
    assert estimate.read == len(reader.shown) == len(set(reader.shown)) < 0.6 * estimate.texts
    assert result.counters.spared == estimate.texts - estimate.read
    assert estimate.rows == len(given)
    assert min(estimate.least_recall, estimate.least_precision) >= 0.9
    assert result.notes == (str(estimate),)
    assert f"{estimate.read:,} of {estimate.texts:,} texts were read" in result.notes[0]


def test_rows_that_were_not_read_are_as_sure_as_the_sample_says(session: Session) -> None:
    session.run("SET neuraldb.accuracy = 0.9", "sql")
    result = session.run(FILTER, "sql")
    assert set(result.confidence) <= {0.9, 1.0}


def test_a_negated_criterion(session: Session) -> None:
    session.run("SET neuraldb.accuracy = 0.9", "sql")
    result = session.run("SELECT id FROM notes WHERE NOT means(note, 'music is played')", "sql")
    given = {row[0] for row in result}
    right = set(range(ROWS)) - wanted(session)
    assert len(given & right) >= 0.9 * max(len(right), len(given))
    assert result.counters.spared > 0


def test_null_and_blank_texts_are_in_neither(session: Session, reader: WordReader) -> None:
    session.run("INSERT INTO notes VALUES (9001, NULL), (9002, '  ')", "sql")
    session.run("SET neuraldb.accuracy = 0.9", "sql")
    both = ids(session, FILTER) + ids(session, FILTER.replace("WHERE means", "WHERE NOT means"))
    assert not {9001, 9002} & set(both)
    assert "  " not in reader.shown


def test_the_same_statement_gives_the_same_rows(session: Session, reader: WordReader) -> None:
    session.run("SET neuraldb.accuracy = 0.9", "sql")
    first = ids(session, FILTER)
    shown = len(reader.shown)
    assert ids(session, FILTER) == first
    assert len(reader.shown) == shown  # what was read is remembered


def test_a_join_over_two_columns_is_a_cascade_over_pairs(session: Session, reader: WordReader) -> None:
    session.run("CREATE TABLE claims AS SELECT 'music is played' AS claim UNION ALL SELECT 'music is loud'", "sql")
    session.run("SET neuraldb.accuracy = 0.9", "sql")
    result = session.run("SELECT id, claim FROM notes JOIN claims ON means(note, claim)", "sql")
    (estimate,) = result.counters.estimates
    assert estimate.texts == 2 * len(set(notes()["note"].to_pylist()))
    assert estimate.read < estimate.texts
    given, right = {tuple(row) for row in result}, wanted(session)
    assert sum(row[0] in right for row in given) >= 0.9 * max(2 * len(right), len(given))


def test_a_limit_reads_until_there_are_enough(session: Session, reader: WordReader) -> None:
    session.run("SET neuraldb.accuracy = 0.9", "sql")
    assert "SemanticCascade" not in session.explain("SELECT id FROM notes WHERE means(note, 'music') LIMIT 3", "sql")
    session.run("SELECT id FROM notes WHERE means(note, 'music is played') LIMIT 3", "sql")
    assert len(reader.shown) < 200


def test_few_rows_need_no_proxy(session: Session, reader: WordReader) -> None:
    session.run("SET neuraldb.accuracy = 0.9", "sql")
    result = session.run("SELECT id FROM notes WHERE id < 20 AND means(note, 'music is played')", "sql")
    assert result.counters.calls == {"reader": len(reader.shown)}
    assert "so the rows are exact" in result.notes[0]


def test_explain_shows_the_targets_and_analyze_what_was_spared(session: Session) -> None:
    session.run("SET neuraldb.recall = 0.9", "sql")
    session.run("SET neuraldb.precision = 0.8", "sql")
    session.run("SET neuraldb.failure_probability = 0.1", "sql")
    plan = session.explain(FILTER, "sql")
    assert "means 'music is played' [recall 0.9, precision 0.8, failure 0.1]" in plan
    analysed = session.explain(FILTER, "sql", level="analyze")
    assert " reader calls, " in analysed
    assert " spared]" in analysed


def test_reset_brings_back_exact_filters(session: Session) -> None:
    before = session.explain(FILTER, "sql")
    session.run("SET neuraldb.accuracy = 0.9", "sql")
    assert session.explain(FILTER, "sql") != before
    session.run("RESET neuraldb.accuracy", "sql")
    assert session.explain(FILTER, "sql") == before


def test_an_accuracy_of_1_is_exact(session: Session) -> None:
    session.run("SET neuraldb.accuracy = 1", "sql")
    assert "SemanticCascade" not in session.explain(FILTER, "sql")


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("SET neuraldb.accuracy = 0.95", 0.95),
        ("set session NeuralDB.Accuracy to '0.9'", 0.9),
        ('SET "neuraldb"."accuracy" = .8 -- enough', 0.8),
        ("SET neuraldb.accuracy = DEFAULT", None),
    ],
)
def test_forms_of_set(session: Session, statement: str, value: float | None) -> None:
    result = session.run(statement, "sql")
    assert result.description is None
    assert result.rowcount == -1
    assert [row[:2] for row in session.run("SHOW neuraldb.accuracy", "sql")] == [("neuraldb.accuracy", value)]


def test_a_parameter_is_a_value(session: Session) -> None:
    session.run("SET neuraldb.accuracy = %s", "sql", [0.85])
    assert session.stores.accuracy.get("recall") == 0.85


def test_all_settings_are_shown(session: Session) -> None:
    session.run("SET neuraldb.recall = 0.9", "sql")
    shown = {name: value for name, value, _ in session.run("SHOW neuraldb.settings", "sql")}
    assert shown == {
        "neuraldb.accuracy": None,
        "neuraldb.recall": 0.9,
        "neuraldb.precision": None,
        "neuraldb.failure_probability": 0.05,
        "neuraldb.sample_seed": 0,
    }


@pytest.mark.parametrize(
    ("statement", "error", "message"),
    [
        ("SET neuraldb.acuracy = 0.9", ProgrammingError, "no setting neuraldb.acuracy"),
        ("SET neuraldb.accuracy = 0", DataError, "cannot be 0"),
        ("SET neuraldb.accuracy = 1.5", DataError, "cannot be 1.5"),
        ("SET neuraldb.accuracy = -0.5", DataError, "cannot be -0.5"),
        ("SET neuraldb.accuracy = 'high'", DataError, "is a number"),
        ("SET neuraldb.failure_probability = 1", DataError, "cannot be 1"),
        ("SET neuraldb.sample_seed = 1.5", DataError, "cannot be 1.5"),
        ("SET neuraldb.accuracy = 0.9 0.8", ParseError, "one value"),
        ("SET neuraldb.accuracy", ParseError, "no way to speak of a setting"),
        ("RESET neuraldb.accuracy 3", ParseError, "no way to speak of a setting"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    session: Session, statement: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        session.run(statement, "sql")
    assert session.stores.accuracy.chosen == {}


def test_other_settings_are_duckdbs(session: Session) -> None:
    session.run("SET threads = 1", "sql")
    with pytest.raises(ProgrammingError):
        session.run("SET neuraldb_accuracy = 1", "sql")


def test_a_cascade_can_be_stopped(session: Session) -> None:
    token = CancelToken()
    token.cancel()
    session.run("SET neuraldb.accuracy = 0.9", "sql")
    with pytest.raises(Cancelled):
        session.run(FILTER, "sql", token=token)
