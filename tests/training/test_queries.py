"""Generated questions: that their words, their marks and their meaning belong together."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest
from hypothesis import given, settings

from neuraldb.training import phrases
from neuraldb.training.composition import MAKERS, conjunction
from neuraldb.training.conditions import COMPARISONS, DATE_COMPARISONS, date_condition, quantity_condition
from neuraldb.training.measures import comparison, extreme, total
from neuraldb.training.phrases import MARKS
from neuraldb.training.queries import OPS, TYPES, Query, truth_query
from neuraldb.training.superlatives import NUMBERS, superlative
from neuraldb.training.vocabulary import DateAttribute, Quantity, Relation
from neuraldb.training.worlds import Entity, World
from training.made import SEEDS, asked, lexicon, names, world

few = settings(max_examples=12, deadline=None)
ROLES = {"object", "subject", "pair", "inverse", "member", "truth"}


@pytest.fixture
def no_slips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody mistypes a word."""
    monkeypatch.setattr(phrases, "_slip", lambda text, marks, rng: text)


def words(query: Query, kind: str) -> list[str]:
    """The words under marks of a kind."""
    return [query.phrase.text[a:b] for a, b in query.phrase.spans(kind)]


def made_by(maker: str, count: int) -> list[tuple[World, Query]]:
    """Questions that one maker makes, over several worlds."""
    out = []
    for seed in range(count):
        made, rng = world(seed), random.Random(seed)
        for _ in range(3):
            query = MAKERS[maker][1](made, rng)
            if query is not None:
                out.append((made, query))
    return out


@given(SEEDS)
@few
def test_questions_are_well_formed(seed: int) -> None:
    made = world(seed)
    for query in asked(made, seed):
        text = query.phrase.text
        assert query.type in TYPES
        assert query.op in OPS
        assert text == text.strip()
        assert "  " not in text
        assert not set("{}") & set(text)
        for kind, start, end in query.phrase.marks:
            assert kind in MARKS
            assert 0 <= start < end <= len(text)
            assert text[start:end] == text[start:end].strip()
        assert len(query.phrase.spans("class")) <= 4


@given(SEEDS)
@few
def test_names_in_questions_are_names_of_the_world(seed: int) -> None:
    made = world(seed)
    known = {name for entity in made.entities for name in names(entity)}
    for query in asked(made, seed):
        for name in words(query, "entity"):
            assert name.lower() in known
        target = query.target
        if target is None:
            continue
        assert target.role in ROLES
        for entity in (target.entity, target.other, *target.among):
            if entity is not None:
                assert any(name.lower() in names(entity) for name in words(query, "entity"))
        if target.role == "member":
            assert target.cls in made.domain.classes
        else:
            assert target.predicate is not None


def test_what_is_asked_for_is_called_by_its_class(no_slips: None) -> None:
    named = known = 0
    for seed in range(25):
        made = world(seed)
        nouns = [noun for cls in made.domain.classes.values() for noun in cls.nouns]
        for relation in made.domain.relations:
            nouns += [*relation.nouns, *relation.inverse_nouns, *filter(None, (relation.role,))]
        forms = {form.lower() for noun in nouns for form in (noun.singular, noun.plural)}
        said = [word.lower() for query in asked(made, seed) for word in words(query, "class")]
        named += len(said)
        known += sum(word in forms for word in said)
    assert named > 300
    assert known == named


def test_every_type_and_every_comparison_is_asked() -> None:
    types: Counter[str] = Counter()
    ops: Counter[str] = Counter()
    for seed in range(25):
        for query in asked(world(seed), seed, count=80):
            types[query.type] += 1
            ops[query.op] += 1
    assert set(types) == set(TYPES)
    assert set(ops) == set(OPS)
    assert min(types.values()) > 5


@pytest.mark.parametrize("maker", MAKERS)
def test_every_maker_makes_questions_of_many_wordings(maker: str) -> None:
    queries = [query for _, query in made_by(maker, 25)]
    assert len(queries) >= 15
    assert len({query.phrase.text.lower() for query in queries}) > 0.8 * len(queries)
    # with and without a mark at the end, with and without a capital
    assert len({query.phrase.text[-1] in "?." for query in queries}) == 2
    assert len({query.phrase.text[0].isupper() for query in queries}) == 2


# -------------------------------------------------------------------------------------------------------- composition


def test_a_conjunction_is_a_prefix_with_two_conditions(no_slips: None) -> None:
    found = counted = 0
    for seed in range(150):
        made, rng = world(seed), random.Random(seed)
        query = conjunction(made, rng)
        if query is None:
            continue
        found += 1
        ((_, end),) = query.phrase.spans("prefix")
        ((first, middle),) = query.phrase.spans("first")
        ((second, last),) = query.phrase.spans("second")
        assert end < first < middle < second < last
        text = query.phrase.text
        assert text[end:first].strip() == ""
        assert text[last:].strip() in ("", "?", ".")
        assert query.target is None
        counted += (re.search(r"\bhow\b", text[:end].lower()) is not None) is (query.type == "count")
    assert found > 20
    assert counted == found


