"""The automaton over tables: every query parses, runs and has a row, and all of a reference are reachable."""

from __future__ import annotations

import itertools
import random

import pytest
import sqlglot

from decoding.given import random_plan, said, tables
from neuraldb.api import Connection
from neuraldb.decoding.table_catalogue import ForeignKey, StoredTables
from neuraldb.decoding.table_grammar import TableLimits, Wanted, table_automaton


def check_random_plans(seed: int, count: int) -> None:
    """Whatever is chosen parses, runs in the engine as in DuckDB, and has a row."""
    choose = random.Random(seed)
    with tables(seed) as (db, view):
        automaton = table_automaton(view)
        for _ in range(count):
            _, plan = random_plan(automaton, choose)
            assert sqlglot.parse_one(plan.text, dialect="duckdb").sql(dialect="duckdb") == plan.text
            rows = db.sql(plan.text).fetchall()
            assert rows, plan.text
            assert len(rows) == len(db.session.stores.database.rows(plan.text)), plan.text


def test_random_plans() -> None:
    check_random_plans(seed=1, count=10)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_many_random_plans(seed: int) -> None:
    check_random_plans(seed, count=40)


def comparisons(db: Connection, source: str, columns: dict[str, str]) -> set[str]:
    """Conditions on columns (with their operators) that some row meets, found by trying all."""
    run = db.session.stores.database.rows
    found = set()
    for column, operators in columns.items():
        cells = [cell for (cell,) in run(f"SELECT DISTINCT {column} FROM {source} WHERE {column} IS NOT NULL")]
        for operator, cell in itertools.product(operators.split(), cells):
            condition = f"{column} {operator} {sqlglot.exp.convert(cell).sql(dialect='duckdb')}"
            if run(f"SELECT 1 FROM {source} WHERE {condition}"):
                found.add(condition)
    return found


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_every_count_of_one_or_two_conditions(seed: int) -> None:
    ordered = "= <> < <= > >="
    columns = {'"makers"."id"': ordered, '"makers"."name"': "= <>", '"makers"."founded"': ordered}
    with tables(seed) as (db, view):
        run = db.session.stores.database.rows
        found = comparisons(db, '"makers"', columns)
        expected = {f'SELECT COUNT(*) FROM "makers" WHERE {condition}' for condition in found}
        for one, other in itertools.permutations(found, 2):
            if run(f'SELECT 1 FROM "makers" WHERE {one} AND {other}'):
                expected.add(f'SELECT COUNT(*) FROM "makers" WHERE {one} AND {other}')
        reached = set()
        ((_, tables_of),) = table_automaton(view, limits=TableLimits(clauses=2)).start.steps
        (state,) = [state for symbol, state in tables_of.steps if symbol.text == "makers"]
        stack = [state]
        while stack:
            for symbol, following in stack.pop().steps:
                if symbol.text == "count" and following.plan is not None:
                    reached.add(following.plan.text)
                elif symbol.text == "where":
                    stack += [end for _, of in following.steps for _, op in of.steps for _, end in op.steps]
    assert {text for text in reached if "WHERE" in text} == expected


def test_joins_go_along_keys_and_negation_finds_rows_without() -> None:
    with tables(1) as (db, view):
        db.sql("INSERT INTO makers VALUES (77, 'Nobody', NULL)")
        automaton = table_automaton(view)
        alone = said(automaton, "from makers without cars.maker by makers.id list makers.name")
        assert ("Nobody",) in db.sql(alone.text).fetchall()
        joined = said(automaton, "from cars join makers.id by cars.maker per makers.name count")
        assert ("Nobody", 1) not in db.sql(joined.text).fetchall()


def test_a_change_shows_in_the_next_decoding() -> None:
    with tables(1) as (db, view):
        assert "rivers" not in names(view)
        db.sql("CREATE TABLE rivers (name VARCHAR)")
        rows = db.session.stores.database.rows
        assert "rivers" not in names(StoredTables(rows))  # it has no row
        db.sql("INSERT INTO rivers VALUES ('Glomma')")
        assert "rivers" in names(StoredTables(rows))
        wanted = table_automaton(StoredTables(rows), Wanted(("Glomma", "Nile")))
        assert db.sql(said(wanted, "from rivers where rivers.name = 'Glomma' count").text).scalar() == 1
        assert db.sql(said(wanted, "from rivers where rivers.name <> 'Nile' count").text).scalar() == 1
        assert not list(wanted.read("from rivers where rivers.name = 'Nile' count"))


def names(view: StoredTables) -> set[str]:
    """The tables that a query may begin with."""
    ((_, state),) = table_automaton(view).start.steps
    return {symbol.text for symbol, _ in state.steps}


def test_keys_that_are_not_declared_can_be_given() -> None:
    with tables(1) as (db, _):
        db.sql("CREATE TABLE drivers (id INTEGER, boss INTEGER)")
        db.sql("INSERT INTO drivers VALUES (1, NULL), (2, 1)")
        key = ForeignKey(("drivers",), ("boss",), ("drivers",), ("id",))
        view = StoredTables(db.session.stores.database.rows, [key])
        automaton = table_automaton(view)
        bosses = said(automaton, "from drivers join drivers.id by drivers.boss list drivers_2.id")
        assert db.sql(bosses.text).fetchall() == [(1,)]
        assert db.sql(
            said(automaton, "from drivers without drivers.boss by drivers.id list drivers.id").text
        ).fetchall() == [(2,)]
