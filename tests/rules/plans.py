"""The plans that rules are tried on, and what a rule makes of one."""

from __future__ import annotations

from neuraldb.plan import nodes as n
from neuraldb.plan import semantic_nodes as s
from neuraldb.plan import text_nodes as t
from neuraldb.plan.explain import explain
from neuraldb.plan.expressions import Call, Column, Literal
from neuraldb.plan.rules.context import Rule, RuleContext

FACTS = n.Scan("facts", (n.Field("id", "BIGINT"), n.Field("text")), "f.")
NOTES = n.Scan("notes", (n.Field("id", "BIGINT"), n.Field("note")), "n.")
EARLY = Call("<", (Column("f.id"), Literal(9)))
SAME = Call("=", (Column("f.id"), Column("n.id")))
PEOPLE = s.VirtualScan(
    "people", (s.Attribute("job", ("key",)), s.Attribute("age", ("number", "unit"))), prefix="p.", key_readings=("key",)
)
AGE = Column("p.age:number")


class Sizes:
    """How many rows a source has, as a test says."""

    def __init__(self, **rows: int) -> None:
        self.rows = rows

    def row_count(self, source: str) -> int | None:
        return self.rows.get(source)


def judged(child: n.Node = FACTS, **more: object) -> t.SemanticFilter:
    return t.SemanticFilter(child, "f.text", "is a joke", **more)  # type: ignore[arg-type]


def asked(child: n.Node = FACTS) -> t.SemanticMap:
    return t.SemanticMap(child, "f.text", n.Field("who"), "who?")


def listed(child: n.Node, *names: str) -> n.Project:
    types = {c.name: c.type for c in child.columns}
    return n.Project(child, tuple((n.Field(x.removeprefix("f."), types[x]), Column(x)) for x in names))


def apply(rule: Rule, plan: n.Node) -> str:
    """The plan after a rule, which keeps the columns and has nothing to do a second time."""
    after = rule(plan, RuleContext())
    assert after.columns == plan.columns
    assert rule(after, RuleContext()) == after
    return explain(after)


def text(block: str) -> str:
    return block.strip("\n")
