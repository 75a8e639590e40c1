"""Databases with questions: every version is read, 2.4 is written, and what is written is read as it was."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuraldb.core.errors import ImportFailed, OperationalError
from neuraldb.loading.wikinldb_databases import TYPES, Database, Query, read_databases
from neuraldb.loading.wikinldb_writing import database_object, write_databases

FACTS = ["Anna was born in Oslo.", "Nils was born in Oslo.", "Ola was born in Bergen."]
NOTHING = {"name": "none", "facts": [], "queries": None, "metadata": None}
QUERY = {
    "id": "set_P19_$s", "query": "Who was born in Oslo?", "type": "set", "relation": "P19", "height": 3,
    "facts": [[0], [1]], "derivations": ["Anna", "Nils"], "answer": ["Anna", "Nils"], "hard_negatives": None,
}  # fmt: skip


def written(folder: Path, *databases: Any, name: str = "db.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(json.dumps(each) for each in databases), encoding="utf-8")
    return path


def one(folder: Path, query: Any, **more: Any) -> Query:
    """The question of a database that has only this one."""
    (database,) = read_databases(written(folder, {"facts": FACTS, "queries": [query], **more}))
    return database.queries[0]


# ------------------------------------------------------------------------------------------------------------ versions


def test_version_2_4(tmp_path: Path) -> None:
    hypotheses = [[["Q1", "P19", "Q585"]], [["Q2", "P19", "Q585"], ["Q2", "P106", "Q3"]], []]
    raw = [{"fact": f, "valid_hypotheses": h} for f, h in zip(FACTS, hypotheses, strict=True)]
    path = written(tmp_path, {"facts": FACTS, "queries": [QUERY], "metadata": {"raw": raw}}, {"facts": []}, NOTHING)
    first, second, third = read_databases(path)
    query = Query(
        "set_P19_$s", "Who was born in Oslo?", "set", "P19", 3, ((0,), (1,)), ("Anna", "Nils"), ("Anna", "Nils")
    )
    triples = ((("Q1", "P19", "Q585"),), (("Q2", "P19", "Q585"), ("Q2", "P106", "Q3")), ())
    assert first == Database("database 1", tuple(FACTS), (query,), triples)
    assert second == Database("database 2", (), ())
    assert third == Database("none", (), ())


def test_version_1(tmp_path: Path) -> None:
    old = {key: value for key, value in QUERY.items() if key not in ("query", "derivations", "facts", "id")}
    old |= {"question": QUERY["query"], "deriations": ["Anna", "Nils"], "facts": [0, 1]}
    made = one(tmp_path, old)
    assert (made.id, made.question, made.facts) == ("0", "Who was born in Oslo?", ((0,), (1,)))
    assert made.derivations == ("Anna", "Nils")


def test_a_flat_list_that_is_not_parallel_is_one_support_set(tmp_path: Path) -> None:
    assert one(tmp_path, {**QUERY, "facts": [0, 2], "derivations": ["Anna"]}).facts == ((0, 2),)
    assert one(tmp_path, {**QUERY, "facts": [], "derivations": []}).facts == ()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ([3, [0, 1], "P19", "set", "Who?", "Anna, Nils"], ("set", 3, ((0, 1),), ("Anna", "Nils"))),
        ([2, "P19", "atomic_boolean", "Is it?", "Yes"], ("bool", 2, (), ("TRUE",))),
        ([2, [], "P19", "join_boolean", "Is it?", "No", ["$s"]], ("bool", 2, (), ("FALSE",))),
        ([2, [0], "P19", "join_extractive", "Where?", "Oslo, Norway"], ("set", 2, ((0,),), ("Oslo, Norway",))),
        ([2, [0], "P19", "count", "How many?", "2"], ("count", 2, ((0,),), (2,))),
        ([2, [0], "P19", "count", "How many?", 2], ("count", 2, ((0,),), (2,))),
        ([2, [0], "P19", "min/max", "Who is the oldest?", "Anna"], ("min/max", 2, ((0,),), ("Anna",))),
        ([2, "P19", "atomic_extractive", "Where?", "None"], ("set", 2, (), (None,))),
        ([2, "P19", "atomic_extractive", "Where?", None], ("set", 2, (), (None,))),
    ],
)
@pytest.mark.parametrize("indent", [None, 2])
def test_versions_0(tmp_path: Path, query: list[Any], expected: tuple[Any, ...], indent: int | None) -> None:
    path = tmp_path / "db_last_50.json"
    updates = [[n, "P19", text] for n, text in enumerate(FACTS)]
    path.write_text(json.dumps([{"updates": updates, "queries": [query]}], indent=indent), encoding="utf-8")
    (database,) = read_databases(path)
    assert database.facts == tuple(FACTS)
    made = database.queries[0]
    assert (made.type, made.height, made.facts, made.answer) == expected
    assert made.is_join == ("join" in str(query))
    assert made.relation == "P19"


def test_booleans_are_texts(tmp_path: Path) -> None:
    assert one(tmp_path, {**QUERY, "type": "bool", "answer": [True]}).answer == ("TRUE",)


@pytest.mark.parametrize(("name", "expected"), [("set_P50_join_P27", True), ("complex_1", True), ("set_P50", False)])
def test_joins_are_known_by_their_id(tmp_path: Path, name: str, expected: bool) -> None:
    assert one(tmp_path, {**QUERY, "id": name}).is_join is expected


# ------------------------------------------------------------------------------------------------------ what is no such


@pytest.mark.parametrize(
    ("database", "message"),
    [
        ([1], "database 1 is no object"),
        ({"queries": []}, "database 1 has no list of facts or of queries"),
        ({"facts": [], "queries": {}}, "database 1 has no list of facts or of queries"),
        ({"facts": ["a", 7]}, "database 1, fact 1 holds no sentence"),
        ({"facts": [], "queries": ["Who?"]}, "query 0 is neither an object nor a list"),
        ({"facts": [], "queries": [{}]}, "query 0 has no question"),
        ({"facts": [], "queries": [{"query": "?", "height": "all"}]}, "the height is 'all'"),
        ({"facts": [], "queries": [{"query": "?", "facts": 1}]}, "its facts are no list"),
        ({"facts": ["a"], "queries": [{"query": "?", "facts": [[1]]}]}, r"\[1\] are no numbers of facts \(there are 1"),
        ({"facts": ["a"], "queries": [{"query": "?", "facts": [[True]]}]}, "no numbers of facts"),
        ({"facts": [], "queries": [{"query": "?", "derivations": "Oslo"}]}, "its derivations are no list of texts"),
        ({"facts": [], "queries": [{"query": "?", "answer": {"a": 1}}]}, "is no list of texts and numbers"),
        ({"updates": [], "queries": [[1, "P19", "set"]]}, "has not the parts of a question"),
    ],
)
def test_what_is_no_database(tmp_path: Path, database: Any, message: str) -> None:
    with pytest.raises(ImportFailed, match=message):
        list(read_databases(written(tmp_path, database)))


def test_a_line_that_is_not_json(tmp_path: Path) -> None:
    path = written(tmp_path, {"facts": ["a"]})
    path.write_text(path.read_text("utf-8") + "\n{", encoding="utf-8")
    with pytest.raises(ImportFailed, match=r"db\.jsonl: database 2 is not JSON"):
        list(read_databases(path))
    with pytest.raises(ImportFailed, match="cannot read gone"):
        list(read_databases(tmp_path / "gone"))


# ------------------------------------------------------------------------------------------------------------- writing


def test_the_form_that_is_written() -> None:
    query = Query("bool_P19", "Was Anna born in Oslo?", "bool", "P19", 1, ((0,),), ("TRUE",), ("TRUE",), (1,))
    made = database_object(Database("d", ("f", "g"), (query,), ((("Anna", "P19", "Oslo"),), ())))
    assert made["facts"] == ["f", "g"]
    assert [raw["valid_hypotheses"] for raw in made["metadata"]["raw"]] == [[["Anna", "P19", "Oslo"]], []]
    assert [raw["fact"] for raw in made["metadata"]["raw"]] == ["f", "g"]
    assert made["queries"] == [
        {
            "id": "bool_P19", "query": "Was Anna born in Oslo?", "type": "bool", "relation": "P19", "height": 1,
            "facts": [[0]], "derivations": ["TRUE"], "answer": ["TRUE"], "hard_negatives": [1],
        }
    ]  # fmt: skip


TEXTS = st.text(max_size=12)
ANSWERS = st.none() | TEXTS | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def made_databases(draw: st.DrawFn) -> Database:
    facts = tuple(draw(st.lists(TEXTS, max_size=5)))
    numbers = st.lists(st.integers(0, len(facts) - 1), min_size=1, max_size=3) if facts else st.nothing()
    queries = []
    for _ in range(draw(st.integers(0, 3))):
        support = draw(st.lists(numbers, max_size=3)) if facts else []
        queries.append(
            Query(
                draw(TEXTS), draw(TEXTS), draw(st.sampled_from(TYPES)), draw(TEXTS), draw(st.integers(0, 9)),
                tuple(map(tuple, support)), tuple(draw(st.lists(TEXTS, max_size=3))),
                tuple(draw(st.lists(ANSWERS, max_size=3))), draw(st.none() | numbers.map(tuple)),
            )
        )  # fmt: skip
    triple = st.tuples(TEXTS, TEXTS, TEXTS)
    stated = [tuple(draw(st.lists(triple, max_size=2))) for _ in facts] if draw(st.booleans()) else []
    return Database(draw(TEXTS), facts, tuple(queries), tuple(stated))


@settings(max_examples=60, deadline=None)
@given(st.lists(made_databases(), min_size=1, max_size=3), st.sampled_from(["db.jsonl", "db.jsonl.gz"]))
def test_what_is_written_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, databases: list[Database], name: str
) -> None:
    path = tmp_path_factory.mktemp("written") / name
    assert write_databases(path, databases) == len(databases)
    assert list(read_databases(path)) == databases
    with (gzip.open if name.endswith(".gz") else open)(path, "rt", encoding="utf-8", newline="\n") as file:
        assert [json.loads(line)["name"] for line in file] == [database.name for database in databases]


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OperationalError, match="cannot write"):
        write_databases(tmp_path / "gone" / "db.jsonl", [])
