import datetime
import pickle
from collections.abc import Sequence
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import neuraldb
from api.fakes import traced
from neuraldb.core import errors
from neuraldb.execution.result import MOST_EVIDENCE, SHOWN_ROWS, Column, Evidence, Result
from neuraldb.operators.updates import Conflict
from neuraldb.plan.nodes import Field, Values
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE
from neuraldb.plan.statement_nodes import ExactStatement, ForgetFacts, InsertFacts

TEXTS = {1: "Anna works for Equinor.", 2: "Nils runs a bakery.\nIt is in Bergen.", 7: "Equinor is in Norway."}


def people() -> Result:
    return Result(
        traced("person", [("Anna", [7, 1], 0.97), ("Nils", [2], 0.5), ("Ola", [], 1.0)]),
        statement="Who works?",
        language="question",
        texts=lambda ids: {i: TEXTS[i] for i in ids},
        conflicts=("Anna is retired.",),
    )


# ------------------------------------------------------------------------------------------------------------- shape


def test_provenance_is_hidden_from_columns_rows_and_frames():
    result = people()
    assert result.columns == ("person",)
    assert result.types == ("VARCHAR",)
    assert result.fetchall() == [("Anna",), ("Nils",), ("Ola",)]
    assert result.to_arrow().column_names == ["person"]
    assert result.to_pandas().columns.tolist() == ["person"]
    assert result.to_polars().columns == ["person"]
    assert len(result) == result.rowcount == 3


def test_provenance_can_be_asked_for():
    table = people().to_arrow(provenance=True)
    assert table.column_names == ["person", EVIDENCE, CONFIDENCE]
    assert table.column(EVIDENCE).to_pylist() == [[1, 7], [2], []]
    assert table.column(CONFIDENCE).to_pylist() == [0.97, 0.5, 1.0]


def test_rows_looked_up_exactly_rest_on_no_fact_and_are_sure():
    result = Result(pa.table({"n": [3]}))
    assert result.evidence == ((),)
    assert result.confidence == (1.0,)
    assert result.to_arrow(provenance=True).column(EVIDENCE).to_pylist() == [[]]


def test_iterating_twice_gives_the_rows_twice():
    result = people()
    assert list(result) == list(result) == result.rows


def test_two_columns_of_one_name_are_both_there():
    result = Result(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]))
    assert result.fetchall() == [(1, 2)]
    assert [c.name for c in result.description] == ["a", "a"]
    assert result.to_polars().columns == ["a", "a_1"]
    assert result.render("jsonl") == '{"a": 1, "a_1": 2}'


def test_a_statement_without_rows():
    result = Result(None, rowcount=2, lastrowid=9)
    assert result.description is None
    assert (result.columns, result.types, result.rows, len(result)) == ((), (), [], 0)
    assert (result.rowcount, result.lastrowid) == (2, 9)
    assert repr(result) == "<Result without rows, 2 rows changed>"
    assert Result(None).rowcount == -1
    assert Result(pa.table({})).description is None  # what DuckDB hands over for DDL
    for take in (result.fetchall, result.to_arrow, result.to_pandas, result.to_polars, result.__arrow_c_stream__):
        with pytest.raises(neuraldb.NoResultSet):
            take()


@pytest.mark.parametrize(
    ("sql", "rowcount"),
    [
        ("CREATE TABLE u (a INTEGER)", -1),
        ("INSERT INTO t VALUES (1), (2)", 2),
        ("UPDATE t SET a = 1 WHERE a = 7", 0),
        ("DELETE FROM t", 3),
        ('INSERT INTO t VALUES (1) RETURNING a AS "Count"', None),
        ("DESCRIBE t", None),
        ("PRAGMA table_info('t')", None),
    ],
)
def test_what_duckdb_runs_as_it_is_gives_rows_or_a_count(sql, rowcount):
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (3), (4), (5)")
    relation = connection.sql(sql)
    table = pa.table({}) if relation is None else relation.to_arrow_table()
    none = pa.array([[]] * table.num_rows, pa.list_(pa.int64()))
    result = Result(table.append_column(EVIDENCE, none), plan=ExactStatement(sql))
    assert (result.description is None) == (rowcount is not None)
    assert result.rowcount == (len(result) if rowcount is None else rowcount)


