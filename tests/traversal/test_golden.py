"""Walks through the graph in SQL, from text to rows with their evidence, and to plans.

Set-up commands::

    ! fact Anna was born in Oslo. :: Anna | born in | Oslo @0.9 ; ...     add a sentence, with what it states
    ! chain 28                                                           add things that follow each other: t0 to t28
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from doubles import Triple, World
from golden.runner import Check, ScriptError, TaggedHarness, scripts

from neuraldb.session import Session
from neuraldb.stores.facts import NewFact
from neuraldb.stores.graph import NewTriple
from neuraldb.stores.terms import Term


class WalkHarness(TaggedHarness):
    """``rows`` shows the rows, each with evidence and confidence; ``plan`` what EXPLAIN gives."""

    tags = frozenset({"rows", "plan"})

    def __init__(self) -> None:
        self.world = World()
        self.session = Session(":memory:", models=self.world.models())

    def set_up(self, command: str) -> None:
        kind, _, rest = command.partition(" ")
        if kind == "fact":
            text, _, meaning = (part.strip() for part in rest.partition("::"))
            self.world.tell(text, *map(_triple, meaning.split(";")))
            self.session.add([NewFact(text)])
        elif kind == "chain":
            graph = self.session.stores.graph
            terms = [Term("entity", f"t{n}") for n in range(int(rest) + 1)]
            *ends, follows = graph.ensure_terms([*terms, Term("relation", "before")])
            graph.add_triples([NewTriple(a, follows, b) for a, b in pairwise(ends)])
        else:
            raise ScriptError(f"unknown command {kind}")

    def _show(self, statement: str, tag: str) -> str:
        if tag == "plan":
            return self.session.explain(statement, "sql")
        result = self.session.run(statement, "sql")
        lines = [" | ".join(result.columns)]
        for row, ids, sure in zip(result, result.evidence_ids, result.confidence, strict=True):
            lines.append(f"{' | '.join(map(_cell, row))}  <- {list(ids)} {sure:.2f}")
        return "\n".join(lines)


def _cell(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _triple(text: str) -> Triple:
    said, _, confidence = text.partition("@")
    subject, relation, object_ = (part.strip() for part in said.split("|"))
    return Triple(subject, relation, object_, float(confidence or 1.0))


@pytest.mark.parametrize("path", scripts("traversal"), ids=lambda p: p.stem)
def test_golden(path: Path, golden: Check) -> None:
    golden(path, WalkHarness())


def test_there_are_scripts() -> None:
    assert len(scripts("traversal")) >= 2
