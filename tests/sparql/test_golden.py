from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from golden.runner import Check, ScriptError, TaggedHarness, blocks, run_script, scripts

from neuraldb.language.sparql import parse
from neuraldb.plan.explain import explain
from neuraldb.plan.nodes import Node
from neuraldb.plan.provenance import CONFIDENCE, EVIDENCE

from .memory import MemoryGraph


class SparqlHarness(TaggedHarness):
    """Set-up commands: ``fact 1: Anna | brother | Nils``, ``alias name = stored name 0.8``, ``turtle …``,
    ``graph IRI turtle …``.
    """

    tags = frozenset({"ast", "plan", "rows", "evidence"})

    def __init__(self) -> None:
        self.graph = MemoryGraph()

    def set_up(self, command: str) -> None:
        kind, _, rest = command.partition(" ")
        match kind:
            case "fact":
                number, _, triple = rest.partition(":")
                subject, relation, object_ = (part.strip() for part in triple.split("|"))
                fact, _, confidence = number.partition("@")
                self.graph.say(subject, relation, object_, int(fact), float(confidence or 1))
            case "alias":
                name, _, stored = rest.partition("=")
                label, _, score = stored.strip().rpartition(" ")
                self.graph.relations[name.strip()] = (label, float(score))
            case "turtle":
                self.graph.read_turtle(rest)
            case "graph":
                name, _, text = rest.partition(" ")
                self.graph.read_turtle(text, name)
            case _:
                raise ScriptError(f"unknown command {kind}")

    def _show(self, statement: str, tag: str) -> str:
        if tag == "ast":
            return str(parse(statement))
        if tag == "plan":
            return explain(self.graph.plan(statement))
        rows = self.graph.ask(statement, read=nothing_read, provenance=tag == "evidence")
        return "\n".join(map(_line, rows)) or "no rows"


def nothing_read(node: Node) -> pa.Table:
    """What reading the facts gives where there are none."""
    return pa.table({c.name: pa.array([], pa.int64()) for c in node.columns})


def _line(row: dict[str, Any]) -> str:
    evidence, confidence = row.pop(EVIDENCE, None), row.pop(CONFIDENCE, None)
    cells = " | ".join("-" if v is None else str(v) for v in row.values())
    return cells if evidence is None else f"{cells} <- {evidence} {confidence:.4g}"


@pytest.mark.parametrize("path", scripts("sparql"), ids=lambda p: p.stem)
def test_script(path: Path, golden: Check) -> None:
    golden(path, SparqlHarness())


def test_a_wrong_expectation_fails_and_update_repairs_it(tmp_path: Path) -> None:
    path = tmp_path / "one.golden"
    path.write_text("# remark\n> [rows] ASK {}\n---\nFalse\n\n! fact 1: a | b | c\n> ASK { :c :b :a }\n---\nFalse\n")
    with pytest.raises(AssertionError, match=r"one\.golden:1"):
        run_script(path, SparqlHarness(), update=False)
    run_script(path, SparqlHarness(), update=True)
    assert path.read_text().startswith("# remark\n> [rows] ASK {}\n---\nTrue\n\n! fact")
    run_script(path, SparqlHarness(), update=False)


@pytest.mark.parametrize("text", ["> [nonsense] ASK {}\n---\nTrue", "> ASK {}\nTrue", "SELECT", "! nonsense x"])
def test_a_malformed_script_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.golden"
    path.write_text(text)
    with pytest.raises(ScriptError):
        run_script(path, SparqlHarness(), update=False)


def test_the_expected_text_keeps_its_empty_lines() -> None:
    (block,) = blocks("> a\nb\n---\none\n.\ntwo\n")
    assert (block.statement, block.expected) == ("a\nb", "one\n\ntwo")