def test_changes_of_facts_are_counted_and_queries_that_look_like_it_are_not():
    told = Values((Field("text"),), ())
    one = pa.table({"Count": [5]})
    for plan in (InsertFacts(told), ForgetFacts(Values((Field("id"),), ()))):
        assert (Result(one, plan=plan).description, Result(one, plan=plan).rowcount) == (None, 5)
    assert Result(one, plan=told).fetchall() == Result(one).fetchall() == [(5,)]


def test_description_is_a_sequence_of_seven_with_names():
    table = pa.table({"price": pa.array([Decimal("1.50")], pa.decimal128(10, 2)), "name": ["x"]})
    price, name = Result(table).description
    assert tuple(price) == ("price", "DECIMAL(10,2)", None, None, 10, 2, None)
    assert (price.precision, price.scale, price.null_ok) == (10, 2, None)
    assert name == Column("name", "VARCHAR")
    assert len(name) == 7
    assert price.type_code == neuraldb.NUMBER
    assert name.type_code == neuraldb.STRING
    assert name.type_code != neuraldb.NUMBER


# ------------------------------------------------------------------------------------------------------------- truth


@pytest.mark.parametrize(
    ("table", "truth"),
    [
        (pa.table({"a": pa.array([], pa.string())}), False),
        (pa.table({"answer": [False]}), False),
        (pa.table({"answer": [True]}), True),
        (pa.table({"count": [0]}), False),
        (pa.table({"count": [47]}), True),
        (pa.table({"max": pa.array([None], pa.float64())}), False),
        (pa.table({"a": [False, False]}), True),
        (pa.table({"a": [0], "b": [0]}), True),
        (None, False),
    ],
)
def test_truth(table, truth):
    assert bool(Result(table)) is truth


def test_scalar():
    assert Result(pa.table({"n": [1]})).scalar() == 1
    assert Result(pa.table({"n": pa.array([], pa.int64())})).scalar() is None
    assert Result(pa.table({"n": pa.array([None], pa.int64())})).scalar() is None
    assert Result(None).scalar() is None
    for table in (pa.table({"n": [1, 2]}), pa.table({"n": [1], "m": [2]})):
        with pytest.raises(neuraldb.ProgrammingError, match="one row and one column"):
            Result(table).scalar()


def test_first():
    assert people().first() == ("Anna",)
    assert Result(pa.table({"n": pa.array([], pa.int64())})).first() is None


# ------------------------------------------------------------------------------------------------------- provenance


def test_evidence_holds_ids_and_texts():
    assert people().evidence == (
        (Evidence(1, TEXTS[1]), Evidence(7, TEXTS[7])),
        (Evidence(2, TEXTS[2]),),
        (),
    )
    assert people().evidence[0][0].text == "Anna works for Equinor."


def test_evidence_of_a_fact_that_is_not_there_is_an_error():
    with pytest.raises(neuraldb.InternalError, match="fact 5"):
        _ = Result(traced("a", [("x", [5], 1.0)])).evidence


def test_why_tells_the_answer_its_facts_and_its_confidence():
    assert people().why() == (
        "person: Anna\n"
        "confidence: 0.97\n"
        "rests on 2 facts:\n"
        "  [1] Anna works for Equinor.\n"
        "  [7] Equinor is in Norway.\n"
        "against it:\n"
        "  Anna is retired."
    )
    assert "rests on no fact, but on stored tables or none" in people().why(2)
    assert people().why(-2) == people().why(1)
    assert "  [2] Nils runs a bakery.\n      It is in Bergen." in people().why(1)


def test_conflicts_are_looked_for_once_when_they_are_asked_for():
    asked: list[Sequence[int]] = []
    conflict = Conflict(7, TEXTS[7], "Norway", 9, "Equinor is in Denmark.", "Denmark", "Equinor", "country")

    def conflicts(ids: Sequence[int]) -> list[Conflict]:
        asked.append(ids)
        return [conflict]

    table = traced("person", [("Anna", [7, 1], 0.97), ("Nils", [2], 0.5)])
    result = Result(table, texts=lambda ids: {i: TEXTS[i] for i in ids}, conflicts=conflicts)
    assert asked == []
    assert result.conflicts == (conflict,)
    assert result.conflicts == (conflict,)
    assert asked == [[1, 2, 7]]
    # shown with the row that rests on one of the two, with both
    assert result.why(0).endswith("against it:\n  [7] Equinor is in Norway. / [9] Equinor is in Denmark. (country)")
    assert "against it" not in result.why(1)


