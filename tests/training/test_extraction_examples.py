"""The extractor's examples: what is stated, denied and unknown, and how it becomes tensors."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

from neuraldb.models.extractor_network import BEGIN, INSIDE, OUTSIDE
from neuraldb.models.minilm import load_tokenizer
from neuraldb.training.denials import denials
from neuraldb.training.extraction_batches import DENIED, ExtractionSet
from neuraldb.training.extraction_examples import ExtractionExample, Pair, bare, from_fact, generated, pararel_examples
from neuraldb.training.qasrl_pairs import qasrl_examples
from neuraldb.training.relation_names import PROPERTIES, RelationNames, names_of, predicates
from neuraldb.training.relation_names import plain as plain_name
from neuraldb.training.wikinldb_names import pararel_facts, pararel_phrases
from neuraldb.training.worlds import Entity, make_world
from training import corpora
from training.made import lexicon, written


def words(ids: object) -> str:
    """What tokens say, in lower case and without spaces or accents."""
    pieces = [load_tokenizer().id_to_token(int(i)) for i in ids]  # type: ignore[attr-defined]
    return "".join(str(piece).removeprefix("##") for piece in pieces)


def plain(text: str) -> str:
    return words(load_tokenizer().encode(text, add_special_tokens=False).ids)


def test_a_fact_becomes_an_example() -> None:
    for seed in (2, 7, 11):
        _, facts = written(seed)
        for fact in facts:
            example = from_fact(fact)
            assert example.complete
            spans = [span for span, _ in example.mentions]
            assert spans == sorted(set(spans))
            assert not any(fact.text[a:b].lower().startswith(("the ", "a ", "an ")) for a, b in spans)
            stated = {
                (bare(fact.text, one.subject), bare(fact.text, one.object)): one.triple.predicate for one in fact.stated
            }
            assert {(spans[p.subject], spans[p.object]) for p in example.pairs} == set(stated)
            for p in example.pairs:
                assert p.names == names_of(stated[spans[p.subject], spans[p.object]])
            names = [{fact.text[slice(*spans[n])] for n in group} for group in example.same]
            forms = [(e.name, e.alias or "") for e, _ in fact.mentions]
            named = [{*own, *(n.partition(" ")[2] for n in own)} for own in forms]
            assert all(any(own <= known for known in named) for own in names)


@pytest.mark.parametrize(
    ("text", "start", "found"),
    [("The Oslo", 0, "Oslo"), ("by an Act", 3, "Act"), ("Athens", 0, "Athens"), ("A", 0, "A"), ("the", 0, "the")],
)
def test_spans_leave_articles_out(text: str, start: int, found: str) -> None:
    assert text[slice(*bare(text, (start, len(text))))] == found


def extraction_rows() -> ExtractionSet:
    return ExtractionSet(generated(lexicon()[:4], 2, random.Random(5)))


def test_tags_and_pairs_of_a_batch_are_those_of_its_facts() -> None:
    rows = extraction_rows()
    texts = {tuple(ids): example for example, ids, *_ in rows.rows}
    seen = 0
    for batch in rows.batches(700, seed=1):
        assert batch.ids.numel() <= 700 or len(batch.ids) == 1
        spans = list(zip(batch.rows.tolist(), batch.spans.tolist(), strict=True))
        for row in range(len(batch.ids)):
            seen += 1
            ids = batch.ids[row][batch.mask[row]].tolist()
            example = texts[tuple(ids[1:-1])]
            own = [span for number, span in spans if number == row]
            assert len(own) == len(example.mentions)
            for (first, last), ((start, end), _) in zip(own, example.mentions, strict=True):
                assert plain(example.text[start:end]) in words(ids[first : last + 1])
                tags = batch.tags[row, first : last + 1].tolist()
                assert tags == [BEGIN] + [INSIDE] * (last - first)
            inside = sum(last - first + 1 for first, last in own)
            assert int((batch.tags[row] == OUTSIDE).sum()) == len(ids) - 2 - inside
        related = batch.related > 0
        assert ((batch.relation >= 0) == related).all()
        assert ((batch.name >= 0) == related).all()
        assert (batch.subject != batch.object).all()
        assert (batch.rows[batch.subject] == batch.rows[batch.object]).all()
        # the name that is asked for is one of the relation's
        assert rows.owns[batch.relation[related], batch.name[related]].all()
    assert seen == len(rows.rows) > 40


ANNA = ExtractionExample(
    "Anna lives in Oslo.", (((0, 4), ("person",)), ((14, 18), ("city",))), (Pair(0, 1, ("lives in",)),)
)


def test_of_a_sentence_that_is_half_annotated_the_rest_is_unknown() -> None:
    half = replace(ANNA, complete=False, unlisted=0.25, outside=((11, 13),))
    (batch,) = ExtractionSet([half]).batches(100, seed=0)
    assert batch.tags[0].tolist() == [-100, BEGIN, -100, OUTSIDE, BEGIN, -100, -100]
    assert batch.related.tolist() == [1.0, 0.0]
    assert batch.weight[1] == 0.25
    (whole,) = ExtractionSet([ANNA]).batches(100, seed=0)
    assert whole.related.tolist() == [1.0, 0.0]
    assert whole.relation.tolist() == [0, -1]
    assert int((whole.tags[0] == OUTSIDE).sum()) == 3
    (untagged,) = ExtractionSet([replace(ANNA, tagged=False)]).batches(100, seed=0)
    assert set(untagged.tags[0].tolist()) == {-100}


def test_what_is_denied_costs_more_and_other_names_of_one_thing_cost_nothing() -> None:
    text = "Anna lives in Oslo, not Rome; Anna sings."
    spans = tuple(((m.start(), m.end()), ()) for m in re.finditer("Anna|Oslo|Rome", text))
    example = ExtractionExample(text, spans, (Pair(0, 1, ("lives in",)),), same=((0, 3),), denied=((0, 2), (3, 2)))
    (batch,) = ExtractionSet([example]).batches(100, seed=0)
    ends = zip(batch.subject.tolist(), batch.object.tolist(), strict=True)
    weights = dict(zip(ends, batch.weight.tolist(), strict=True))
    assert weights[0, 2] == weights[3, 2] == DENIED > weights[1, 2] == 1.0
    assert (3, 1) not in weights


def test_mentions_that_overlap_leave_a_sentence_out() -> None:
    rows = ExtractionSet([ExtractionExample("Anna Berg", (((0, 9), ()), ((5, 9), ())), ())])
    assert rows.rows == []
    assert list(rows.batches(100, seed=0)) == []


# ------------------------------------------------------------------------------------------------ relations and denials


def test_relations_of_one_first_name_are_one() -> None:
    known = RelationNames()
    assert known.enter(("birthplace", "born in")) == 0
    assert known.enter(("employer", "works for")) == 1
    assert known.enter(("placeOfBirth", "hails from")) == 0
    assert known.names == [["birthplace", "born in", "placeOfBirth", "hails from"], ["employer", "works for"]]
    assert known.number("place of birth") == 0
    # a further name makes no relation one with another
    assert known.number("works for") is None
    assert known.stored == ["birthplace", "employer"]


def test_names_of_a_predicate_are_words() -> None:
    for domain in lexicon()[:6]:
        for predicate in predicates(domain):
            names = names_of(predicate)
            assert names[0] == plain_name(predicate.attributes[0])
            assert not any("_" in name or "{" in name for name in names)


def test_what_is_denied_is_not_stated() -> None:
    rng = random.Random(4)
    seen = both = 0
    for domain in lexicon()[:6]:
        for fact in denials(make_world(domain, rng), rng):
            (denied,) = fact.denied
            assert isinstance(denied.object, Entity)
            seen += 1
            both += bool(fact.stated)
            assert all(one.triple.object is not denied.object for one in fact.stated)
            places = {fact.text[a:b].lower() for _, (a, b) in fact.mentions}
            assert {denied.subject.name.lower(), denied.object.name.lower()} <= places
            example = from_fact(fact)
            assert len(example.denied) == 1
            assert {(p.subject, p.object) for p in example.pairs}.isdisjoint(example.denied)
            assert "{" not in fact.text
    assert seen > 20
    assert 0 < both < seen


def test_facts_in_phrases_may_share_a_subject(tmp_path: Path) -> None:
    corpora.pararel(tmp_path)
    facts, phrases = pararel_facts(tmp_path), pararel_phrases(tmp_path)
    made = list(pararel_examples(facts, phrases, PROPERTIES, 60, random.Random(1)))
    assert len(made) > 50
    pronouns = 0
    for example in made:
        said = [example.text[a:b] for (a, b), _ in example.mentions]
        for p in example.pairs:
            known = facts["P19" if p.names == ("place of birth",) else "P108"]
            assert (said[p.subject], said[p.object]) in known
        pronouns += any(word in example.text for word in ("He ", "She ", "It "))
    assert pronouns > 3


def test_pairs_of_questions_and_answers(tmp_path: Path) -> None:
    corpora.qasrl_asked(tmp_path)
    (example,) = qasrl_examples(tmp_path)
    said = [example.text[a:b] for (a, b), _ in example.mentions]
    assert not example.tagged
    assert {(said[p.subject], *p.names, said[p.object]) for p in example.pairs} == {
        ("Anna", "painted", "old towers"),
        ("Anna", "painted in", "Oslo"),
    }
