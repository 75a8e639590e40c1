"""The map from confidences to chances: that it finds what is there, what it keeps to, and what is asked for it."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from doubles import OracleReader

from evaluation.bases import FACTS, QUERIES, plain, world
from neuraldb.evaluation import calibration_data
from neuraldb.evaluation.calibration_data import Outcome, Recorder, asked_of, database, domains, measured
from neuraldb.evaluation.calibration_recipe import error_of, figures_of, fitted, run, written
from neuraldb.evaluation.tale_answers import Answer, of_nothing
from neuraldb.evaluation.tales import Tale
from neuraldb.models.calibration import INPUTS, KINDS, Answered, Calibrator
from neuraldb.models.registry import Models

ANNA = Answer(frozenset({"anna"}))


def true_chance(answered: Answered) -> float:
    """What the made-up outcomes follow."""
    sure = min(max(answered.confidence, 1e-3), 1 - 1e-3)
    score = 1.0 + 0.5 * math.log(sure / (1 - sure)) - 0.5 * math.log1p(answered.read)
    score -= 1.0 if answered.kind == "extreme" else 0.0
    return 1 / (1 + math.exp(-score))


def drawn(count: int, seed: int = 0, kinds: Sequence[str] = ("set", "extreme", "count")) -> list[Outcome]:
    """Rows that are right as often as :func:`true_chance` says, most of them sure."""
    rng = random.Random(seed)
    rows = []
    for _ in range(count):
        read = rng.choice((5, 25, 100, 400))
        answered = Answered(rng.choice(kinds), 1 - rng.random() ** 2 * 0.6, read, rng.randint(1, 9), 1, 1)
        rows.append(Outcome(answered, rng.random() < true_chance(answered)))
    return rows


def test_it_finds_the_chances_that_outcomes_follow() -> None:
    made = fitted(drawn(6000), "some")
    assert made.reader == "some"
    for kind in ("set", "extreme"):
        for sure in (0.6, 0.9, 0.99):
            for read in (5, 50, 400):
                answered = Answered(kind, sure, read, 4, 1, 1)
                assert made.chance(answered) == pytest.approx(true_chance(answered), abs=0.06)


def test_it_mends_the_error_on_other_rows() -> None:
    fresh = drawn(3000, seed=1)
    assert error_of(fresh, None) > 25
    assert error_of(fresh, fitted(drawn(4000), "some")) < 4


def test_what_is_surer_is_never_less_likely() -> None:
    rng = random.Random(0)
    perverse = [Outcome(Answered("set", sure, 9, 1, 1, 1), rng.random() > sure) for sure in (0.2, 0.5, 0.9) * 200]
    made = fitted(perverse, "some")
    assert all(made.weights[kind][INPUTS.index("confidence")] == 0 for kind in KINDS)


def test_a_kind_that_never_came_has_the_weights_of_all() -> None:
    made = fitted(drawn(500), "some")
    assert made.weights["total"] == pytest.approx(made.weights["group"])
    assert made.weights["total"] != pytest.approx(made.weights["set"])


def test_figures_are_of_databases_that_were_left_out() -> None:
    kept = [(25 + 75 * (n % 2), drawn(400, seed=n)) for n in range(8)]
    figures = figures_of(kept, "some")
    assert list(figures) == ["before at 25", "after at 25", "before at 100", "after at 100", "before", "after"]
    assert figures["after"] < 5 < 20 < figures["before"]
    # of one database alone none is left to fit to
    assert figures_of(kept[:1], "some") == {"before": 0.0, "after": 0.0}


def test_what_is_written_can_be_loaded(tmp_path: Path) -> None:
    made = fitted(drawn(500), "some")
    path = tmp_path / "calibration.json"
    written(made, {"after": 3.14159}, "rows", path)
    again = Calibrator.load(path)
    for row in drawn(20):
        assert again.chance(row.answered) == pytest.approx(made.chance(row.answered), abs=1e-3)
    card = json.loads(path.read_text())
    assert (card["reader"], card["data"], card["figures"]) == ("some", "rows", {"after": 3.1})


# ------------------------------------------------------------------------------------------------------- what is asked


@pytest.mark.parametrize("size", [25, 300])
def test_databases_have_their_size_and_are_asked_about_what_no_recipe_trains_on(size: int) -> None:
    held_out, others = domains()
    made = database(size, held_out, others, random.Random(1))
    assert len(made.facts) == size
    assert {w.domain.name for w in made.worlds} <= {d.name for d in held_out}
    asked = asked_of(made, 24, random.Random(2))
    assert len(asked) == 24
    assert asked == asked_of(made, 24, random.Random(2))
    assert 0 < sum(not gold for gold in asked.values()) <= 4


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Models:
    """The generated database is the small one; it is asked two questions, of one of which half is right."""
    monkeypatch.setattr(calibration_data, "database", lambda *_: Tale(facts=list(FACTS)))
    gold = {plain(QUERIES[0][0]): (ANNA,), plain(QUERIES[2][0]): of_nothing("count")}
    monkeypatch.setattr(calibration_data, "asked_of", lambda *_: gold)
    return world().models()


def test_every_row_is_judged(small: Models) -> None:
    recorder = Recorder(OracleReader.name, {})
    models = Models(small.encoder, small.reader, small.parser, small.extractor, calibrator=recorder)
    ((size, rows),) = measured([25], 1, 0, models)
    assert size == 25
    assert [(row.answered.kind, row.right) for row in rows] == [("set", True), ("set", False), ("count", False)]


def test_the_recipe_writes_a_map_for_its_reader(small: Models, tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    figures = run(path, 2, sizes=[25], models=small)
    assert set(figures) == {"before at 25", "after at 25", "before", "after"}
    assert figures["before"] > figures["after"]
    assert Calibrator.load(path).reader == OracleReader.name
    assert json.loads(path.read_text())["data"].startswith("6 rows of answers on 2 generated databases")


def test_the_recipe_ends_in_time(small: Models, tmp_path: Path) -> None:
    run(tmp_path / "calibration.json", 9, sizes=[25], minutes=0, models=small)
    assert "on 1 generated databases" in (tmp_path / "calibration.json").read_text()
