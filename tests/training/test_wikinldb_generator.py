"""WikiNLDB-like data: what is asked, the three splits, whole databases, the files."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuraldb.core.text import mentions
from neuraldb.evaluation.wikinldb_original import aggregated, comparable
from neuraldb.loading.wikinldb_databases import TYPES, Database, read_databases
from neuraldb.shell.cli import main
from neuraldb.training.wikinldb_asking import MOST_TIES, MOST_TIMES, UNKNOWN
from neuraldb.training.wikinldb_facts import Corpora
from neuraldb.training.wikinldb_forms import plain_forms, plan, portion
from neuraldb.training.wikinldb_generator import databases, generate
from neuraldb.training.wikinldb_relations import (
    BASES,
    BY_RELATION,
    CONFUSED,
    MODIFIERS,
    PARTS,
    RELATIONS,
    SPLITS,
    numeric,
)
from training.wikinldb_made import made

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("corpora"))


@pytest.fixture(scope="module")
def corpora(folder: Path) -> Corpora:
    return Corpora(folder)


# --------------------------------------------------------------------------------------------------------------- forms


def test_forms_whose_answer_is_not_what_they_say_are_passed_over(corpora: Corpora) -> None:
    texts = {form.text for form in plain_forms(corpora, "P106")}
    assert "What is $s's job?" not in texts
    assert "How many people did $s marry?" not in texts
    assert [f.text for f in plain_forms(corpora, "P106") if f.kind == "argmin"] == ["Who has had the fewest jobs?"]
    # a population is looked up, not counted, and that of everywhere is a total
    assert [(f.kind, f.text) for f in plain_forms(corpora, "P1082") if "How many" in f.text] == [
        ("set", "How many people live in $s?")
    ]
    assert [f.pattern for f in plain_forms(corpora, "P50") if f.text == "Who wrote $s?"] == ["$o"]


@given(st.lists(st.text(), unique=True, max_size=20), st.text())
def test_portions_are_disjoint_and_leave_nothing_out(items: list[str], seed: str) -> None:
    parts = [list(portion(items, part, seed)) for part in PARTS]
    assert sorted(item for part in parts for item in part) == sorted(items)
    assert all(parts) or len(items) < 3


def test_relations_are_in_one_part_each() -> None:
    listed = [relation for part in PARTS for relation in BY_RELATION[part]]
    assert len(listed) == len(set(listed))
    assert set(BASES) <= set(listed) <= set(RELATIONS)
    assert {relation for pair in CONFUSED for relation in pair} <= set(RELATIONS)
    for part in PARTS:
        assert any(numeric(relation) for relation in BY_RELATION[part])


@pytest.mark.parametrize("split", SPLITS)
def test_parts_share_nothing(corpora: Corpora, folder: Path, split: str) -> None:
    train, _, test = (plan(corpora, folder, split, part) for part in PARTS)
    if split == "relation":
        assert not {*train.bases, *train.modifiers} & {*test.bases, *test.modifiers}
    if split == "template":
        for relation in BASES:
            assert not set(train.forms[relation]) & set(test.forms[relation])
        assert not set(train.phrases["P19"]) & set(test.phrases["P19"])
        assert train.phrases["P50"] == test.phrases["P50"]
    if split == "entity":
        assert train.share == (0, 70)
        assert test.share == (85, 100)
        assert train.forms == test.forms


def test_joins_are_those_of_the_part(corpora: Corpora, folder: Path) -> None:
    train, test = (plan(corpora, folder, "relation", part) for part in ("train", "test"))
    assert train.filters == {("P50", "o"): {"P106": ["someone who works as a $AO"]}}
    assert train.expansions == {("P50", "o"): {"P106": ["What is the occupation of the person that"]}}
    assert (test.filters, test.expansions) == ({}, {})


# ----------------------------------------------------------------------------------------------------------- databases


@pytest.fixture(scope="module")
def some(corpora: Corpora, folder: Path) -> list[Database]:
    of_part = plan(corpora, folder, "relation", "train")
    told_of = dataclasses.replace(of_part, bases=("P19", "P106", "P50", "P1082"))
    made_of = databases(corpora, told_of, 18, 24, "0 relation train")
    return [next(made_of) for _ in range(12)]


def check(database: Database) -> None:
    """What holds for every database that is made."""
    for fact, triples in zip(database.facts, database.triples, strict=True):
        assert triples
        assert all(mentions(fact, s) and mentions(fact, o) for s, _, o in triples), fact
    assert len({(query.question, query.height) for query in database.queries}) == len(database.queries)
    texts = [query.question for query in database.queries]
    assert max(map(texts.count, texts)) <= MOST_TIMES
    for query in database.queries:
        assert "$" not in query.question
        assert 0 < query.height <= len(database.facts)
        assert all(number < query.height for support in query.facts for number in support)
        support = {number for each in query.facts for number in each}
        assert query.hard_negatives is not None
        assert not support & set(query.hard_negatives)
        assert all(number < query.height for number in query.hard_negatives)
        if query.type in ("argmin", "argmax"):
            assert len(query.answer) <= MOST_TIES
        # an aggregation that is not ours, over the derivations, gives the same answer
        again = aggregated(query.type, query.relation, query.derivations)
        looked_up = query.type == "set" and query.relation in NUMERIC
        answer = {str(comparable(str(each)) if looked_up else each) for each in query.answer}
        assert set(map(str, again)) == answer, query
        # each derivation rests on facts that tell the relation
        for facts in query.facts:
            assert any(query.relation == r for number in facts for _, r, _ in database.triples[number])


NUMERIC = frozenset(relation for relation in RELATIONS if numeric(relation))


def test_databases_hold_what_is_asked(some: list[Database]) -> None:
    for database in some:
        check(database)
    queries = [query for database in some for query in database.queries]
    assert {query.type for query in queries} == set(TYPES)
    assert any("_join_P106_" in query.id for query in queries)
    assert any("join_extra_P106" in query.id for query in queries)
    assert all(
        query.is_join == ("someone who" in query.question or "of the person" in query.question) for query in queries
    )
    assert any(query.height < len(some[0].facts) for query in queries)
    nothing = [query for query in queries if query.answer in ((), (None,), (0,))]
    assert 0 < len(nothing) <= (UNKNOWN + 0.05) * len(queries)
    assert {query.answer for query in queries if query.type == "bool"} == {("TRUE",), ("FALSE",), (None,)}


def test_what_is_asked_with_a_description_is_answered_through_two_facts(some: list[Database]) -> None:
    joins = [(d, q) for d in some for q in d.queries if "_join_P106_" in q.id and q.facts]
    assert joins
    for database, query in joins:
        for support in query.facts:
            relations = {relation for number in support for _, relation, _ in database.triples[number]}
            assert {"P50", "P106"} <= relations


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), size=st.integers(6, 30))
def test_any_seed_makes_a_sound_database(corpora: Corpora, folder: Path, seed: int, size: int) -> None:
    of_part = dataclasses.replace(plan(corpora, folder, "relation", "train"), bases=("P19", "P106", "P50", "P1082"))
    database = next(databases(corpora, of_part, size, 10, f"{seed} relation train"))
    assert len(database.facts) <= size
    if database.queries:
        check(database)


def test_the_same_seed_makes_the_same_database(corpora: Corpora, folder: Path, some: list[Database]) -> None:
    of_part = dataclasses.replace(plan(corpora, folder, "relation", "train"), bases=("P19", "P106", "P50", "P1082"))
    assert next(databases(corpora, of_part, 18, 24, "0 relation train")) == some[0]
    assert next(databases(corpora, of_part, 18, 24, "1 relation train")) != some[0]


def test_parts_of_a_split_by_entity_speak_of_others(corpora: Corpora, folder: Path) -> None:
    subjects: dict[str, set[str]] = {}
    for part in ("train", "test"):
        of_part = dataclasses.replace(plan(corpora, folder, "entity", part), bases=("P106", "P1082"), modifiers=())
        made_of = databases(corpora, of_part, 8, 5, f"0 entity {part}")
        few = [next(made_of) for _ in range(8)]
        subjects[part] = {s for d in few for triples in d.triples for s, r, _ in triples if r in BASES}
    assert subjects["train"]
    assert subjects["test"]
    assert not subjects["train"] & subjects["test"]


# ---------------------------------------------------------------------------------------------------------- the command


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only relations of which the small corpora know the names."""
    for relation in set(BASES) - {"P19", "P106", "P50", "P1082"}:
        monkeypatch.delitem(BASES, relation)
    for relation in MODIFIERS:
        monkeypatch.delitem(RELATIONS, relation)


