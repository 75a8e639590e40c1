"""The public PEP 249 compliance test (``dbapi-compliance`` on PyPI)."""

import dbapi20
import pytest

import neuraldb


class TestDatabaseAPI20(dbapi20.DatabaseAPI20Test):
    driver = neuraldb

    @pytest.fixture(autouse=True)
    def database_file(self, tmp_path):
        self.path = tmp_path / "test.ndb"

    def _connect(self):
        return neuraldb.connect(self.path)

    def test_nextset(self):
        """Does not apply: a statement has one set of rows, so there is no ``nextset`` (PEP 249 makes it optional)."""
        assert not hasattr(neuraldb.Cursor, "nextset")

    def test_setoutputsize(self):
        """Has to be written for each driver: values of any size are given whole, whatever was set."""
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.setoutputsize(10)
            cursor.execute("select repeat('x', 1000) as long")
            assert cursor.fetchone() == ("x" * 1000,)

    def test_non_idempotent_close(self):
        """Does not apply: closing twice is allowed, as in sqlite3, psycopg and duckdb; PEP 249 leaves it open."""
        connection = self._connect()
        connection.close()
        connection.close()
        with pytest.raises(neuraldb.InterfaceError):
            connection.cursor()


def test_every_test_of_the_suite_is_run():
    own = {name for name in vars(TestDatabaseAPI20) if name.startswith("test_")}
    assert own == {"test_nextset", "test_setoutputsize", "test_non_idempotent_close"}
    assert sum(name.startswith("test_") for name in dir(dbapi20.DatabaseAPI20Test)) == 36
