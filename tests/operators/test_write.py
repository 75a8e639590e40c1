"""Adding facts with an encoder or an extractor that does not reply as it should: nothing is stored then."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from doubles import HashedWords, OracleExtractor, OracleReader, Triple, World

import neuraldb
from neuraldb.core.errors import ModelUnavailable
from neuraldb.models.protocols import ExtractedMention, ExtractedTriple, Extraction, Vectors
from neuraldb.models.registry import Models
from neuraldb.operators.relation_vectors import relation_vectors, space_of
from neuraldb.operators.write import BATCH

FACTS = ["Anna lives in Oslo.", "Nils lives in Bergen.", "Kari lives in Oslo."]


class Extractor(OracleExtractor):
    """An extractor whose replies are changed before they are handed over."""

    def __init__(self, world: World, change: Callable[[list[Extraction]], object]) -> None:
        super().__init__(world)
        self.change = change

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        return self.change(super().extract(texts))  # type: ignore[return-value]


class Encoder(HashedWords):
    """The same for an encoder."""

    def __init__(self, change: Callable[[Vectors], Vectors]) -> None:
        super().__init__()
        self.change = change

    def encode(self, texts: Sequence[str]) -> Vectors:
        return self.change(super().encode(texts))


@pytest.fixture
def world() -> World:
    world = World()
    for text in FACTS:
        name, place = text.rstrip(".").split(" lives in ")
        world.tell(text, (name, "lives in", place))
    return world


def refused(models: Models) -> ModelUnavailable:
    """What adding three facts says; none of them must be there afterwards."""
    with neuraldb.connect(models=models) as db:
        with pytest.raises(ModelUnavailable) as caught:
            db.add_many(FACTS)
        assert db.facts() == []
        assert db.sql("SELECT count(*) FROM triples").fetchall() == [(0,)]
    return caught.value


@pytest.mark.parametrize(
    ("change", "count"),
    [
        (lambda found: found[:-1], "2 for 3"),
        (lambda found: [], "0 for 3"),
        (lambda found: found + found[:1], "4 for 3"),
    ],
)
def test_a_lost_extraction_is_an_error_and_nothing_is_stored(
    world: World, change: Callable[[list[Extraction]], object], count: str
) -> None:
    models = Models(HashedWords(), OracleReader(world), world.parser, Extractor(world, change))
    assert refused(models).message == f"the extractor oracle-extractor gave {count} requests"


def test_no_reply_at_all(world: World) -> None:
    models = Models(HashedWords(), OracleReader(world), world.parser, Extractor(world, lambda found: None))
    assert "NoneType, which is no list" in refused(models).message


@pytest.mark.parametrize(
    "wrong",
    [
        Extraction((ExtractedMention(0, 4, "Anna"),), (ExtractedTriple(0, "lives in", 1),)),
        Extraction((ExtractedMention(0, 4, "Anna"),), (ExtractedTriple(-1, "lives in", 0),)),
        Extraction((ExtractedMention(0, 400, "Anna"),)),
        Extraction((ExtractedMention(4, 0, "Anna"),)),
    ],
)
def test_an_extraction_that_cannot_be_says_of_which_text(world: World, wrong: Extraction) -> None:
    extractor = Extractor(world, lambda found: [found[0], wrong, found[2]])
    error = refused(Models(HashedWords(), OracleReader(world), world.parser, extractor))
    assert FACTS[1] in error.message
    assert "oracle-extractor" in error.message


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda vectors: vectors[:-1], "gave 2 for 3 requests"),
        (lambda vectors: vectors[:, :10], r"shape \(10,\)"),
        (lambda vectors: vectors[:, :0], r"shape \(0,\)"),
        (lambda vectors: np.ones(3, np.float32), r"shape \(\)"),
    ],
)
def test_vectors_that_do_not_fit(world: World, change: Callable[[Vectors], Vectors], what: str) -> None:
    models = Models(Encoder(change), OracleReader(world), world.parser, OracleExtractor(world))
    with pytest.raises(ModelUnavailable, match=what):
        raise refused(models)


def test_a_reply_lost_in_a_later_batch(world: World) -> None:
    many = [f"Note {n}." for n in range(BATCH + 3)]
    extractor = Extractor(world, lambda found: found if len(found) == BATCH else found[1:])
    with neuraldb.connect(models=Models(HashedWords(), OracleReader(world), world.parser, extractor)) as db:
        with pytest.raises(ModelUnavailable, match="2 for 3"):
            db.add_many(many, batch=len(many))
        assert db.facts() == []


def test_triples_say_where_their_ends_stand_in_the_text(world: World) -> None:
    text = "Her brother Nils lives in Bergen."
    world.said[f"Anna: {text}"] = [
        Triple("Anna", "brother", "Nils", 1.0), Triple("Nils", "lives in", "Bergen", 1.0),
    ]  # fmt: skip
    with neuraldb.connect(models=world.models()) as db:
        db.add(f"\n {text} ", about="Anna")
        rows = db.sql(
            "SELECT relation, subject_start, subject_end, object_start, object_end FROM triples ORDER BY id"
        ).fetchall()
    # the subject that is given does not stand in the text
    assert rows == [("brother", None, None, 12, 16), ("lives in", 12, 16, 26, 32)]
    assert (text[12:16], text[26:32]) == ("Nils", "Bergen")


def test_every_relation_gets_a_vector_once(world: World) -> None:
    models = world.models()
    with neuraldb.connect(models=models) as db:
        db.add_many(FACTS[:2])
        stores = db.session.stores
        ids, vectors = stores.relations.vectors(space_of(models))
        assert [term.text for term in stores.graph.terms(ids.tolist())] == ["lives in"]
        assert vectors == pytest.approx(models.encoder.encode(["lives in"]), abs=1e-6)
        db.add(FACTS[2])
        assert stores.relations.vectors(space_of(models))[0].tolist() == ids.tolist()


def test_an_extractors_own_space_is_used_with_its_encoder(world: World) -> None:
    class Turning(OracleExtractor):
        encoder = HashedWords().name

        def relation_vectors(self, vectors: Vectors) -> Vectors:
            return -vectors

    models = Models(HashedWords(), OracleReader(world), world.parser, Turning(world))
    names = ["lives in", "birthplace"]
    assert space_of(models) == f"{Turning.name}/{HashedWords().name}"
    assert relation_vectors(names, models) == pytest.approx(-HashedWords().encode(names))
    Turning.encoder = "another"
    assert space_of(models) == HashedWords().name
    assert relation_vectors(names, models) == pytest.approx(HashedWords().encode(names))
