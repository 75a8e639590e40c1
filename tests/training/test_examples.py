"""Examples as tokens and batches: positions are those of the gold text, and nothing is lost or doubled."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from neuraldb.models.minilm import load_tokenizer
from neuraldb.models.parser_network import OPS, SPANS, TAGS, TYPES
from neuraldb.models.reader_network import LONGEST_SPAN, MODES, VERDICTS
from neuraldb.training.examples import ReadingExample, batches, collate, tokenise
from neuraldb.training.parsing_examples import ParsingExample, ParsingSet, from_query, sql_type
from neuraldb.training.phrases import Phrase, join
from neuraldb.training.queries import Query
from training.made import asked, lexicon, world, world_examples

ANNA = "Anna Håkonsen wrote Winter and Moon."


def words(ids: object) -> str:
    """What tokens say, in lower case and without spaces or accents."""
    pieces = [load_tokenizer().id_to_token(int(i)) for i in ids]  # type: ignore[attr-defined]
    return "".join(piece.removeprefix("##") for piece in pieces)


def plain(text: str) -> str:
    return words(load_tokenizer().encode(text, add_special_tokens=False).ids)


def reading() -> list[ReadingExample]:
    """Generated examples of three domains."""
    return [e for n in (0, 9, 17) for e in world_examples(lexicon()[n], random.Random(n), queries=40)]


# ------------------------------------------------------------------------------------------------------------- reader


def test_tokens_of_spans_say_what_the_spans_say() -> None:
    examples = reading()
    made = [(e, t) for e in examples for t in tokenise([e])]
    assert len(made) > 0.95 * len(examples)
    assert tokenise(examples) == [t for _, t in made]
    for example, tokens in made:
        assert (MODES[tokens.mode], VERDICTS[tokens.verdict]) == (example.mode, example.verdict)
        assert len(tokens.ids) <= 96
        assert len(tokens.keys) == len(tokens.values) == len(example.pairs)
        spans = list(zip(tokens.keys, tokens.values, strict=True))
        for (key, values), (gold, gold_values) in zip(spans, example.pairs, strict=True):
            pairs = zip((key, *values), (gold, *gold_values), strict=True)
            for (first, last), (number, start, end) in pairs:
                assert tokens.question_length <= first <= last < len(tokens.ids) - 1
                # a name may begin or end within a token of the text around it
                assert plain(example.facts[number][start:end]) in words(tokens.ids[first : last + 1])


@pytest.mark.parametrize(
    "example",
    [
        ReadingExample("Who?", ("word " * 100,)),
        ReadingExample("Who?", ("x " * 60,), "answer", "span", (((0, 0, 2 * LONGEST_SPAN + 2), ()),)),
        ReadingExample("Who?", (ANNA,), "answer", "span", (((0, 13, 14), ()),)),
        ReadingExample("Who?", (ANNA,), "answer", "span", ()),
    ],
    ids=["too long", "a span too long", "a span of no token", "no span"],
)
def test_what_cannot_be_learnt_from_is_left_out(example: ReadingExample) -> None:
    good = ReadingExample("Who?", (ANNA,), "answer", "span", (((0, 0, 13), ()),))
    assert tokenise([example, good, example]) == tokenise([good])
    assert len(tokenise([good])) == 1


def test_spans_of_the_second_fact_are_moved() -> None:
    example = ReadingExample(
        "Who wrote?", ("It rains.", ANNA), "pair", "span", (((1, 0, 13), ((1, 20, 26), (1, 31, 35))),)
    )
    (tokens,) = tokenise([example])
    (key,), (values,) = tokens.keys, tokens.values
    said = [words(tokens.ids[a : b + 1]) for a, b in (key, *values)]
    assert said == [plain("Anna Håkonsen"), "winter", "moon"]


def test_batches_hold_every_example_once() -> None:
    tokens = tokenise(reading())
    made = list(batches(tokens, tokens=600, seed=3, most=10))
    seen: Counter[tuple[int, ...]] = Counter()
    for batch in made:
        assert batch.ids.shape == batch.segments.shape == batch.mask.shape
        assert batch.ids.numel() <= 600 or len(batch.ids) == 1
        assert len(batch.ids) <= 10
        for row in range(len(batch.ids)):
            seen[tuple(batch.ids[row][batch.mask[row]].tolist())] += 1
    assert seen == Counter(t.ids for t in tokens)


def test_batches_follow_from_their_seed() -> None:
    tokens = tokenise(reading())

    def ids(seed: int) -> list[list[list[int]]]:
        return [batch.ids.tolist() for batch in batches(tokens, tokens=600, seed=seed)]

    assert ids(1) == ids(1)
    assert ids(1) != ids(2)


def test_a_batch_is_padded() -> None:
    pairs = (((0, 0, 13), ((0, 20, 26), (0, 31, 35))), ((0, 20, 26), ()))
    examples = tokenise(
        [ReadingExample("Who?", (ANNA,), "pair", "span", pairs), ReadingExample("Is it?", ("No.",), "verdict", "no")]
    )
    batch = collate(examples)
    long, short = examples
    assert batch.ids.shape == (2, len(long.ids))
    assert batch.mask.sum(1).tolist() == [len(long.ids), len(short.ids)]
    assert batch.segments[1].tolist() == [
        int(short.question_length <= i < len(short.ids)) for i in range(len(long.ids))
    ]
    assert batch.keys.tolist() == [[list(k) for k in long.keys], [[-1, -1], [-1, -1]]]
    assert batch.values[0].tolist() == [[list(v) for v in long.values[0]], [[-1, -1], [-1, -1]]]
    assert (batch.mode.tolist(), batch.verdict.tolist()) == ([1, 2], [1, 3])


# ------------------------------------------------------------------------------------------------------------- parser


def test_a_query_becomes_an_example() -> None:
    inner = join("the", Phrase("author").marked("class"), "of", Phrase("Winter").marked("entity")).marked("inner")
    phrase = join("Which", Phrase("city").marked("class"), "did", inner, "live in?")
    example = from_query(Query(phrase, "set"))
    assert example.spans is not None
    said = {kind: [phrase.text[a:b] for a, b in spans] for kind, spans in example.spans.items() if spans}
    # the class within the description is that of another question
    assert said == {"class": ["city"], "inner": ["the author of Winter"], "entity": ["Winter"]}
    assert (example.question, example.type, example.op) == (phrase.text, "set", "none")


def test_of_nested_descriptions_the_outermost_is_pointed_at() -> None:
    deep = join("the sister of", join("the author of", Phrase("X").marked("entity")).marked("inner")).marked("inner")
    example = from_query(Query(join("Who is", deep), "set"))
    assert example.spans is not None
    assert example.spans["inner"] == [(7, 7 + len("the sister of the author of X"))]


def test_tokens_of_marks_say_what_the_marks_say() -> None:
    made = world(4)
    examples = [from_query(query) for query in asked(made, 4, count=150)]
    rows = ParsingSet()
    rows.extend(examples)
    # one token longer than allowed is left out
    rows.extend([ParsingExample("who " * 65, "set")])
    assert len(rows.rows) == len(examples) > 100
    by_ids = {tuple(row["ids"]): row for row in rows.rows}  # type: ignore[arg-type]
    found = 0
    for batch in rows.batches(16, seed=0):
        for i in range(len(batch.ids)):
            ids = batch.ids[i][batch.mask[i]].tolist()
            row = by_ids[tuple(ids)]
            found += 1
            assert row["type"] == int(batch.type[i]) < len(TYPES)
            assert (row["starts"], row["ends"]) == (batch.starts[i].tolist(), batch.ends[i].tolist())
    assert found == len(examples)
    for example, row in zip(examples, rows.rows, strict=True):
        assert example.spans is not None
        ids = row["ids"]
        for number, kind in enumerate(SPANS):
            start, end = row["starts"][number], row["ends"][number]  # type: ignore[index]
            spans = example.spans.get(kind, [])
            assert (start, end) == (0, 0) or spans
            if spans:
                assert plain(example.question[slice(*spans[0])]) in words(ids[start : end + 1])  # type: ignore[index]
        for number, kind in enumerate(TAGS):
            marked = [i for i, on in enumerate(row["tags"][number]) if on]  # type: ignore[index]
            said = "".join(plain(example.question[a:b]) for a, b in example.spans.get(kind, []))
            assert sorted(said) == sorted(words([ids[i] for i in marked]))  # type: ignore[index]


def test_what_is_not_known_is_left_out_of_the_loss() -> None:
    rows = ParsingSet()
    rows.extend([ParsingExample("Who wrote it?", "set"), ParsingExample("How many?", "count", "none", {})])
    (batch,) = rows.batches(2, seed=0)
    unknown, known = sorted(range(2), key=lambda i: int(batch.op[i]))
    assert batch.op[unknown] == -100
    assert (batch.starts[unknown] == -100).all()
    assert (batch.tags[unknown] == -100).all()
    assert OPS[int(batch.op[known])] == "none"
    assert (batch.starts[known] == 0).all()
    assert (batch.tags[known][:, : int(batch.mask[known].sum())] == 0).all()
    assert (batch.tags[known][:, int(batch.mask[known].sum()) :] == -100).all()


@pytest.mark.parametrize(
    ("sql", "kind", "op"),
    [
        ("SELECT name FROM t", "set", "none"),
        ("SELECT count(*) FROM t WHERE age >= 3", "count", "ge"),
        ("SELECT avg(age) FROM t", "avg", None),
        ("SELECT name FROM t WHERE age BETWEEN 3 AND 5", "set", "between"),
        ("SELECT name FROM t WHERE age > 3 OR age < 2", "set", None),
        ("SELECT name FROM t WHERE age != 3", "set", None),
        ("SELECT name FROM t ORDER BY age ASC LIMIT 1", "argmin", None),
        ("SELECT name FROM t ORDER BY age", None, None),
        ("SELECT name FROM t GROUP BY name ORDER BY count(*) DESC LIMIT 1", "group_max", None),
        ("SELECT name FROM t ORDER BY sum(age) DESC LIMIT 1", None, None),
        ("SELECT a FROM t INTERSECT SELECT a FROM u", None, None),
        ("SELECT a, b FROM t", None, None),
        ("SELECT min(a), max(a) FROM t", None, None),
        ("SELECT name FROM t WHERE id IN (SELECT id FROM u WHERE a > 3)", "set", None),
    ],
)
def test_types_of_sql(sql: str, kind: str | None, op: str | None) -> None:
    assert sql_type(sql) == (kind, op)
