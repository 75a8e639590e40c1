"""Files from a connection: what load stores, what export writes, and what is wrong with either's arguments."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from doubles import World

import neuraldb
from neuraldb.api import Connection
from neuraldb.core.errors import ImportFailed, InterfaceError, ReadOnly


@pytest.fixture
def db() -> Iterator[Connection]:
    with neuraldb.connect(models=World().models()) as connection:
        yield connection


def test_sentences_go_out_and_come_in_again(db: Connection, tmp_path: Path) -> None:
    db.add("Anna lives in Oslo.", about="Anna", source="diary", labels=["home"])
    assert db.export(tmp_path / "facts.jsonl").facts == 1
    with neuraldb.connect(models=World().models()) as copy:
        stages = []
        report = copy.load(tmp_path / "facts.jsonl", progress=lambda *state: stages.append(state))
        assert (report.added, report.refused, stages[-1]) == (1, [], ("load", 1, 1))
        assert copy.load(str(tmp_path / "facts.jsonl")).before == 1
        (fact,) = copy.facts()
        assert (fact.text, fact.subject, fact.sources, fact.labels) == (
            "Anna lives in Oslo.", "Anna", ("diary",), ("home",),
        )  # fmt: skip
        assert copy.load(tmp_path / "facts.jsonl", restart=True).duplicates == 1


def test_everything_goes_to_a_folder(db: Connection, tmp_path: Path) -> None:
    db.add("Anna lives in Oslo.")
    db.sparql("INSERT DATA { <http://x/a> <http://x/p> 4 }")
    done = db.export(tmp_path / "all")
    assert (done.facts, done.triples) == (1, 1)
    with neuraldb.connect(models=World().models()) as copy:
        report = copy.load(tmp_path / "all")
        assert (report.added, report.triples) == (1, 1)


def test_the_form_may_be_given(db: Connection, tmp_path: Path) -> None:
    path = tmp_path / "edges.txt"
    path.write_text("Anna\tknows\tNils\n", encoding="utf-8")
    assert db.load(path, "edges").triples == 1
    assert db.export(tmp_path / "out.txt", "ntriples", evidence=True).triples == 1
    assert "urn:neuraldb:entity:Anna" in (tmp_path / "out.txt").read_text(encoding="utf-8")
    table = tmp_path / "people.csv"
    table.write_text("id,said\n1,Anna lives in Oslo.\n", encoding="utf-8")
    assert db.load(table, column="said").added == 1


def test_what_is_wrong(db: Connection, tmp_path: Path) -> None:
    with pytest.raises(InterfaceError, match="path must be a path, not int"):
        db.load(5)  # type: ignore[arg-type]
    with pytest.raises(InterfaceError, match="there is no format jsn") as caught:
        db.load(tmp_path / "a", "jsn")
    assert "json" in caught.value.candidates
    with pytest.raises(InterfaceError, match="there is no form of export jsn"):
        db.export(tmp_path / "a", "jsn")
    with pytest.raises(ImportFailed):
        db.load(tmp_path / "nothing.jsonl")
    db.close()
    for call in (db.load, db.export):
        with pytest.raises(InterfaceError, match="closed"):
            call(tmp_path / "a.jsonl")


def test_a_database_that_is_open_for_reading_exports_but_does_not_load(tmp_path: Path) -> None:
    path = tmp_path / "db.ndb"
    with neuraldb.connect(path, models=World().models()) as db:
        db.add("Anna lives in Oslo.")
    with neuraldb.connect(path, read_only=True, models=World().models()) as db:
        assert db.export(tmp_path / "facts.txt").facts == 1
        with pytest.raises(ReadOnly):
            db.load(tmp_path / "facts.txt")
