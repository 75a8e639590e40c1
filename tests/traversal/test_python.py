"""Walks from Python: the same rows as in SQL, and the graph that networkx is given."""

from __future__ import annotations

from collections.abc import Iterator

import networkx
import pytest
from doubles import World

import neuraldb
from neuraldb.api import Connection
from neuraldb.core.errors import BindError, InterfaceError
from neuraldb.core.progress import CancelToken
from neuraldb.stores.graph import NewTriple
from neuraldb.stores.terms import Term


@pytest.fixture
def db() -> Iterator[Connection]:
    """Anna in Oslo in Norway, as facts; and a road as data in a graph of its own."""
    world = World()
    world.tell("Anna was born in Oslo in 1982.", ("Anna", "born in", "Oslo"), ("Anna", "born", "1982"))
    world.tell("Oslo is the capital of Norway.", ("Oslo", "capital of", "Norway", 0.9))
    with neuraldb.connect(models=world.models()) as connection:
        connection.add_many(list(world.said))
        store = connection.session.stores.graph
        anna, road, bergen, roads = store.ensure_terms(
            [
                Term("entity", "Anna"),
                Term("relation", "road"),
                Term("entity", "Bergen"),
                Term("iri", "http://x.org/roads"),
            ]
        )
        store.add_triples([NewTriple(anna, road, bergen, 0.4, graph=roads)])
        yield connection


def names(graph: networkx.MultiDiGraph) -> set[str]:
    return {data["name"] for _, data in graph.nodes(data=True)}


def test_paths(db: Connection) -> None:
    result = db.paths("Anna", "Norway")
    assert result.columns == ("hops", "nodes", "relations", "path")
    assert result.fetchall() == db.sql("SELECT * FROM paths(%s, %s)", ["Anna", "Norway"]).fetchall()
    assert (result.evidence_ids, result.confidence) == (((1, 2),), pytest.approx((0.9,)))
    assert "Paths 'Anna' to 'Norway' shortest, at most 100" in result.explain()
    assert [row[0] for row in db.paths("Anna", "Norway", 3)] == [2]
    assert db.paths("Norway", "Anna", directed=True).fetchall() == []
    assert db.paths("Anna", "Norway", relations="road").fetchall() == []


def test_neighbours(db: Connection) -> None:
    assert [row[0] for row in db.neighbours("Anna")] == ["Oslo", "1982", "Bergen"]
    assert [row[0] for row in db.neighbours("Anna", 2)] == ["Oslo", "1982", "Bergen", "Norway"]
    assert [row[0] for row in db.neighbours("Anna", graph="http://x.org/roads")] == ["Bergen"]
    assert [row[0] for row in db.neighbours("Anna", min_confidence=0.5)] == ["Oslo", "1982"]


def test_pagerank(db: Connection) -> None:
    ranks = {name: rank for name, _, rank in db.pagerank("Norway")}
    assert ranks.keys() == {"Anna", "Oslo", "Norway", "Bergen"}
    assert sum(ranks.values()) == pytest.approx(1.0)
    assert ranks["Norway"] > ranks["Anna"]
    assert [row[0] for row in db.pagerank("Norway", limit=1)] == [max(ranks, key=ranks.__getitem__)]


def test_components(db: Connection) -> None:
    assert [row[:3] for row in db.components(relations=["road", "capital of"])] == [
        (1, 2, "Anna"),
        (1, 2, "Bergen"),
        (2, 2, "Oslo"),
        (2, 2, "Norway"),
    ]


def test_the_graph_for_networkx(db: Connection) -> None:
    graph = db.graph()
    assert names(graph) == {"Anna", "Oslo", "1982", "Norway", "Bergen"}
    assert names(db.graph(entities_only=True)) == names(graph) - {"1982"}
    assert names(db.graph(relations=["capital of"])) == {"Oslo", "Norway"}
    assert names(db.graph(graph="http://x.org/roads")) == {"Anna", "Bergen"}
    assert names(db.graph(min_confidence=0.95)) == {"Anna", "Oslo", "1982"}
    ids = {data["name"]: node for node, data in graph.nodes(data=True)}
    way = networkx.shortest_path(graph.to_undirected(), ids["Bergen"], ids["Norway"])
    (row,) = db.paths("Bergen", "Norway")
    assert [graph.nodes[node]["name"] for node in way] == row[1]
    (edge,) = graph.get_edge_data(ids["Oslo"], ids["Norway"]).values()
    assert (edge["relation"], edge["evidence"], edge["confidence"]) == ("capital of", (2,), pytest.approx(0.9))


def test_the_graph_is_a_snapshot_with_a_version(db: Connection) -> None:
    before = db.graph()
    assert db.graph().graph["version"] == before.graph["version"]
    db.forget(2)
    after = db.graph()
    assert after.graph["version"] > before.graph["version"]
    assert names(before) - names(after) == {"Norway"}


def test_walks_see_what_changes(db: Connection) -> None:
    assert len(db.paths("Anna", "Norway").fetchall()) == 1
    db.begin()
    db.forget(2)
    assert db.neighbours("Oslo").fetchall() == [("Anna", "entity", 1, ["^born in"], "Oslo <-[born in]- Anna")]
    db.rollback()
    assert len(db.paths("Anna", "Norway").fetchall()) == 1


def test_what_is_wrong_is_told(db: Connection) -> None:
    with pytest.raises(BindError, match="nothing is called Ana") as raised:
        db.paths("Ana", "Oslo")
    assert raised.value.source is None
    assert "Anna" in raised.value.candidates
    for call in (
        lambda: db.neighbours("Anna", 0),
        lambda: db.paths("Anna", "Oslo", hops=0),
        lambda: db.pagerank(limit=0),
        lambda: db.pagerank(damping=2),
        lambda: db.graph(min_confidence=-1),
    ):
        with pytest.raises(InterfaceError):
            call()


def test_an_empty_graph_has_nothing_to_show() -> None:
    with neuraldb.connect(models=World().models()) as db:
        assert db.paths("Anna", "Oslo").fetchall() == []
        assert db.neighbours("Anna").fetchall() == []
        assert db.pagerank().fetchall() == []
        assert db.pagerank("Anna").fetchall() == []
        assert db.components().fetchall() == []
        assert len(db.graph()) == 0


def test_walks_stop_when_they_are_told_to(db: Connection) -> None:
    token = CancelToken()
    token.cancel()
    from neuraldb.plan.traversal_nodes import Paths

    with pytest.raises(neuraldb.Error):
        db.session.run_plan(Paths("Anna", "Norway"), token)
