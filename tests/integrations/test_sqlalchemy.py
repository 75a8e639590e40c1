import datetime
from decimal import Decimal

import pytest

import neuraldb

sa = pytest.importorskip("sqlalchemy", reason='needs the extra "sqlalchemy"')

from sqlalchemy.dialects import registry  # noqa: E402

from integrations.consumers import driver  # noqa: E402
from neuraldb.integrations.sqlalchemy import NeuralDBDialect  # noqa: E402

# what the entry point does where the package is installed
registry.register("neuraldb", "neuraldb.integrations.sqlalchemy", "NeuralDBDialect")


@pytest.fixture
def engine(tmp_path):
    """For what needs no model."""
    engine = sa.create_engine(f"neuraldb:///{tmp_path / 'people.ndb'}")
    yield engine
    engine.dispose()


@pytest.fixture
def told(tmp_path):
    """For sentences and questions."""
    engine = sa.create_engine(f"neuraldb:///{tmp_path / 'people.ndb'}", module=driver)
    yield engine
    engine.dispose()


@pytest.fixture
def tables(engine):
    with engine.begin() as connection:
        connection.exec_driver_sql(
            """CREATE TABLE people (id INTEGER PRIMARY KEY, "full name" VARCHAR NOT NULL UNIQUE, height DOUBLE,
               paid DECIMAL(10, 2), born DATE, seen TIMESTAMPTZ, tags VARCHAR[])"""
        )
        connection.exec_driver_sql('CREATE TABLE visits (who INTEGER REFERENCES people(id), "when" TIMESTAMP)')
        connection.exec_driver_sql('CREATE INDEX by_who ON visits (who, "when")')
        connection.exec_driver_sql("CREATE VIEW tall AS SELECT * FROM people WHERE height > 2")
    return sa.inspect(engine)


# --------------------------------------------------------------------------------------------------------- connecting


def test_urls():
    dialect = NeuralDBDialect()
    for url, path, read_only in (
        ("neuraldb:///people.ndb", "people.ndb", False),
        ("neuraldb:////data/people.ndb?read_only=true", "/data/people.ndb", True),
        ("neuraldb:///:memory:", ":memory:", False),
        ("neuraldb://", ":memory:", False),
    ):
        assert dialect.create_connect_args(sa.make_url(url)) == ([path], {"read_only": read_only})
    for url in ("neuraldb://host/people.ndb", "neuraldb:///x?colour=red", "neuraldb:///x?read_only=maybe"):
        with pytest.raises(neuraldb.InterfaceError, match="is no database"):
            dialect.create_connect_args(sa.make_url(url))


def test_the_module_is_neuraldb():
    assert sa.create_engine("neuraldb://").dialect.dbapi is neuraldb


def test_a_database_in_memory_is_one_for_all_connections():
    engine = sa.create_engine("neuraldb:///:memory:")
    with engine.begin() as one:
        one.exec_driver_sql("CREATE TABLE t (a INTEGER)")
    with engine.connect() as other:
        assert other.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0
    engine.dispose()


# ----------------------------------------------------------------------------------------------------------- statements


def test_text_with_parameters(engine):
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT range FROM range(:n) WHERE range % 2 = :rest"), {"n": 5, "rest": 1})
        assert rows.all() == [(1,), (3,)]
        trouble = "it's 100% 'so', ?x :y {z}"
        assert connection.execute(sa.text("SELECT CAST(:t AS VARCHAR) AS t"), {"t": trouble}).mappings().one() == {
            "t": trouble
        }


def test_questions_and_sentences(told):
    with told.begin() as connection:
        result = connection.exec_driver_sql("Anna lives in Oslo.")
        assert result.rowcount == 1
        raw = connection.connection.dbapi_connection
        raw.session.answers["Who lives in Oslo?"] = [("Anna", [], 1.0)]
        assert connection.execute(sa.text("Who lives in Oslo?")).scalar_one() == "Anna"
    with told.connect() as connection:
        assert connection.exec_driver_sql("SELECT text FROM facts").scalar_one() == "Anna lives in Oslo."


def test_changes_are_undone_without_a_commit(told):
    with told.connect() as connection:
        connection.exec_driver_sql("Anna lives in Oslo.")
    with told.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM facts").scalar_one() == 0


def test_autocommit(told):
    with told.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("Anna lives in Oslo.")
        assert connection.get_isolation_level() == "AUTOCOMMIT"
    with told.connect() as connection:
        assert connection.get_isolation_level() == "REPEATABLE READ"
        assert connection.exec_driver_sql("SELECT count(*) FROM facts").scalar_one() == 1


def test_errors_are_wrapped_by_their_kind(told):
    with told.connect() as connection, pytest.raises(sa.exc.ProgrammingError) as caught:
        connection.exec_driver_sql("SELECT * FROM nowhere")
    assert isinstance(caught.value.orig, neuraldb.BindError)
    assert not caught.value.connection_invalidated


