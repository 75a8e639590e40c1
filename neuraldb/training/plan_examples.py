"""Questions with plans for the ranker: of made-up worlds, of MetaQA, and of SimpleQuestions.

The plans that are not meant are what the same data admit: paths from the same thing, of other lengths and directions.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import re
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from neuraldb.core.frames import QuestionParser
from neuraldb.decoding.chains import NAMED, Chain, chain_words, chains
from neuraldb.decoding.graph_catalogue import Link
from neuraldb.decoding.plain_graph import PlainGraph
from neuraldb.training.plan_ranking import Example
from neuraldb.training.relation_names import PROPERTIES

MOST = 24
"""Plans of one example."""
FOLDS = 10
"""Parts of the topics; the first is held out."""
_TOPIC = re.compile(r"\[(.+?)\]")
_WIKIDATA = {
    "P1040": "film editor", "P110": "illustrator", "P123": "publisher", "P149": "architectural style",
    "P1412": "languages spoken", "P172": "ethnic group", "P175": "performer", "P21": "sex or gender",
    "P404": "game mode", "P413": "position played on team", "P421": "located in time zone", "P509": "cause of death",
    "P57": "director", "P58": "screenwriter", "P607": "conflict", "P710": "participant", "P86": "composer",
    "P162": "producer", "P170": "creator", "P40": "child", "P50": "author", "P144": "based on",
    "P112": "founded by", "P119": "place of burial", "P737": "influenced by", "P800": "notable work",
    "P84": "architect", "P61": "discoverer or inventor", "P53": "family", "P179": "part of the series",
    "P1431": "executive producer", "P344": "director of photography", "P115": "home venue", "P105": "taxon rank",
    "P397": "parent astronomical body", "P398": "child astronomical body", "P113": "airline hub",
}  # fmt: skip
"""What further properties are called in Wikidata."""


def fold(topic: str) -> int:
    """The part that a topic is in: all questions about one are in the same."""
    return hashlib.blake2s(topic.encode(), digest_size=2).digest()[0] % FOLDS


def narrowed(texts: Sequence[str], right: Sequence[int], rng: random.Random, most: int = MOST) -> tuple[
    tuple[str, ...], frozenset[int]
]:  # fmt: skip
    """At most so many plans, the right ones among them."""
    wrong = [i for i in range(len(texts)) if i not in set(right)]
    kept = sorted([*right, *rng.sample(wrong, k=min(len(wrong), max(0, most - len(right))))])
    place = {i: new for new, i in enumerate(kept)}
    return tuple(texts[i] for i in kept), frozenset(place[i] for i in right)


def metaqa(folder: Path, each: int, rng: random.Random) -> Iterator[Example]:
    """Questions about films (Zhang et al. 2018), each with all paths to their answers; ``each`` of each length.

    Topics of the first fold are left for the benchmark.

    What leads to the answers on a longer or shorter way than is meant is neither right nor wrong.
    """
    base = folder / "metaqa"
    lines = _lines(base / "kb.txt.gz")
    graph = PlainGraph((s, r.replace("_", " "), o) for s, r, o in (line.split("|") for line in lines))
    for hops in (1, 2, 3):
        rows = [row for row in _lines(base / f"{hops}hop_dev.txt.gz") if fold(_TOPIC.findall(row)[0])]
        for line in rng.sample(rows, k=min(each, len(rows))):
            text, answers = line.split("\t")
            begin, end = text.index("["), text.rindex("]")
            topic = graph.id(text[begin + 1 : end])
            wanted = {graph.id(answer) for answer in answers.split("|")} - {topic}
            if topic is None or None in wanted:
                continue
            there = list(chains(graph, np.array([topic]), 3))
            same = {way for way, ends in there if set(ends.tolist()) - {topic} == wanted}
            ways = [way for way, _ in there if way not in same or len(way) == hops]
            plans, kept = narrowed(
                [chain_words(way) for way in ways], [i for i, way in enumerate(ways) if way in same], rng
            )
            yield Example(f"{text[:begin]}{NAMED}{text[end + 1 :]}", plans, kept)


def simple_questions(folder: Path, parser: QuestionParser, count: int, rng: random.Random) -> Iterator[Example]:
    """Questions on one relation of Wikidata (Diefenbach et al. 2017); what they name is where the parser sees it."""
    labels = property_names(folder)
    rows = [line.split("\t") for line in _lines(folder / "simplequestions-wikidata" / "train.txt.gz")]
    rows = [row for row in rows if f"P{row[1][1:]}" in labels]
    chosen = rng.sample(rows, k=min(count, len(rows)))
    often = [f"P{row[1][1:]}" for row in rows]
    frames = parser.parse([row[3] for row in chosen])
    for (_, relation, _, text), frame in zip(chosen, frames, strict=True):
        if len(frame.entities) != 1:
            continue
        begin, end = frame.entities[0]
        own = _link(labels[f"P{relation[1:]}"], relation[0] == "P")
        others = {_link(labels[rng.choice(often)], rng.random() < 0.5) for _ in range(24)} - {own}
        ways: list[Chain] = [(own,), (own.reverse,), *((other,) for other in sorted(others, key=str)[:14])]
        ways += [(own, other) for other in sorted(others, key=str)[-6:]]
        plans = tuple(chain_words(way) for way in ways)
        yield Example(f"{text[:begin]}{NAMED}{text[end:]}", plans, frozenset({0}))


def property_names(folder: Path) -> dict[str, str]:
    """What properties of Wikidata are called, by number."""
    names = PROPERTIES | _WIKIDATA
    with tarfile.open(folder / "tekgen" / "wikidata_tekgen.tar.gz") as archive:
        for member in sorted(archive.getnames()):
            if "/ontologies/" in member and member.endswith(".json"):
                file = archive.extractfile(member)
                assert file is not None
                read = json.load(io.TextIOWrapper(file, "utf-8"))
                names |= {each["pid"]: each["label"] for each in read["relations"] if each["pid"] not in names}
    return names


def _link(name: str, forward: bool) -> Link:
    return Link(f":{name.replace(' ', '_')}", name, (), forward)


def _lines(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file if line.strip()]
