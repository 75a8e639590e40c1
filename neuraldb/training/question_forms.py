"""Questions as people ask them, marked up: the lexicon's files as examples (see ``lexicon/questions/README.md``)."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from neuraldb.training.phrases import Phrase, question
from neuraldb.training.queries import OPS, TYPES, Query
from neuraldb.training.vocabulary import FOLDER, Domain, LexiconError, load_named
from neuraldb.training.worlds import make_name

KINDS = frozenset({
    "class", "entity", "inner", "within", "negation", "value", "count", "prefix", "first", "second",
})  # fmt: skip
PART = re.compile(r"\[(\w+) |\]|\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class QuestionForm:
    """A marked-up question with places for names."""

    type: str
    op: str
    text: str


def read_questions(path: Path, domain: Domain) -> tuple[QuestionForm, ...]:
    """The questions of a file.

    Raises:
        LexiconError: with every problem found, a line each.
    """
    problems, forms = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            try:
                forms.append(_form(line.strip(), domain))
            except LexiconError as error:
                problems.append(f"{path.name}:{number}: {error}: {line.strip()[:60]}")
    if problems:
        raise LexiconError("\n".join(problems))
    return tuple(forms)


def _form(line: str, domain: Domain) -> QuestionForm:
    head, bar, text = line.partition(" | ")
    kind, _, op = head.strip().partition(" ")
    if not bar or kind not in TYPES or (op or "none") not in OPS:
        raise LexiconError("a line is 'type comparison | question'")
    made = QuestionForm(kind, op or "none", text.strip())
    marks = [mark for mark, _, _ in fill_form(made, domain, random.Random(0)).marks]
    if made.op != "none" and kind != "compare" and "value" not in marks:
        raise LexiconError("a comparison needs a value")
    if made.op == "none" and "value" in marks:
        raise LexiconError("a value needs a comparison")
    if sorted(m for m in marks if m in ("prefix", "first", "second")) not in ([], ["first", "prefix", "second"]):
        raise LexiconError("prefix, first and second come together")
    return made


def fill_form(form: QuestionForm, domain: Domain, rng: random.Random) -> Phrase:
    """The question with names drawn, and its marks.

    Raises:
        LexiconError: its brackets do not pair, or it names an unknown mark or class.
    """
    text, end = "", 0
    open_marks: list[tuple[str, int]] = []
    marks: list[tuple[str, int, int]] = []
    for part in PART.finditer(form.text):
        text += form.text[end : part.start()]
        end = part.end()
        if part[0] == "]":
            if not open_marks:
                raise LexiconError("] without [")
            kind, begin = open_marks.pop()
            marks.append((kind, begin, len(text)))
        elif part[1]:
            if part[1] not in KINDS:
                raise LexiconError(f"there is no mark {part[1]}")
            open_marks.append((part[1], len(text)))
        elif part[2] in domain.classes:
            full, alias = make_name(domain.classes[part[2]], domain, rng)
            text += alias if alias and rng.random() < 0.25 else full
        else:
            raise LexiconError(f"there is no class {part[2]}")
    if open_marks:
        raise LexiconError("[ without ]")
    return Phrase(text + form.text[end:], tuple(reversed(marks)))


@lru_cache(maxsize=64)
def questions_of(name: str, folder: Path = FOLDER) -> tuple[QuestionForm, ...]:
    """The questions of a domain of the lexicon, by its name; none where it has none."""
    path = folder / "questions" / f"{name}.txt"
    if not path.exists():
        return ()
    return read_questions(path, load_named(name, folder))


def asked_of(domain: Domain, rng: random.Random, copies: int) -> Iterator[Query]:
    """Every question of the domain so many times, with other names each time; some with another case or a slip."""
    for form in questions_of(domain.name):
        for copy in range(copies):
            phrase = fill_form(form, domain, rng)
            yield Query(question(phrase, rng, mark="") if copy else phrase, form.type, form.op)
