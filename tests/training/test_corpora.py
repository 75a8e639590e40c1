"""The readers of public corpora, on small ones of their form; gold spans are what they say in the sentence."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from neuraldb.training import corpora
from neuraldb.training.corpora import as_question, parts
from neuraldb.training.examples import ReadingExample
from neuraldb.training.extraction_examples import tekgen_examples
from neuraldb.training.extractor_recipe import tekgen_kinds
from neuraldb.training.parsing_examples import human, spider
from neuraldb.training.tekgen import sentences, tekgen
from neuraldb.training.wikinldb_templates import template_questions
from training import corpora as made

DATA = Path(__file__).parents[3] / "shared" / "data"


def answers(example: ReadingExample) -> list[str]:
    return [example.facts[n][a:b] for key, values in example.pairs for n, a, b in (key, *values)]


def by_question(examples: Iterator[ReadingExample], verdict: str = "span") -> dict[str, set[str]]:
    """The answers to each question, over all examples of a verdict."""
    out: dict[str, set[str]] = {}
    for example in examples:
        if example.verdict == verdict:
            out.setdefault(example.question, set()).update(answers(example))
    return out


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        ("Ada Lovelace and Alan Turing", ["Ada Lovelace", "Alan Turing"]),
        ("Geneva, Zürich, and Lugano", ["Geneva", "Zürich", "Lugano"]),
        ("the School of Medicine and the School of Law", ["the School of Medicine", "the School of Law"]),
        ("Oslo", ["Oslo"]),
        ("Oslo, Norway", ["Oslo, Norway"]),
        ("bread and butter", ["bread and butter"]),
        ("Intelligence Reform and Terrorism Prevention Act of the United States", []),
        ("The Crown Office (Forms and Proclamations Rules) Order 1992", []),
        ("Trinidad and Tobago", []),
    ],
)
def test_names_that_an_answer_lists_are_answers(answer: str, names: list[str]) -> None:
    assert [answer[a:b] for a, b in parts(answer)] == names


def test_squad_is_cut_into_sentences(tmp_path: Path) -> None:
    made.squad(tmp_path, articles=30)
    found = by_question(corpora.squad(tmp_path))
    # an answer that stands twice, or in no one sentence, is no gold
    assert found == {
        "Where was Anna Berg born?": {"Oslo"},
        "When did she move?": {"1990"},
        "Who bought pictures?": {"Nils Holm"},
    }
    examples = list(corpora.squad(tmp_path))
    facts = {example.facts[0] for example in examples}
    assert all(made.OSLO not in fact for fact in facts)
    # some of those that begin with a pronoun get the title as a hint
    pronoun = [example.facts[0] for example in examples if "She moved" in example.facts[0]]
    assert {text.startswith("She") for text in pronoun} == {True, False}
    negative = [example for example in examples if example.verdict == "none"]
    assert len(negative) > 20
    # a sentence of the same paragraph that does not have the answer
    for example in negative:
        assert not found[example.question] & {example.facts[0]}
        assert next(iter(found[example.question])) not in example.facts[0]


def test_qamr_finds_the_answer_in_the_sentence(tmp_path: Path) -> None:
    made.qamr(tmp_path)
    found = by_question(corpora.qamr(tmp_path))
    # "Anna" stands twice in its sentence
    assert found == {"What does she paint?": {"towers"}, "Who buys?": {"Nils"}}


def test_qasrl_has_several_answers(tmp_path: Path) -> None:
    made.qasrl(tmp_path)
    assert by_question(corpora.qasrl(tmp_path)) == {
        "Who painted something?": {"Anna", "Nils"},
        "When did it rain?": {"all day"},
        "What did it rain on?": {"Oslo"},
    }
    for example in corpora.qasrl(tmp_path):
        spans = [key for key, _ in example.pairs]
        assert spans == sorted(spans)


def test_fever_asks_claims_of_right_and_of_other_evidence(tmp_path: Path) -> None:
    made.fever(tmp_path, count=40)
    examples = list(corpora.fever(tmp_path))
    verdicts = Counter(example.verdict for example in examples)
    assert (verdicts["yes"], verdicts["no"]) == (20, 20)
    assert 30 <= verdicts["none"] <= 40
    assert {example.mode for example in examples} == {"verdict"}
    for example in examples:
        (fact,) = example.facts
        number = next(word for word in example.question.split() if word.isdigit())
        assert (f"Tower {number}:" in fact) is (example.verdict != "none")
        assert example.verdict not in ("yes", "no") or example.verdict == ("yes", "no")[int(number) % 2]
        assert fact.endswith("It stands in Oslo (Norway), where it was built.")


def test_claims_become_questions() -> None:
    rng = random.Random(0)
    asked = {as_question("Anna Berg (painter) was born in Oslo.", rng) for _ in range(100)}
    assert "Was Anna Berg born in Oslo?" in asked
    assert "Is it true that Anna Berg was born in Oslo?" in asked
    assert all("(" not in text and "Anna Berg" in text for text in asked)
    # without an auxiliary near its beginning, a claim is asked as it stands
    assert all("paints towers" in as_question("Anna paints towers.", rng) for _ in range(50))


def test_tekgen_asks_for_labels(tmp_path: Path) -> None:
    made.tekgen(tmp_path)
    rows = sentences(tmp_path)
    assert not any("Hidden" in text for text in rows)
    assert all(s in text and o in text for text, triples in rows.items() for s, _, o in triples)
    modes = Counter()
    for seed in range(30):
        for example in tekgen(tmp_path, seed):
            modes[example.mode, example.verdict] += 1
            (text,) = example.facts
            for answer in answers(example):
                assert answer in {end for s, _, o in rows[text] for end in (s, o)}
            if example.verdict == "none":
                assert not any(s in example.question for s, _, _ in rows[text])
    assert set(modes) == {("pair", "span"), ("answer", "span"), ("answer", "none")}
    authors = [
        [example.facts[0][a:b] for _, values in example.pairs for _, a, b in values]
        for seed in range(30)
        for example in tekgen(tmp_path, seed)
        if example.mode == "pair" and "author" in example.question and "Winter" in example.facts[0]
    ]
    assert authors
    assert all(found == ["Anna Berg", "Nils Holm"] for found in authors)


def test_tekgens_sentences_are_half_annotated(tmp_path: Path) -> None:
    made.tekgen(tmp_path)
    labelled = sentences(tmp_path)
    examples = list(tekgen_examples(labelled, tekgen_kinds(tmp_path)))
    assert {example.text for example in examples} == set(labelled)
    for example in examples:
        assert not example.complete
        texts = [example.text[a:b] for (a, b), _ in example.mentions]
        said = {(texts[p.subject], *p.names, texts[p.object]) for p in example.pairs}
        assert said == set(labelled[example.text])
        kinds = dict(zip(texts, (words for _, words in example.mentions), strict=True))
        assert {kinds[s] for s, r, _ in said if r == "author"} == {("written work",)}
        assert {kinds[o] for _, r, o in said if r == "author"} == {("person",)}
        outside = {example.text[a:b] for a, b in example.outside}
        assert outside >= {"by"}
        assert not outside & set(" ".join(texts).split())


# --------------------------------------------------------------------------------------------------- for the parser


def test_types_of_human_questions(tmp_path: Path) -> None:
    made.parsing(tmp_path)
    found = list(spider(tmp_path))
    assert {(e.type, e.op, e.spans) for e in found} == {("count", "none", None)}
    assert {e.question for e in found} == {
        text for n in range(12) for text in (f"How many towers {n} are there?", f"Count the towers {n}.")
    }


def test_human_questions_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    made.parsing(tmp_path)
    assert [example.question for example in spider(tmp_path)] == [
        text for n in range(12) for text in (f"How many towers {n} are there?", f"Count the towers {n}.")
    ]


def test_template_questions_name_their_entities(tmp_path: Path) -> None:
    made.parsing(tmp_path)
    found = {(e.question, e.type) for e in template_questions(tmp_path, random.Random(0), copies=2)}
    assert found == {
        ("Who wrote Winter?", "set"),
        # most of what is no number is counted by groups
        ("Which author wrote most?", "group_max"),
        # a number that is stored is looked up
        ("How many people live in Winter?", "set"),
        ("Which is largest?", "argmax"),
    }
    for example in template_questions(tmp_path, random.Random(0)):
        assert example.spans is not None
        assert all(example.question[a:b] == "Winter" for a, b in example.spans["entity"])


# ------------------------------------------------------------------------------------------------------- the real ones

READERS: dict[str, Callable[[Path], Iterator[ReadingExample]]] = {
    "squad": corpora.squad, "qamr": corpora.qamr, "qasrl": corpora.qasrl, "fever": corpora.fever, "tekgen": tekgen,
}  # fmt: skip


@pytest.mark.data
@pytest.mark.parametrize("name", READERS)
def test_the_corpora_themselves(name: str) -> None:
    if not (DATA / name).is_dir():
        pytest.skip(f"there is no {DATA / name}")
    examples = list(itertools.islice(READERS[name](DATA), 800))
    assert len(examples) == 800
    for example in examples:
        assert all(text.strip() for text in answers(example))
        assert (example.verdict == "span") is bool(example.pairs)
    assert len({example.verdict for example in examples}) >= 2


@pytest.mark.data
def test_human_questions_themselves() -> None:
    if not (DATA / "spider").is_dir():
        pytest.skip(f"there is no {DATA / 'spider'}")
    types = Counter(example.type for example in human(DATA, random.Random(0)))
    assert {"set", "count", "bool", "group_max", "argmax", "avg"} <= set(types)