def test_a_bridge_describes_what_is_not_named() -> None:
    queries = [query for _, query in made_by("bridge", 25)]
    for query in queries:
        outer = max(query.phrase.spans("inner"), key=lambda s: s[1] - s[0])
        inside = [span for span in query.phrase.spans("entity") if outer[0] <= span[0] and span[1] <= outer[1]]
        # the only name is that within the description
        assert inside == query.phrase.spans("entity")
        assert len(inside) == 1


def test_a_bridge_must_be_taken_apart() -> None:
    assert [query.phrase.text for _, query in made_by("bridge", 25) if query.target is not None] == []


def test_a_restriction_is_marked() -> None:
    queries = [query for _, query in made_by("restricted", 25)]
    for query in queries:
        ((start, end),) = query.phrase.spans("within")
        assert query.type in ("argmin", "argmax", "sum", "avg")
        assert any(start <= a and b <= end for a, b in query.phrase.spans("entity"))
        assert any(start <= a and b <= end for a, b in query.phrase.spans("class"))


def test_a_negation_is_marked_by_its_cue(no_slips: None) -> None:
    queries = [query for _, query in made_by("negation", 25)]
    cues = [w.lower() for query in queries for w in words(query, "negation")]
    assert len(cues) == len(queries)
    assert all(cue == "not" or cue.endswith("n't") for cue in cues)
    assert {cue == "not" for cue in cues} == {True, False}
    # what is denied follows from no single fact
    assert all(query.target is None for query in queries)


def test_a_truth_is_asked_of_what_holds_and_of_what_does_not() -> None:
    holds = Counter(
        any(
            t.predicate is query.target.predicate
            and t.subject is query.target.entity
            and t.object is query.target.other
            for t in (*made.triples, *made.wide)
        )
        for made, query in made_by("truth", 25)
        if query.target is not None
    )
    assert holds[True] > 15
    assert holds[False] > 15


def test_a_truth_names_both_ends() -> None:
    rng = random.Random(0)
    for seed in range(25):
        triple = next(t for t in world(seed).triples if isinstance(t.predicate, Relation))
        assert isinstance(triple.predicate, Relation)
        assert isinstance(triple.object, Entity)
        query = truth_query(triple.predicate, triple.subject, triple.object, rng)
        said = [word.lower() for word in words(query, "entity")]
        assert len(said) == 2
        assert {bool(names(end) & set(said)) for end in (triple.subject, triple.object)} == {True}


def test_a_truth_about_a_value_says_no_word_twice(no_slips: None) -> None:
    texts = [query.phrase.text for _, query in made_by("value truth", 100)]
    assert [text for text in texts if re.search(r"\b([a-z]+) \1\b", text)] == []


def test_a_truth_about_a_value_says_its_comparison_whole(no_slips: None) -> None:
    said: Counter[str] = Counter()
    for _, query in made_by("value truth", 100):
        values = dict(zip("vw", words(query, "value"), strict=False))
        assert query.target is not None
        known = COMPARISONS if isinstance(query.target.predicate, Quantity) else {**DATE_COMPARISONS, "eq": ("{v}",)}
        whole = [template for template in known[query.op] if len(values) == template.count("{")]
        assert any(template.format(**values).lower() in query.phrase.text.lower() for template in whole)
        said[query.op] += 1
    assert set(said) == set(OPS) - {"none"}


def test_no_condition_says_a_preposition_twice() -> None:
    rng = random.Random(0)
    for quantity in (q for domain in lexicon() for q in domain.quantities):
        for condition in filter(None, (quantity_condition(quantity, "5", "9", rng) for _ in range(20))):
            assert not re.search(r"\b([a-z]+) \1\b", condition.plural.text), condition.plural.text


# ------------------------------------------------------------------------------------------- measures and superlatives

HIGH = ("most", "highest", "largest", "greatest", "biggest", "maximum", "top", "last", "latest", "recent")
LOW = ("fewest", "lowest", "smallest", "minimum", "least", "bottom", "first", "earliest")


def measured(kind: type, count: int) -> list[tuple[World, Quantity | DateAttribute]]:
    out = []
    for seed in range(count):
        made = world(seed)
        own = made.domain.quantities if kind is Quantity else made.domain.dates
        out += [(made, p) for p in own if made.of_predicate[p.name]]
    return out


def sides(p: Quantity | DateAttribute) -> tuple[set[str], set[str]]:
    """Words of the high end and of the low end."""
    high, low = set(HIGH), set(LOW)
    if isinstance(p, Quantity):
        high |= {a.superlative.lower() for a in p.high}
        low |= {a.superlative.lower() for a in p.low}
    else:
        high |= {template.lower() for template in p.last}
        low |= {template.lower() for template in p.first}
    return high, low


