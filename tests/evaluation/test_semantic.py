"""The benchmark of semantic queries: its data, its ways, its endpoint; without models or peers."""

from __future__ import annotations

import io
import json
import sys
import tarfile
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from doubles import HashedWords

from neuraldb.core.accuracy import Targets
from neuraldb.core.errors import OperationalError
from neuraldb.evaluation.semantic_commands import run, table
from neuraldb.evaluation.semantic_endpoint import Asked, serving, understood
from neuraldb.evaluation.semantic_peers import missing
from neuraldb.evaluation.semantic_queries import DOMAINS, NAMES, LabelReader, Note, Quality, criterion, notes, quality
from neuraldb.models.registry import Models
from neuraldb.shell.benches import BENCHES, run_tool

FILM = criterion("movie")


def corpus(folder: Path, count: int) -> Path:
    """A corpus of made-up sentences, in parts as TekGen's."""
    (folder / "tekgen").mkdir()
    with tarfile.open(folder / "tekgen" / "wikidata_tekgen.tar.gz", "w:gz") as archive:
        for number, domain in enumerate(DOMAINS, 1):
            lines = [json.dumps({"sent": f"{DOMAINS[domain]} number {i} of {domain}"}) for i in range(count)]
            data = "\n".join(lines).encode()
            for part in ("test", "train"):
                info = tarfile.TarInfo(f"wikidata_tekgen/{part}/ont_{number}_{domain}_{part}.jsonl")
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data if part == "test" else b" " * len(data)))
    return folder


@pytest.fixture
def rows(tmp_path: Path) -> list[Note]:
    return notes(corpus(tmp_path, 30))


@pytest.fixture
def models(rows: list[Note]) -> Models:
    return Models(encoder=HashedWords(), reader=LabelReader(rows))


def test_notes_are_all_there_in_an_order_of_chance(rows: list[Note], tmp_path: Path) -> None:
    assert Counter(note.domain for note in rows) == dict.fromkeys(DOMAINS, 30)
    assert rows == notes(tmp_path)
    assert [n.text for n in rows] != [n.text for n in notes(tmp_path, seed=1)]


def test_without_the_corpus_it_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(OperationalError, match="there is no"):
        notes(tmp_path)


def test_all_ways_are_measured(rows: list[Note], models: Models) -> None:
    told: list[str] = []
    chosen = {"filter": rows, "join": rows[:30], "top-k": rows[:40], "aggregate": rows[:40]}
    figures = {(f.query, f.way): f for f in run(chosen, 3, Targets(0.9, 0.9), models, {}, told.append)}
    assert [way for query, way in figures if query == "filter"] == ["brute force", "plan", "plan, cascades"]
    assert figures["filter", "brute force"].quality == Quality(1.0, 1.0)
    assert figures["filter", "brute force"].calls == len(rows)
    cascade = figures["filter", "plan, cascades"]
    assert cascade.calls <= figures["filter", "plan"].calls <= len(rows)
    assert cascade.against is not None
    assert min(cascade.against.precision, cascade.against.recall) >= 0.9
    assert figures["join", "plan"].quality == Quality(1.0, 1.0)
    assert figures["aggregate", "brute force"].calls == 40 * len(DOMAINS)
    assert figures["top-k", "plan"].calls == figures["aggregate", "plan"].calls == 0
    assert any(line.startswith("filter, brute force") for line in told)
    printed = table(list(figures.values()))
    assert [printed.count(f"| {name} |") for name in NAMES] == [3, 3, 2, 2]


def test_quality_of_rows_and_counts() -> None:
    right: Counter[object] = Counter({1: 1, 2: 1, 3: 1, 4: 1})
    assert quality("filter", Counter({1: 1, 9: 1}), right, 2) == Quality(0.5, 0.25)
    assert quality("top-k", Counter({1: 1, 9: 1}), right, 2) == Quality(0.5, 0.5)
    assert quality("aggregate", Counter(a=3, b=1), Counter(a=2, b=2), 2) == Quality(0.75, 0.75)
    assert quality("filter", Counter(), right, 2).f1 == 0.0