def test_of_rows_that_rest_on_very_many_facts_no_conflicts_are_looked_for():
    for count, found in ((MOST_EVIDENCE + 1, ()), (MOST_EVIDENCE, (f"{MOST_EVIDENCE} facts",))):
        table = traced("n", [(1, list(range(count)), 1.0)])
        assert Result(table, conflicts=lambda ids: [f"{len(ids)} facts"]).conflicts == found


def test_why_of_no_row():
    assert Result(traced("a", [])).why() == "There are no rows, so there is nothing to explain."
    for row in (3, -4):
        with pytest.raises(neuraldb.InterfaceError, match="the result has 3"):
            people().why(row)


def test_explain():
    assert Result(None, explanation=lambda: "Scan facts").explain() == "Scan facts"
    assert Result(None).explain() == "The statement has no plan."


# ----------------------------------------------------------------------------------------------- values, by an oracle

EXPRESSIONS = [
    "1::TINYINT",
    "sum(1)",
    "170141183460469231731687303715884105727::HUGEINT",
    "1.50::DECIMAL(10,2)",
    "1e300",
    "DATE '0001-01-01'",
    "TIME '10:11:12.5'",
    "TIMESTAMP '2020-01-01 10:11:12.123456'",
    "TIMESTAMP_NS '2020-01-01 10:11:12.123456789'",
    "TIMESTAMP_S '2020-01-01 10:11:12'",
    "TIMESTAMPTZ '2020-01-01 10:11:12+02'",
    "INTERVAL '1 month 1 day 2 hours'",
    "'abc'::BLOB",
    "[1, NULL, 2]::HUGEINT[]",
    "[TIMESTAMP_NS '2020-01-01 10:11:12.123456789']",
    "{'a': 1, 'b': [1.5, NULL]}",
    "{'a': sum(1), 'b': INTERVAL '1 day'}",
    "NULL::STRUCT(a HUGEINT)",
    "MAP {'a': 1}",
    "MAP {'a': 1::HUGEINT}",
    "NULL",
    "NULL::HUGEINT",
    "true",
    "'ünï\"''%'",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_values_are_those_that_duckdb_gives(expression):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    query = f"SELECT {expression} AS v"
    result = Result(connection.sql(query).to_arrow_table())
    expected = connection.execute(query).fetchone()
    assert result.first() == expected
    assert type(result.first()[0]) is type(expected[0])


@pytest.mark.parametrize(
    "type_",
    [
        *("BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER"),
        *("UBIGINT", "FLOAT", "DOUBLE", "DECIMAL(10,2)", "VARCHAR", "BLOB", "DATE", "TIME", "TIMESTAMP", "INTERVAL"),
        *("TIMESTAMP WITH TIME ZONE", "VARCHAR[]", "INTEGER[][]", "MAP(VARCHAR, INTEGER)"),
        "STRUCT(a INTEGER, b VARCHAR[])",
    ],
)
def test_type_names_are_those_of_duckdb(type_):
    table = duckdb.connect().sql(f"SELECT CAST(NULL AS {type_}) AS v").to_arrow_table()
    assert Result(table).types == (type_,)


@pytest.mark.parametrize("date", ["DATE 'infinity'", "TIMESTAMP '290000-01-01 00:00:00'", "DATE '0044-03-15 (BC)'"])
def test_dates_beyond_pythons_are_an_error(date):
    result = Result(duckdb.connect().sql(f"SELECT {date} AS d").to_arrow_table())
    with pytest.raises(neuraldb.DataError, match="years 1 to 9999"):
        result.fetchall()
    assert result.to_arrow().num_rows == 1


@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1) | st.none(), st.text(), st.floats(allow_nan=False))))
def test_rows_come_out_as_they_went_in(rows):
    numbers, texts, floats = zip(*rows, strict=True) if rows else ((), (), ())
    table = pa.table({"n": pa.array(numbers, pa.int64()), "t": pa.array(texts, pa.string()), "f": pa.array(floats)})
    assert Result(table).rows == [tuple(row) for row in rows]


