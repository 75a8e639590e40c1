"""Data frames as tables: shown to SQL under a name, joined with the rest, and gone when they are taken away."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from doubles import World

import neuraldb
from neuraldb.api import Connection
from neuraldb.core.errors import BindError, DataError, InterfaceError, ProgrammingError


@pytest.fixture
def db() -> Iterator[Connection]:
    with neuraldb.connect(models=World().models()) as connection:
        yield connection


FRAMES = [
    pd.DataFrame({"city": ["Oslo", None], "price": [3, 4]}, index=["x", "y"]),
    pl.DataFrame({"city": ["Oslo", None], "price": [3, 4]}),
    pa.table({"city": ["Oslo", None], "price": [3, 4]}),
    {"city": ["Oslo", None], "price": [3, 4]},
]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda f: type(f).__module__.split(".")[0])
def test_a_frame_is_a_table(db: Connection, frame: object) -> None:
    db.register("prices", frame)
    assert db.sql("SELECT * FROM prices").fetchall() == [("Oslo", 3), (None, 4)]
    assert db.sql("SELECT sum(price) FROM prices p JOIN (SELECT 'Oslo' AS city) t USING (city)").scalar() == 3


def test_a_frame_that_is_registered_again_is_the_new_one(db: Connection) -> None:
    db.register("prices", {"price": [1]})
    assert db.execute("SELECT price FROM prices").fetchall() == [(1,)]
    db.register("Prices", {"cost": [2]})
    assert db.execute("SELECT cost FROM prices").fetchall() == [(2,)]
    db.unregister("PRICES")
    with pytest.raises(BindError):
        db.sql("SELECT cost FROM main.prices")
    with pytest.raises(BindError, match="no frame is registered as prices"):
        db.unregister("prices")


def test_a_name_that_is_taken_is_refused(db: Connection) -> None:
    db.sql("CREATE TABLE mine (x INTEGER)")
    for name in ("mine", "facts", "Triples"):
        with pytest.raises(ProgrammingError, match="there is a table"):
            db.register(name, {"x": [1]})
    assert db.sql("SELECT count(*) FROM mine").scalar() == 0
    with pytest.raises(InterfaceError):
        db.register(" ", {"x": [1]})


def test_what_is_no_frame_is_refused(db: Connection) -> None:
    with pytest.raises(InterfaceError, match="a list is no data frame"):
        db.register("x", [1, 2])
    with pytest.raises(DataError):
        db.register("x", {"a": [1], "b": [1, 2]})
    with pytest.raises(BindError):
        db.unregister("x")


def test_frames_come_and_go_outside_of_transactions(db: Connection) -> None:
    db.begin()
    with pytest.raises(ProgrammingError, match="a transaction is open"):
        db.register("prices", {"price": [1]})
    db.rollback()
    db.register("prices", {"price": [1]})
    with db.transaction():
        assert db.sql("SELECT price FROM prices").scalar() == 1
        db.sql("CREATE TABLE kept AS SELECT * FROM prices")
    assert db.sql("SELECT price FROM kept").scalar() == 1


def test_sql_cannot_change_a_frame(db: Connection) -> None:
    frame = pd.DataFrame({"price": [1]})
    db.register("prices", frame)
    with pytest.raises(neuraldb.Error):
        db.sql("INSERT INTO prices VALUES (2)")
    assert frame["price"].tolist() == [1]