def test_a_closed_connection_is_a_disconnect(engine):
    with engine.connect() as connection:
        connection.connection.dbapi_connection.close()
        with pytest.raises(sa.exc.InterfaceError) as caught:
            connection.exec_driver_sql("SELECT 1")
        assert caught.value.connection_invalidated
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1


def test_tables_of_sqlalchemys_own(engine):
    meta = sa.MetaData()
    people = sa.Table(
        "people",
        meta,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("height", sa.Float),
        sa.Column("paid", sa.Numeric(10, 2)),
        sa.Column("born", sa.Date),
        sa.Column("seen", sa.DateTime),
        sa.Column("active", sa.Boolean),
    )
    meta.create_all(engine)
    meta.create_all(engine)
    row = (
        1,
        "O'Hara",
        0.1 + 0.2,
        Decimal("1.50"),
        datetime.date(1990, 1, 2),
        datetime.datetime(2024, 1, 2, 3, 4, 5),
        True,
    )
    names = people.columns.keys()
    with engine.begin() as connection:
        connection.execute(people.insert(), dict(zip(names, row, strict=True)))
        connection.execute(people.insert(), [{"id": 2, "name": "Anna"}, {"id": 3, "name": "Nils"}])
        assert connection.execute(people.update().where(people.c.id > 1).values(active=False)).rowcount == 2
    with engine.connect() as connection:
        assert connection.execute(people.select().order_by(people.c.id)).first() == row
        assert (
            connection.execute(
                sa.select(sa.func.count()).where(people.c.active.is_(False)).select_from(people)
            ).scalar()
            == 2
        )
        assert connection.execute(
            sa.select(people.c.name).order_by(people.c.id).limit(1).offset(1)
        ).scalars().all() == ["Anna"]
    meta.drop_all(engine)
    assert not sa.inspect(engine).has_table("people")


# --------------------------------------------------------------------------------------------------------- reflection


def test_names(tables):
    assert tables.get_table_names() == ["people", "visits"]
    assert tables.get_view_names() == ["entities", "facts", "history", "tall", "triples"]
    assert tables.get_schema_names() == ["main", "store"]
    assert tables.default_schema_name == "main"
    assert "facts" in tables.get_table_names("store")
    assert [tables.has_table(name) for name in ("people", "facts", "nowhere", "x'; DROP TABLE people;--")] == [
        *(True, True),
        *(False, False),
    ]
    assert tables.has_table("terms", schema="store")
    assert not tables.has_table("terms")


def test_columns(tables):
    columns = {column["name"]: column for column in tables.get_columns("people")}
    assert list(columns) == ["id", "full name", "height", "paid", "born", "seen", "tags"]
    assert [type(column["type"]) for column in columns.values()] == [
        *(sa.INTEGER, sa.VARCHAR, sa.DOUBLE, sa.DECIMAL, sa.DATE, sa.TIMESTAMP, sa.types.NullType),
    ]
    assert (columns["paid"]["type"].precision, columns["paid"]["type"].scale) == (10, 2)
    assert columns["seen"]["type"].timezone
    assert [columns[name]["nullable"] for name in ("id", "full name", "height")] == [False, False, True]
    assert [column["name"] for column in tables.get_columns("facts")][:2] == ["id", "text"]
    with pytest.raises(sa.exc.NoSuchTableError):
        tables.get_columns("nowhere")


def test_constraints_and_indexes(tables):
    assert tables.get_pk_constraint("people")["constrained_columns"] == ["id"]
    assert tables.get_pk_constraint("visits")["constrained_columns"] == []
    assert [unique["column_names"] for unique in tables.get_unique_constraints("people")] == [["full name"]]
    (key,) = tables.get_foreign_keys("visits")
    assert (key["constrained_columns"], key["referred_table"], key["referred_columns"]) == (["who"], "people", ["id"])
    (index,) = tables.get_indexes("visits")
    assert (index["name"], index["unique"], index["column_names"]) == ("by_who", False, ["who", "when"])
    assert "height > 2" in tables.get_view_definition("tall")


def test_tables_are_reflected_whole(engine, tables):
    meta = sa.MetaData()
    meta.reflect(engine, views=True)
    assert {"people", "visits", "tall", "facts"} <= set(meta.tables)
    assert meta.tables["visits"].c["who"].references(meta.tables["people"].c["id"])


# -------------------------------------------------------------------------------------------------- through pandas


def test_pandas_reads_and_writes_through_an_engine(engine):
    pd = pytest.importorskip("pandas", reason='needs the extra "pandas"')
    frame = pd.DataFrame({"name": ["Anna", "Nils"], "height": [0.1 + 0.2, 1.75], "age": [30, 40]})
    frame.to_sql("people", engine, index=False)
    assert pd.read_sql("SELECT * FROM people ORDER BY age", engine).equals(frame)
    assert pd.read_sql_table("people", engine).equals(frame)
    picked = pd.read_sql("SELECT name FROM people WHERE name LIKE 'A%%' AND age < %(age)s", engine, params={"age": 35})
    assert picked["name"].tolist() == ["Anna"]
