"""pandas and polars reading through a connection; the results' own conversions are in ``api/test_result.py``."""

import pytest
from api.fakes import connect

import neuraldb

QUERY = "SELECT range AS n, 'x' || range AS t, range / 2 AS f FROM range(5)"


@pytest.fixture
def db():
    with connect() as connection:
        connection.session.answers["Who lives in Oslo?"] = [("Anna", [], 1.0), ("Nils", [], 0.5)]
        yield connection


def test_pandas_reads_a_raw_connection(db):
    pd = pytest.importorskip("pandas", reason='needs the extra "pandas"')
    with pytest.warns(UserWarning, match="pandas only supports SQLAlchemy"):  # of every driver but sqlite3
        frame = pd.read_sql(QUERY, db)
    assert frame.to_dict("list") == {
        "n": [0, 1, 2, 3, 4],
        "t": ["x0", "x1", "x2", "x3", "x4"],
        "f": [0, 0.5, 1, 1.5, 2],
    }
    with pytest.warns(UserWarning, match="pandas only supports SQLAlchemy"):
        people = pd.read_sql("Who lives in Oslo?", db)
    assert people["answer"].tolist() == ["Anna", "Nils"]
    assert not db.in_transaction


def test_pandas_passes_parameters_and_chunks(db):
    pd = pytest.importorskip("pandas", reason='needs the extra "pandas"')
    with pytest.warns(UserWarning, match="pandas only supports SQLAlchemy"):
        chunks = list(pd.read_sql("SELECT range AS n FROM range(%(end)s)", db, params={"end": 5}, chunksize=2))
    assert [chunk["n"].tolist() for chunk in chunks] == [[0, 1], [2, 3], [4]]


def test_pandas_passes_our_errors_on(db):
    pd = pytest.importorskip("pandas", reason='needs the extra "pandas"')
    with (
        pytest.warns(UserWarning, match="pandas only supports SQLAlchemy"),
        pytest.raises(neuraldb.BindError),
    ):
        pd.read_sql("SELECT * FROM nowhere", db)


def test_polars_reads_a_raw_connection(db):
    pl = pytest.importorskip("polars", reason='needs the extra "polars"')
    frame = pl.read_database(QUERY, db)
    assert frame.rows() == [(0, "x0", 0.0), (1, "x1", 0.5), (2, "x2", 1.0), (3, "x3", 1.5), (4, "x4", 2.0)]
    assert frame.schema == {"n": pl.Int64, "t": pl.String, "f": pl.Float64}
    assert pl.read_database("Who lives in Oslo?", db)["answer"].to_list() == ["Anna", "Nils"]
    empty = pl.read_database("SELECT 1 AS n, 'x' AS t WHERE false", db)
    assert (empty.height, empty.columns) == (0, ["n", "t"])


def test_polars_reads_the_values_of_every_kind(db):
    pl = pytest.importorskip("polars", reason='needs the extra "polars"')
    query = """SELECT d, t, m, b, l FROM (SELECT DATE '2024-02-29' AS d, TIMESTAMP '2024-02-29 12:00:00' AS t,
               1.50::DECIMAL(10,2) AS m, true AS b, ['x'] AS l)"""
    expected = db.sql(query).first()
    assert pl.read_database(query, db).rows() == [expected]


def test_frames_of_a_question(db):
    pl = pytest.importorskip("polars", reason='needs the extra "polars"')
    assert pl.DataFrame(db.ask("Who lives in Oslo?"))["answer"].to_list() == ["Anna", "Nils"]
