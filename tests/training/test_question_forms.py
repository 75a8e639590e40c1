"""The lexicon's marked-up questions."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from neuraldb.training.parsing_examples import from_query
from neuraldb.training.question_forms import FOLDER, QuestionForm, asked_of, fill_form, questions_of, read_questions
from neuraldb.training.vocabulary import LexiconError
from tests.training.made import lexicon

ART = next(d for d in lexicon() if d.name == "art")
ASKED = [d for d in lexicon() if (FOLDER / "questions" / f"{d.name}.txt").exists()]


def marked(text: str, seed: int = 0) -> list[tuple[str, str]]:
    phrase = fill_form(QuestionForm("set", "none", text), ART, random.Random(seed))
    return [(kind, phrase.text[a:b]) for kind, a, b in phrase.marks]


def test_marks_lie_where_the_brackets_stood() -> None:
    found = marked("Where was [inner the [class man] who made [entity Guernica]] born?")
    assert found == [("inner", "the man who made Guernica"), ("entity", "Guernica"), ("class", "man")]


def test_places_are_filled_with_names() -> None:
    kinds = {marked("Who made [entity {painting}]?", seed)[0] for seed in range(8)}
    assert len(kinds) > 3
    assert all(kind == "entity" and name for kind, name in kinds)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("set Who?", "type comparison"),
        ("list | Who?", "type comparison"),
        ("set above | Who?", "type comparison"),
        ("set gt | Who?", "needs a value"),
        ("set | Who has [value 3]?", "needs a comparison"),
        ("set | [prefix Who] [first sings]?", "come together"),
        ("set | Who made [entity Dune?", r"\[ without"),
        ("set | Who made Dune]?", r"\] without"),
        ("set | Who made [thing Dune]?", "no mark thing"),
        ("set | Who made {dragon}?", "no class dragon"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "art.txt"
    path.write_text(f"# questions\n\n{line}\n")
    with pytest.raises(LexiconError, match=f"art.txt:3: .*{message}"):
        read_questions(path, ART)


@pytest.mark.parametrize("domain", ASKED, ids=lambda d: d.name)
def test_every_question_of_a_domain_is_an_example(domain) -> None:  # type: ignore[no-untyped-def]
    forms = questions_of(domain.name)
    assert len(forms) >= 60
    made = list(asked_of(domain, random.Random(2), 2))
    assert len(made) == 2 * len(forms)
    assert {from_query(query).type for query in made} >= {"set", "count", "bool", "argmax"}