@pytest.mark.parametrize("kind", [Quantity, DateAttribute])
def test_superlatives_and_extremes_say_the_end_that_they_mean(no_slips: None, kind: type) -> None:
    types: Counter[str] = Counter()
    for number, (made, p) in enumerate(measured(kind, 25)):
        rng = random.Random(number)
        high, low = sides(p)
        cls = made.domain.classes[p.subject]
        for maker in (superlative, extreme):
            query = maker(p, cls, rng)
            if query is None:
                continue
            assert query.target is not None
            assert (query.target.role, query.target.predicate) == ("pair", p)
            types[query.type] += 1
            text = query.phrase.text.lower()
            if isinstance(p, DateAttribute) and maker is superlative:
                # a date's own questions may say it in words of their own
                continue
            wanted = high if query.type.endswith("max") else low
            assert any(word in text for word in wanted), (text, query.type)
    assert set(types) == {"min", "max", "argmin", "argmax"}


def test_several_of_the_first_are_counted() -> None:
    counted = [(query, number) for _, query in made_by("superlative", 50) for number in words(query, "count")]
    assert len(counted) > 10
    for query, number in counted:
        assert number in NUMBERS
        assert query.type in ("argmin", "argmax")


def test_totals_and_averages(no_slips: None) -> None:
    said = {
        "sum": ("total", "combined", "sum", "add up", "together", "in all", "all told"),
        "avg": ("average", "mean", "typical"),
    }  # fmt: skip
    types: Counter[str] = Counter()
    for number, (made, p) in enumerate(measured(Quantity, 25)):
        assert isinstance(p, Quantity)
        query = total(p, made.domain.classes[p.subject], random.Random(number))
        types[query.type] += 1
        text = query.phrase.text.lower()
        assert any(word in text for word in said[query.type]), text
    assert set(types) == {"sum", "avg"}


def test_a_comparison_is_of_two_members() -> None:
    types: Counter[str] = Counter()
    for kind in (Quantity, DateAttribute):
        for number, (made, p) in enumerate(measured(kind, 25)):
            members = [t.subject for t in made.of_predicate[p.name]]
            if len(members) < 2:
                continue
            a, b = members[:2]
            query = comparison(p, a, b, random.Random(number))
            if query is None:
                continue
            types[query.type] += 1
            assert query.target is not None
            assert query.target.among == (a, b)
            said = [word.lower() for word in words(query, "entity")]
            assert len(said) == 2
            assert said[0] in names(a)
            assert said[1] in names(b)
            assert (query.op != "none") is (query.type == "compare")
    assert set(types) == {"compare", "argmin", "argmax"}


def test_conditions_compare_as_their_words_say() -> None:
    seen: Counter[str] = Counter()
    for kind, table in ((Quantity, COMPARISONS), (DateAttribute, DATE_COMPARISONS)):
        for number, (made, p) in enumerate(measured(kind, 25)):
            rng = random.Random(number)
            if isinstance(p, Quantity):
                condition = quantity_condition(p, "41 units", "97 units", rng)
                values = ["41 units", "97 units"]
            else:
                dates = sorted(t.object.date for t in made.of_predicate[p.name] if t.object.date)  # type: ignore[union-attr]
                condition = date_condition(p, dates[0], dates[-1], rng)
                values = []
            if condition is None:
                continue
            seen[condition.op] += 1
            text = condition.singular.text
            marks = [text[a:b] for a, b in condition.singular.spans("value")]
            assert len(marks) == (2 if condition.op == "between" else 1)
            if values:
                assert marks == values[: len(marks)]
            plain = text
            for mark, slot in zip(marks, ("{v}", "{w}"), strict=False):
                plain = plain.replace(mark, slot, 1)
            forms = [form for form in table[condition.op] if form in plain]
            if isinstance(p, Quantity):
                adjectives = p.high if condition.op == "gt" else p.low if condition.op == "lt" else ()
                forms += [a.comparative for a in adjectives if f"{a.comparative} than {{v}}" in plain]
            else:
                forms += [form for form in ("in {v}", "on {v}") if condition.op == "eq" and form in plain]
            assert forms, text
    assert set(seen) == set(OPS) - {"none"}


def test_the_words_of_a_comparison_point_the_right_way() -> None:
    between = r"(between|from) \{v\} (and|to) \{w\}"
    quantities = {
        "gt": r"(more|greater) than \{v\}|(over|above) \{v\}|(upwards|in excess) of \{v\}",
        "ge": r"at least \{v\}|\{v\} or more|not? less than \{v\}|a minimum of \{v\}",
        "lt": r"(less|fewer) than \{v\}|(under|below|not even) \{v\}",
        "le": r"(at most|up to) \{v\}|no more than \{v\}|\{v\} or less|a maximum of \{v\}",
        "eq": r"((exactly|precisely) )?\{v\}",
        "between": between,
    }
    dates = {
        "gt": r"(any time )?after \{v\}|later than \{v\}",
        "ge": r"since \{v\}|from \{v\} on|in \{v\} or later",
        "lt": r"(before|prior to|earlier than) \{v\}",
        "le": r"by \{v\}|in \{v\} or earlier|no later than \{v\}",
        "eq": r"in \{v\}",
        "between": between,
    }
    for table, right in ((COMPARISONS, quantities), (DATE_COMPARISONS, dates)):
        assert table.keys() == right.keys()
        for op, templates in table.items():
            assert [form for form in templates if not re.fullmatch(right[op], form)] == []
