"""Readers of the public corpora that the shipped weights are trained on: SQuAD, QAMR, QA-SRL, FEVER.

Each gives :class:`ReadingExample`s, the unanswerable ones included: a question paired with another sentence of the same
paragraph or article is a hard negative, since it speaks of the same things without giving the answer.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pysbd

from neuraldb.training.examples import ReadingExample

PRONOUN = re.compile(r"(It|He|She|They|This|These|That|His|Her|Its|Their|The)\b")
_GLUE = re.compile(r",? and |, ")
_NAME = re.compile(r"(?:[Tt]he )?[A-Z][^\s]*")
_LONGEST = 5
"""Words of a name."""
_PREPOSITION = re.compile(r"(?:at|by|for|from|in|into|of|on|to|with) ", re.IGNORECASE)


def squad(folder: Path, seed: int = 0) -> Iterator[ReadingExample]:
    """SQuAD 1.1 (Rajpurkar et al. 2016), cut into sentences; half of those that begin with a pronoun get a title."""
    rng = random.Random(seed)
    splitter = pysbd.Segmenter(language="en", clean=False, char_span=True)
    with gzip.open(folder / "squad" / "train-v1.1.json.gz", "rt") as file:
        articles = json.load(file)["data"]
    for article in articles:
        title = article["title"].replace("_", " ")
        for paragraph in article["paragraphs"]:
            context = paragraph["context"]
            sentences = [(s.start, s.start + len(s.sent.rstrip())) for s in splitter.segment(context)]
            for qa in paragraph["qas"]:
                yield from _squad_question(qa, context, sentences, title, rng)


def _squad_question(
    qa: dict[str, object], context: str, sentences: list[tuple[int, int]], title: str, rng: random.Random
) -> Iterator[ReadingExample]:
    answer = qa["answers"][0]  # type: ignore[index]
    if answer["occurrences"] != 1:
        return
    question = str(qa["question"]).strip()
    named = parts(answer["text"])
    if not named:
        return
    start, end = answer["answer_start"], answer["answer_start"] + len(answer["text"])
    home = next((s for s in sentences if s[0] <= start and end <= s[1]), None)
    if home is None:
        return
    text, shift = _with_title(context[slice(*home)], title, rng)
    begin = start - home[0] + shift
    yield ReadingExample(question, (text,), "answer", "span", tuple(((0, begin + a, begin + b), ()) for a, b in named))
    others = [s for s in sentences if s != home and s[1] - s[0] > 20]
    if others and rng.random() < 0.6:
        text, _ = _with_title(context[slice(*rng.choice(others))], title, rng)
        if answer["text"].lower() not in text.lower():
            yield ReadingExample(question, (text,))


def _with_title(sentence: str, title: str, rng: random.Random) -> tuple[str, int]:
    """The sentence as a fact whose subject hint is the title, and by how much its characters moved."""
    chance = 0.6 if PRONOUN.match(sentence) else 0.15
    prefix = f"{title}: " if rng.random() < chance else ""
    return prefix + sentence, len(prefix)


QAMR_LINE = re.compile(r"(?P<question>[^?]+\?)\s+(?P<answer>.+)")


def qamr(folder: Path, seed: int = 0) -> Iterator[ReadingExample]:
    """QAMR (Michael et al. 2018): free questions on one sentence; the answer is found in the sentence by its text."""
    rng = random.Random(seed)
    for name in ("dev.tsv.gz", "test.tsv.gz"):
        articles: dict[str, list[str]] = defaultdict(list)
        asked: list[tuple[str, str, str, str]] = []
        with gzip.open(folder / "qamr" / name, "rt") as file:
            key = sentence = ""
            for line in file:
                line = line.rstrip("\n")
                if line.startswith("#"):
                    key, sentence = ":".join(line.split(":")[:3]), ""
                elif line and not sentence:
                    sentence = line
                    articles[key].append(sentence)
                elif found := QAMR_LINE.match(line):
                    asked.append((key, sentence, found["question"], found["answer"].split("\t")[-1].strip()))
        for key, sentence, question, answer in asked:
            starts = [m.start() for m in re.finditer(rf"(?<!\w){re.escape(answer)}(?!\w)", sentence)]
            named = parts(answer)
            if len(starts) != 1 or not named:
                continue
            spans = tuple(((0, starts[0] + a, starts[0] + b), ()) for a, b in named)
            yield ReadingExample(question, (sentence,), "answer", "span", spans)
            others = [s for s in articles[key] if s != sentence and answer.lower() not in s.lower()]
            if others and rng.random() < 0.4:
                yield ReadingExample(question, (rng.choice(others),))


def qasrl(folder: Path, seed: int = 0) -> Iterator[ReadingExample]:
    """QA-SRL gold (Roit et al. 2020): questions around a verb, with one or several answers as token ranges."""
    rng = random.Random(seed)
    for name in ("wikipedia.dev", "wikinews.dev", "wikinews.test"):
        with gzip.open(folder / "qasrl" / f"{name}.full.csv.gz", "rt") as file:
            tokens = {row["qasrl_id"]: row["tokens"].split() for row in csv.DictReader(file)}
        with gzip.open(folder / "qasrl" / f"{name}.gold.csv.gz", "rt") as file:
            rows = [row for row in csv.DictReader(file) if row["qasrl_id"] in tokens]
        for row in rows:
            words = tokens[row["qasrl_id"]]
            offsets = [sum(len(w) + 1 for w in words[:i]) for i in range(len(words) + 1)]
            ranges = [tuple(map(int, r.split(":"))) for r in row["answer_range"].split("~!~")]
            spans = sorted({(0, offsets[a], offsets[b] - 1) for a, b in ranges})
            spans = [s for i, s in enumerate(spans) if i == 0 or s[1] >= spans[i - 1][2]]
            spans = [(n, begin + _preposition(" ".join(words)[begin:end]), end) for n, begin, end in spans]
            yield ReadingExample(row["question"], (" ".join(words),), "answer", "span", tuple((s, ()) for s in spans))
            if rng.random() < 0.3:
                other = tokens[rng.choice(rows)["qasrl_id"]]
                if row["verb"] not in other:
                    yield ReadingExample(row["question"], (" ".join(other),))


def _preposition(answer: str) -> int:
    """The length of the preposition that an answer begins with: "in Oslo" answers where, and Oslo is what is meant."""
    found = _PREPOSITION.match(answer)
    return found.end() if found else 0


BRACKETS = {"-LRB-": "(", "-RRB-": ")", "-LSB-": "[", "-RSB-": "]", "``": '"', "''": '"'}
AUXILIARY = re.compile(r" (is|was|are|were|has|had|can|could|will|would|does|did) ")


def fever(folder: Path, seed: int = 0) -> Iterator[ReadingExample]:
    """FEVER (Thorne et al. 2018): claims as yes-no questions over their evidence, and over other evidence."""
    rng = random.Random(seed)
    with gzip.open(folder / "fever" / "train.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file]
    texts = []
    for row in rows:
        evidence = row["evidences"][0]
        title = _plain(evidence[0]["docid"].replace("_", " ")).split(" (")[0]
        body = _plain(" ".join(e["text"] for e in evidence))
        texts.append(body if body.startswith(title) else f"{title}: {body}")
    for i, row in enumerate(rows):
        question = as_question(row["query"], rng)
        verdict = "yes" if row["classification"] == "SUPPORTS" else "no"
        yield ReadingExample(question, (texts[i],), "verdict", verdict)
        j = rng.randrange(len(rows))
        if rows[j]["docids"] != row["docids"]:
            yield ReadingExample(question, (texts[j],), "verdict", "none")


def as_question(claim: str, rng: random.Random) -> str:
    """A yes-no question for a claim: its auxiliary moved to the front where it has one, else a frame around it."""
    claim = re.sub(r" \([^)]*\)", "", claim).strip().rstrip(".")
    found = AUXILIARY.search(claim)
    if found and rng.random() < 0.7 and len(claim[: found.start()].split()) <= 5:
        rest = f"{claim[: found.start()]} {claim[found.end() :]}"
        return f"{found.group(1).capitalize()} {rest}?"
    return rng.choice(("Is it true that {}?", "is it right that {}", "{}?", "Did you know: {}?")).format(claim)


def _plain(text: str) -> str:
    """Undo the tokenised form of FEVER's texts."""
    for old, new in BRACKETS.items():
        text = text.replace(old, new)
    text = re.sub(r" ([.,;:!?)\]]|'s\b)", r"\1", text)
    return re.sub(r"([(\[]) ", r"\1", text)


def parts(answer: str) -> list[tuple[int, int]]:
    """Where the names stand that an answer lists: "Ada Lovelace and Alan Turing" are two things, and two answers.

    Empty where it cannot be told whether it is a list: "Pride and Prejudice" is one thing, "Paris and Lyon" are two.

    >>> parts("Ada Lovelace and Alan Turing"), parts("the Pyrenees, Andorra and Spain"), parts("a large house")
    ([(0, 12), (17, 28)], [(0, 12), (14, 21), (26, 31)], [(0, 13)])
    >>> parts("Paris and Lyon")
    []
    """
    glued = [m.span() for m in _GLUE.finditer(answer)]
    bounds = [0, *(place for span in glued for place in span), len(answer)]
    spans = list(zip(bounds[::2], bounds[1::2], strict=True))
    names = [answer[a:b] for a, b in spans]
    if len(spans) == 1 or " and " not in answer or not all(_NAME.match(name) for name in names):
        return [(0, len(answer))]
    lengths = [len(name.removeprefix("the ").split()) for name in names]
    whole = all(name.count("(") == name.count(")") for name in names) and max(lengths) <= _LONGEST
    if whole and (len(spans) > 2 or min(lengths) > 1):
        return spans
    return []