LOTUS_FILTER = "Context:\n[Text]: «Anna\nsings»\n\n\nClaim: Text: " + FILM
LOTUS_JOIN = (
    f"Context:\n[Text:left]: «Anna sings»\n\n[Criterion:right]: «{FILM}»\n\n\nClaim: Text:left: Criterion:right"
)
LOTUS_PAIR: list[dict[str, str]] = [
    {"type": "text", "text": f"Question: Text: {FILM}\n"},
    {"type": "text", "text": "\nDocument 1:\n[Text]: «Anna»\n"},
    {"type": "text", "text": "\nDocument 2:\n[Text]: «Nils»\n"},
]
LOTUS_MAP = "Context:\n[Text]: «Anna sings»\n\n\nInstruction: Which of film; rivers, lakes is Text about?"
BLENDSQL = 'Use it.\n\nQUESTION:\nIs it big?\n\nCONTEXT:\n{"city": "Oslo"}\n\nANSWER:\nTrue\n\n---\n\nQUESTION:\n'
BLENDSQL_FILTER = f'{BLENDSQL}{FILM}\n\nCONTEXT:\n{{"text": "Anna says \\"hi\\""}}\n\nANSWER:\n'
BLENDSQL_OPTIONS = "OPTIONS:\n['film', 'a, b']\n\nANSWER:\n"
BLENDSQL_MAP = f'{BLENDSQL}Which is this about?\n\nCONTEXT:\n{{"text": "Anna sings"}}\n\n{BLENDSQL_OPTIONS}'


@pytest.mark.parametrize(
    ("content", "asked"),
    [
        (LOTUS_FILTER, Asked(FILM, ("Anna\nsings",))),
        (LOTUS_JOIN, Asked(FILM, ("Anna sings",))),
        (LOTUS_PAIR, Asked(FILM, ("Anna", "Nils"))),
        (LOTUS_MAP, Asked("", ("Anna sings",), ("film", "rivers, lakes"))),
        (BLENDSQL_FILTER, Asked(FILM, ('Anna says "hi"',))),
        (BLENDSQL_MAP, Asked("Which is this about?", ("Anna sings",), ("film", "a, b"))),
    ],
)
def test_prompts_of_peers_are_understood(content: str | list[dict[str, str]], asked: Asked) -> None:
    assert understood([{"role": "user", "content": content}]) == asked


def test_other_prompts_are_refused() -> None:
    with pytest.raises(ValueError, match="no known form"):
        understood([{"role": "user", "content": "Write a poem."}])


def posted(url: str, path: str, body: dict[str, Any]) -> Any:
    request = urllib.request.Request(f"{url}/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        data = reply.read()
    return data.decode() if body.get("stream") else json.loads(data)


def test_the_endpoint_answers_with_the_reader_and_the_encoder(rows: list[Note], models: Models) -> None:
    film, other = (next(n.text for n in rows if (n.domain == "movie") is wanted) for wanted in (True, False))
    with serving(models) as (url, answering):

        def said(content: object) -> str:
            reply = posted(url, "chat/completions", {"messages": [{"role": "user", "content": content}]})
            return str(reply["choices"][0]["message"]["content"])

        assert said(f"Context:\n[Text]: «{film}»\n\n\nClaim: Text: {FILM}") == "True"
        assert said(f"Context:\n[Text]: «{other}»\n\n\nClaim: Text: {FILM}") == "False"
        documents = f"Question: Text: {FILM}\n\nDocument 1:\n[Text]: «{other}»\n\nDocument 2:\n[Text]: «{film}»\n"
        assert said(documents) == "Document 2"
        assert said("Context:\n[Text]: «music one»\n\n\nInstruction: Which of film; music is Text about?") == "music"
        stream = posted(
            url, "chat/completions", {"stream": True, "messages": [{"role": "user", "content": BLENDSQL_FILTER}]}
        )
        assert '"content": "False"' in stream
        assert stream.rstrip().endswith("[DONE]")
        (one, two) = (d["embedding"] for d in posted(url, "embeddings", {"input": ["music", "film"]})["data"])
        assert sum(a * a for a in one) == pytest.approx(1.0, abs=1e-5)
        assert sum(a * b for a, b in zip(one, two, strict=True)) >= 0
        assert (answering.requests, answering.encoded) == (5, 2)


def test_a_peer_that_is_not_there_is_named() -> None:
    assert missing("/no/such/python", "lotus") == "/no/such/python cannot be run: No such file or directory"
    assert missing(sys.executable, "no_such_package_at_all") is not None
    assert missing(sys.executable, "json") is None


@pytest.mark.slow  # it loads the encoder
def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = corpus(tmp_path, 4)
    out = tmp_path / "figures.json"
    arguments = ["semantic", "--data", str(folder), "--reader", "labels", "--queries", "filter", "--out", str(out)]
    assert run_tool("bench", BENCHES, [*arguments, "--lotus", "/no/such/python"]) == 0
    printed = capsys.readouterr().out
    assert "| filter | plan, cascades | 1.00 | 1.00 | 1.00 |" in printed
    assert "Without lotus: /no/such/python cannot be run" in printed
    assert {figure["way"] for figure in json.loads(out.read_text())} >= {"brute force", "plan", "plan, cascades"}
