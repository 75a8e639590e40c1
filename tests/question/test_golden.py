"""Questions from text to plan and rows, over a world whose triples the scripts say.

Set-up commands::

    ! fact Ann wrote Emma. :: Ann | wrote | Emma @0.9 ; ...       add a sentence, with what it states
    ! question set: What did [entity:Ann] write? :: Ann | wrote | ?      a question's frame and meaning
    ! question set gt: ...                                         with a comparison
    ! means Where is {}? :: {} | in | ?                            a meaning alone, for the second question of a join
    ! functional born in                                           a relation with one object a subject
    ! empty                                                        begin again
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from doubles import Triple, World
from golden.runner import Check, ScriptError, TaggedHarness, scripts

from neuraldb.execution.result import Result
from neuraldb.plan.explain import explain
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact

_TIMES = re.compile(r"\d+\.\d ms")


class QuestionHarness(TaggedHarness):
    """``plan`` is the optimised plan; ``staged``, ``verbose`` and ``analyze`` are EXPLAIN's levels, times replaced."""

    tags = frozenset({"plan", "rows", "columns", "staged", "verbose", "analyze"})

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self.world = World()
        self.session = Session(":memory:", models=self.world.models())

    def set_up(self, command: str) -> None:
        kind, _, rest = command.partition(" ")
        text, _, meaning = (part.strip() for part in rest.partition("::"))
        match kind:
            case "empty":
                self.session.close()
                self._begin()
            case "functional":
                self.world.functional.add(text)
            case "fact":
                self.world.tell(text, *map(_triple, filter(None, meaning.split(";"))))
                self.session.add([NewFact(text)])
            case "means":
                self.world.mean(text, meaning)
            case "question":
                head, _, words = text.partition(":")
                type, _, op = head.partition(" ")
                self.world.question(words.strip(), type, meaning or None, op or "none")
            case _:
                raise ScriptError(f"unknown command {kind}")

    def _show(self, statement: str, tag: str) -> str:
        if tag == "plan":
            return explain(self.session.prepare(statement, "question").optimised)
        if tag in ("staged", "verbose", "analyze"):
            level = "plan" if tag == "staged" else tag
            return _TIMES.sub("T ms", self.session.explain(statement, "question", level=level))
        result = self.session.run(statement, "question")
        if tag == "columns":
            return ", ".join(f"{name} {kind}" for name, kind in zip(result.columns, result.types, strict=True))
        return _lines(result)


def _triple(text: str) -> Triple:
    said, _, confidence = text.partition("@")
    subject, relation, object_ = (part.strip() for part in said.split("|"))
    return Triple(subject, relation, object_, float(confidence or 0.95))


def _lines(result: Result) -> str:
    lines = []
    for row, facts, confidence in zip(result, result.evidence_ids, result.confidence, strict=True):
        cells = " | ".join("-" if v is None else str(v) for v in row)
        lines.append(f"{cells} <- {list(facts)} {confidence:.4g}")
    return "\n".join(lines) or "no rows"


@pytest.mark.parametrize("path", scripts("question"), ids=lambda p: p.stem)
def test_script(path: Path, golden: Check) -> None:
    golden(path, QuestionHarness())
