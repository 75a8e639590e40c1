from __future__ import annotations

from pathlib import Path

import pytest
from golden.runner import Check, ScriptError, TaggedHarness, scripts

from neuraldb.language.sparql import parse

from .updating import Updated


class UpdateHarness(TaggedHarness):
    """Set-up commands: ``fact SENTENCE | subject | relation | object``, and ``run UPDATE``.

    ``[plan]`` is the optimised plan, ``[state]`` all triples after the statement, ``[ast]`` the syntax tree.
    """

    tags = frozenset({"ast", "plan", "rows", "state", "evidence"})

    def __init__(self) -> None:
        self.updated = Updated()

    def set_up(self, command: str) -> None:
        kind, _, rest = command.partition(" ")
        match kind:
            case "fact":
                text, subject, relation, target = (part.strip() for part in rest.split("|"))
                self.updated.tell(text, (subject, relation, target))
            case "run":
                self.updated.run(rest)
            case _:
                raise ScriptError(f"unknown command {kind}")

    def _show(self, statement: str, tag: str) -> str:
        db = self.updated.db
        if tag == "ast":
            return str(parse(statement))
        if tag == "plan":
            return db.explain(statement, language="sparql").split("\n\n")[0].partition("\n")[2]
        if tag == "state":
            return "\n".join(self.updated.state) or "no triples"
        result = db.sparql(statement)
        if not result.columns:
            return f"{result.rowcount} changed"
        rows = [" | ".join(map(str, row)) for row in result]
        if tag == "evidence":
            rows = [
                f"{r} <- {list(i)} {c:.4g}"
                for r, i, c in zip(rows, result.evidence_ids, result.confidence, strict=True)
            ]
        return "\n".join(rows) or "no rows"


@pytest.mark.parametrize("path", scripts("updates"), ids=lambda p: p.stem)
def test_script(path: Path, golden: Check) -> None:
    golden(path, UpdateHarness())
