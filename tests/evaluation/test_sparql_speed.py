"""The benchmark of SPARQL's speed: the graph, the queries, and that wrong or missing answers show."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from neuraldb.evaluation import sparql_speed, sparql_speed_peers
from neuraldb.evaluation.sparql_speed import OURS, Figures, Measured, as_json, run, table
from neuraldb.evaluation.sparql_speed_graph import Sizes, triples
from neuraldb.evaluation.sparql_speed_peers import Answer, Peer, digest_of
from neuraldb.evaluation.sparql_speed_queries import QUERIES, chosen
from neuraldb.shell.cli import main

SMALL = 2_000


def test_a_graph_is_a_set_and_the_same_for_the_same_seed() -> None:
    one, other = list(triples(SMALL)), list(triples(SMALL, seed=1))
    assert one == list(triples(SMALL)) != other
    assert len(set(one)) == len(one)
    assert sum(1 for _ in triples(20_000)) == pytest.approx(20_000, rel=0.15)


def test_joins_of_the_whole_graph_are_large() -> None:
    assert [query.name for query in QUERIES if query.is_large] == ["triangle", "coauthors"]
    assert all(query.rows for query in QUERIES if query.kind == "join")


def test_rdflib_gives_the_same_rows() -> None:
    names = ["look-up", "triangle", "bound-ends", "partOf+", "roll-up", "not-exists", "date-range"]
    figures = run(SMALL, chosen(names), ["rdflib"], repeat=2, limit=60)
    assert [m.query for m in figures.measured] == names
    assert all(m.finished(OURS) and m.finished("rdflib") for m in figures.measured)
    assert figures.agreed
    assert {m.query: m.answers[OURS][0].rows for m in figures.measured}["look-up"] == 1


@pytest.mark.slow
def test_both_peers_give_the_same_rows_for_every_query() -> None:
    figures = run(SMALL, QUERIES, repeat=2, limit=120)
    assert [m.query for m in figures.measured if not m.agrees("rdflib") or not m.agrees("pyoxigraph")] == []


def test_a_query_that_does_not_end_is_stopped_and_the_engine_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "some.nt"
    path.write_text("".join(f"<http://x/{i}> <http://x/p> <http://x/{i % 7}> .\n" for i in range(300)))
    peer = Peer("rdflib", str(path), limit=1)
    try:
        endless = peer.answer("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }")
        assert (endless.seconds, endless.rows, endless.problem) == (1, None, "stopped")
        again = peer.answer("SELECT ?x { ?x <http://x/p> <http://x/1> }")
        assert again.rows == 43
        wrong = peer.answer("SELECT nonsense")
        assert wrong.rows is None
        assert "Parse" in wrong.problem
    finally:
        peer.close()


def test_equal_bags_have_equal_digests() -> None:
    assert digest_of([("a", "1"), ("b", 2)]) == digest_of([("b", "2.0"), ("a", 1)])
    assert digest_of([("a",), ("a",)]) != digest_of([("a",)])
    assert digest_of([("a", None)]) != digest_of([(None, "a")])


def figures_with(theirs: list[Answer]) -> Figures:
    ours = [Answer(s, s / 2, 3, "abc") for s in (0.002, 0.001, 0.004)]
    measured = Measured("look-up", "look-up", {OURS: ours, "rdflib": theirs})
    return Figures(100, 1.0, {OURS: 1.0, "rdflib": 2.0}, [measured])


def test_the_table_says_what_is_slower_stopped_or_different() -> None:
    alike = figures_with([Answer(0.2, 0.2, 3, "abc")])
    assert alike.agreed
    assert alike.mean_ratio("rdflib") == pytest.approx(100)
    assert alike.mean_ratio("rdflib", processor=True) == pytest.approx(200)
    assert "100.0\n" in table(alike)
    stopped = figures_with([Answer(1.0, 1.0, problem="stopped")])
    assert stopped.agreed  # what is not known does not differ
    assert ">1,000.0" in table(stopped)
    assert "rdflib, look-up: stopped" in table(stopped)
    failed = figures_with([Answer(0.1, 0.1, problem="RecursionError: too deep")])
    assert failed.agreed
    assert math.isnan(failed.mean_ratio("rdflib"))  # nothing to compare
    assert "rdflib, look-up: RecursionError: too deep" in table(failed)
    large = figures_with([Answer(0.2, 0.2, 3, "abc")])
    large.measured += [
        Measured(name, "join", {OURS: [Answer(0.001, 0.001, 1, "")], "rdflib": [Answer(s, s, 1, "")]}, is_large)
        for name, s, is_large in (("star", 0.01, False), ("triangle", 0.09, True))
    ]
    assert large.mean_ratio("rdflib", "join") == pytest.approx(30)
    assert large.mean_ratio("rdflib", "join", large=True) == pytest.approx(90)
    means = [line.split() for line in table(large).splitlines() if line.startswith("geometric mean, ")]
    assert [words[-1] for words in means if words[2:3] in (["join"], ["large"])] == ["30.0", "90.0"]
    different = figures_with([Answer(0.2, 0.2, 4, "abd")])
    assert not different.agreed
    assert "100.0 ≠" in table(different)
    assert json.loads(as_json(different))["mean_ratio"] == {"rdflib": pytest.approx(100)}


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "figures.json"
    asked = ["bench", "sparql", "--triples", "800", "--queries", "look-up", "union", "--repeat", "2"]
    assert main([*asked, "--peers", "--json", str(out)]) == 0
    assert "look-up" in capsys.readouterr().out
    assert [m["query"] for m in json.loads(out.read_text())["measured"]] == ["look-up", "union"]
    monkeypatch.setattr(sparql_speed_peers.Peer, "missing", staticmethod(lambda name: True))
    assert main([*asked, "--peers", "rdflib"]) == 1
    assert "pip install rdflib" in capsys.readouterr().err
    assert main(["bench", "sparql", "--queries", "nonsense"]) == 2


def test_a_wrong_answer_of_ours_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparql_speed, "_ours", lambda session, text: Answer(0.1, 0.1, 7, "wrong"))
    assert not run(800, chosen(["look-up"]), ["rdflib"], repeat=1).agreed


def test_sizes_follow_the_number_of_triples() -> None:
    assert Sizes.of(2_000_000).people == pytest.approx(2 * Sizes.of(1_000_000).people, rel=0.01)
