"""Speed at scale: what is told and asked, what is counted, and what the table says of it."""

from __future__ import annotations

import pytest
from doubles import HashedWords, OracleExtractor, OracleReader, TableParser, World

from neuraldb.evaluation import scale
from neuraldb.evaluation.scale import Asked, Figures, run, table
from neuraldb.evaluation.scale_facts import telling
from neuraldb.models.protocols import Reading, ReadRequest
from neuraldb.models.registry import Models
from neuraldb.shell.cli import main


class Counting(OracleReader):
    """A reader that finds nothing."""

    def read(self, requests: list[ReadRequest]) -> list[Reading]:  # type: ignore[override]
        self.requests += requests
        return [Reading(()) for _ in requests]


@pytest.fixture
def reader() -> Counting:
    return Counting(World())


@pytest.fixture
def models(reader: Counting) -> Models:
    """Models that know nothing, so that all that is measured is the engine."""
    return Models(HashedWords(), reader, TableParser(), OracleExtractor(World()))


def test_the_same_seed_tells_and_asks_the_same() -> None:
    one, same, other = telling(60, 4), telling(60, 4), telling(60, 4, seed=3)
    assert one == same
    assert one.facts != other.facts
    assert len(set(one.facts)) == len(one.facts) == 60
    assert one.spare
    assert not set(one.spare) & set(one.facts)
    assert len({question.text for question in one.lookups}) == 4
    assert {question.mode for question in one.aggregates} == {"pair"}
    assert all(
        "max(" in first.lower() and "min(" in second.lower() for first, second in [q.tables for q in one.aggregates]
    )


def test_more_facts_begin_with_the_same() -> None:
    assert telling(90, 4).facts[:60] == telling(60, 4).facts


def test_every_question_is_counted(models: Models, reader: Counting) -> None:
    (figures,) = run([40], questions=3, sample=10, models=models)
    assert (figures.facts, figures.sample) == (40, 10)
    assert figures.add_seconds > 0
    assert figures.peak > 2**20
    # without an extractor no class of things is known, and no table of it
    assert len(figures.refused) == 6
    assert all(refused.startswith("SELECT M") for refused in figures.refused)
    asked = figures.asked
    assert len(asked["lookup"].seconds) == 2  # the first one loads the indexes
    assert len(asked["aggregate"].seconds) == len(asked["aggregate again"].seconds) == 3
    # few enough to be read whole, once
    assert asked["aggregate"].calls == [40, 40, 40]
    assert asked["aggregate again"].calls == [0, 0, 0]
    assert asked["aggregate, a fact more"].calls == [1, 1, 1]
    assert asked["aggregate, it is gone"].calls == [0, 0, 0]
    brute = reader.requests[-10:]
    assert len({request.question for request in brute}) == 1
    assert figures.brute.keys() == {"lookup", "aggregate"}


def test_sizes_come_in_ascending_order(models: Models) -> None:
    assert [figures.facts for figures in run([30, 20, 30], questions=2, sample=5, models=models)] == [20, 30]


def figures(facts: int, sample: int) -> Figures:
    made = Figures(facts, sample, add_seconds=2.0, add_processor=4.0, peak=300 * 2**20)
    made.asked = {kind: Asked([0.01, 0.02, 0.03], [0.02] * 3, [4, 5, 6]) for kind in ("lookup", "aggregate")}
    made.brute = {"lookup": 6.0, "aggregate": 8.0}
    return made


def test_the_table_says_what_is_scaled() -> None:
    lines = table([figures(1000, 1000), figures(20_000, 1000)]).splitlines()
    by_name = {line[:34].strip(): line[34:].split() for line in lines[:-1]}
    assert by_name[""] == ["1,000", "20,000"]
    assert by_name["facts told a second"] == ["500", "10,000"]
    assert by_name["processor ms a fact"] == ["4.00", "0.20"]
    assert by_name["lookup: p50 / p95 ms"] == ["20", "/", "29", "20", "/", "29"]
    assert by_name["brute force, lookup: s"] == ["6.00", "~6.00"]
    assert by_name["times as long"] == ["400", "~400"]
    assert by_name["times as many reader calls"] == ["200", "4,000"]
    assert by_name["peak memory, MiB"] == ["300", "300"]
    assert lines[-1] == "~ brute force read a sample of 1,000 facts; its time is scaled to all of them"


def test_a_table_without_a_sample_and_without_answers() -> None:
    made = figures(1000, 1000)
    made.asked["lookup"].calls = [0, 0, 0]
    made.asked["SQL aggregate"] = Asked()
    made.refused = ["SELECT 1: no", "SELECT 2: no"]
    text = table([made])
    assert text.splitlines()[-1] == "2 questions were refused, the first: SELECT 1: no"
    assert "~" not in text
    rows = [line.split() for line in text.splitlines()]
    assert ["SQL", "aggregate:", "p50", "/", "p95", "ms", "-"] in rows
    assert ["times", "as", "many", "reader", "calls", "-"] in rows


def test_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[object] = []
    monkeypatch.setattr(scale, "run", lambda *a: seen.append(a) or [figures(1000, 1000)])
    assert main(["bench", "scale", "--facts", "10", "20", "--sample", "5", "--questions", "2", "--seed", "3"]) == 0
    assert main(["bench", "scale"]) == 0
    assert seen == [([10, 20], 2, 5, 3), (scale.FACTS, scale.QUESTIONS, scale.SAMPLE, 0)]
    assert "facts told a second" in capsys.readouterr().out
    assert main(["bench", "scale", "--facts", "0"]) == 2
    assert "0 is less than 1" in capsys.readouterr().err