@pytest.mark.usefixtures("four")
def test_the_command(folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = [
        "bench",
        "make-wikinldb",
        "--data",
        str(folder),
        "--split",
        "entity",
        "--parts",
        "train",
        "--sizes",
        "9",
        "18",
    ]
    words += ["--databases", "2", "--queries", "6", "--seed", "3"]
    assert main([*words, "--out", str(tmp_path / "a")]) == 0
    assert main([*words, "--out", str(tmp_path / "b")]) == 0
    out, err = capfd.readouterr()
    assert out == ""
    assert err.splitlines()[:2] == ["v2.4_9/train.jsonl: 6 databases", "v2.4_18/train.jsonl: 3 databases"]
    for size, count in ((9, 6), (18, 3)):
        path = tmp_path / "a" / f"v2.4_{size}" / "train.jsonl"
        assert path.read_bytes() == (tmp_path / "b" / f"v2.4_{size}" / "train.jsonl").read_bytes()
        read = list(read_databases(path))
        assert len(read) == count
        assert all(len(database.queries) <= 6 for database in read)
    about = (tmp_path / "a" / "README.md").read_text("utf-8")
    assert "--split entity --seed 3" in about
    assert "CC BY-SA 4.0" in about


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "x"], "the following arguments are required: --data"),
        (["--data", "gone", "--out", "x"], "there is no folder gone"),
        (["--data", ".", "--out", "x", "--split", "time"], "invalid choice: 'time'"),
        (["--data", ".", "--out", "x", "--sizes", "0"], "0 is less than 1"),
    ],
)
def test_wrong_arguments(capfd: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert main(["bench", "make-wikinldb", *arguments]) == 2
    assert message in capfd.readouterr().err


@pytest.mark.usefixtures("four")
def test_a_folder_that_cannot_be_written(folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    out = str(tmp_path / "file")
    assert main(["bench", "make-wikinldb", "--data", str(folder), "--out", out, "--parts", "train"]) == 1
    assert "cannot write" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["relations", "facts", "forms", "gold", "generator", "names", "building", "asking"])
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(f"neuraldb.training.wikinldb_{name}")).failed == 0


@pytest.mark.data
@pytest.mark.parametrize("split", SPLITS)
def test_the_real_corpora_give_every_type_and_joins_in_every_part(tmp_path: Path, split: str) -> None:
    generate(SHARED, tmp_path, split, (50,), 20, 30)
    for part in PARTS:
        made_of = list(read_databases(tmp_path / "v2.4_50" / f"{part}.jsonl"))
        queries = [query for database in made_of for query in database.queries]
        for database in made_of:
            assert len(database.facts) == 50
            check(database)
        assert {query.type for query in queries} == set(TYPES)
        assert sum(query.is_join for query in queries) > len(queries) / 10