# ------------------------------------------------------------------------------------------------------------ frames


def test_pandas_keeps_integers_with_gaps_whole():
    big = 2**62 + 1
    frame = Result(pa.table({"n": pa.array([big, None], pa.int64()), "u": pa.array([3, None], pa.uint8())})).to_pandas()
    assert frame["n"].dtype == "Int64"
    assert frame["u"].dtype == "UInt8"
    assert int(frame["n"][0]) == big


def test_sums_are_integers_in_frames():
    table = duckdb.connect().sql("SELECT sum(1) AS n").to_arrow_table()
    assert Result(table).to_pandas()["n"].dtype == "int64"
    assert Result(table).to_polars()["n"].to_list() == [1]
    empty = duckdb.connect().sql("SELECT NULL::HUGEINT AS n").to_arrow_table()
    assert Result(empty).to_pandas()["n"].dtype == "Int64"
    huge = duckdb.connect().sql("SELECT 1180591620717411303424::HUGEINT AS m").to_arrow_table()
    assert Result(huge).to_pandas()["m"][0] == 2**70


def test_arrow_stream_is_taken_by_others():
    result = people()
    assert pa.table(result).to_pylist() == [{"person": "Anna"}, {"person": "Nils"}, {"person": "Ola"}]
    connection = duckdb.connect()
    connection.register("people", pa.table(result))
    assert connection.execute("SELECT count(*) FROM people").fetchone() == (3,)


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_missing_extra_is_named(library, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, library, None)
    with pytest.raises(ImportError, match=rf"neuraldb\[{library}\]") as caught:
        getattr(people(), f"to_{library}")()
    assert isinstance(caught.value, neuraldb.InterfaceError)


# --------------------------------------------------------------------------------------------------------- on screen


def test_repr_is_a_table_with_a_row_cap():
    result = Result(pa.table({"n": list(range(SHOWN_ROWS + 13))}))
    lines = repr(result).split("\n")
    assert lines[-1] == f"13 more rows ({SHOWN_ROWS + 13} in all)"
    assert len(lines) == SHOWN_ROWS + 4 + 1
    assert str(result) == repr(result)
    assert "more" not in repr(Result(pa.table({"n": [1]})))


def test_html_is_escaped():
    html = Result(pa.table({"<b>": ['<script>alert(1)</script> & "q"']}))._repr_html_()
    assert "<script>" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;q&quot;" in html
    assert "13 more rows (33 in all)" in Result(pa.table({"n": list(range(33))}))._repr_html_()
    assert Result(None, rowcount=1)._repr_html_() == "<p>Result without rows, 1 row changed</p>"


def test_confidence_is_shown_on_request():
    assert "confidence" not in people().render("csv")
    assert people().render("csv", confidence=True).split("\n") == [
        "person,confidence",
        "Anna,0.97",
        "Nils,0.5",
        "Ola,1.0",
    ]
    assert people().render("jsonl", limit=1, confidence=True) == '{"person": "Anna", "confidence": 0.97}'


# ------------------------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    "kind", [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.Error)]
)
def test_errors_survive_pickling(kind):
    error = kind("it broke", source="SELECT x", span=(7, 8), hint="mend it", candidates=("y",))
    error.add_note("at noon")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
    assert copy.candidates == ("y",)


def test_parse_errors_keep_what_was_expected():
    copy = pickle.loads(pickle.dumps(errors.ParseError("no", expected=("WHERE", "ORDER"))))
    assert copy.expected == ("WHERE", "ORDER")
    assert copy.hint == "expected WHERE or ORDER"


def test_a_date_is_a_date():
    table = pa.table({"d": pa.array([datetime.date(2024, 2, 29)])})
    assert Result(table).scalar() == datetime.date(2024, 2, 29)
    assert Result(table).description[0].type_code == neuraldb.DATETIME
