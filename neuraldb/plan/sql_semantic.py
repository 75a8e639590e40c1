"""Semantic functions as nodes: criteria of WHERE become filters, the other calls columns that are computed once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from neuraldb.core.errors import BindError
from neuraldb.core.text import identifier
from neuraldb.plan.expressions import Column
from neuraldb.plan.graph_nodes import TermConstant
from neuraldb.plan.nodes import Field, Filter, Node, Project
from neuraldb.plan.sql_bind import Binder
from neuraldb.plan.sql_calls import Argument, Criterion, SemanticCall, all_columns
from neuraldb.plan.sql_context import Building
from neuraldb.plan.sql_convert import condition, expression
from neuraldb.plan.sql_group import replaced
from neuraldb.plan.sql_scope import BoundColumn
from neuraldb.plan.sql_tree import Tree, bound, columns, kind_of_type, plain
from neuraldb.plan.text_nodes import (
    Classify,
    EntityKey,
    PredictCell,
    SemanticFilter,
    SemanticMap,
    SemanticMatch,
    Similarity,
    Words,
)

StandIns = Sequence[tuple[Tree, BoundColumn]]


@dataclass
class Judged:
    """Conditions on rows that need a model.

    Attributes:
        criteria: those that are ``[NOT] means(…)``.
        calls: the calls whose columns the other ones read.
        conditions: the other ones.
    """

    criteria: list[Criterion] = field(default_factory=list)
    calls: list[SemanticCall] = field(default_factory=list)
    conditions: list[Tree] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.criteria or self.conditions)


class SemanticSteps:
    """The semantic functions of one SELECT.

    Attributes:
        criteria: the conditions ``[NOT] means(text, criterion)``.
        later: the columns of calls that can be computed only after grouping.
    """

    def __init__(self, building: Building, binder: Binder) -> None:
        self.building = building
        self.binder = binder
        self.criteria: list[Criterion] = []
        self.later: frozenset[str] = frozenset()

    def split(self, part: Tree) -> Criterion | None:
        """A condition that is ``[NOT] means(…)``, taken apart and bound; None for another."""
        negated, tree = False, plain(part)
        while isinstance(tree, exp.Not):
            negated, tree = not negated, plain(tree.this)
        if not (isinstance(tree, exp.Anonymous) and identifier(tree.name) == "means"):
            return None
        return self.binder.calls.criterion(tree, negated)

    def criterion(self, part: Tree) -> bool:
        """Take a condition of WHERE if it is a criterion."""
        found = self.split(part)
        if found is not None:
            self.criteria.append(found)
        return found is not None

    def uses(self, tree: Tree) -> bool:
        """Whether a bound tree reads a column that a semantic node gives."""
        outputs = {c.output.name for c in self.binder.semantic}
        return any(c.name in outputs for c in columns(tree))

    def postpone(self, before: Iterable[Tree]) -> None:
        """Compute after grouping every call that nothing before it reads."""
        needed = all_columns(tuple(before)) | {name for c in self.criteria for name in all_columns(c.trees)}
        for call in reversed(self.binder.semantic):
            if call.output.name in needed:
                needed |= all_columns(call.trees)
        self.later = frozenset(c.output.name for c in self.binder.semantic if c.output.name not in needed)

    def filters(self, node: Node) -> Node:
        """The rows that meet the criteria."""
        return self.judged(node, Judged(self.criteria, self.binder.semantic))

    def judged(self, node: Node, what: Judged) -> Node:
        """The rows that meet the conditions; the columns that these read are computed."""
        for criterion in what.criteria:
            node, text, words = self.operands(node, criterion, what.calls)
            node = SemanticFilter(node, text, words, criterion.negated)
        if what.conditions:
            node = self.add(node, what.conditions, what.calls)
            node = Filter(node, condition(what.conditions, self.building))
        return node

    def operands(self, node: Node, criterion: Criterion, calls: Sequence[SemanticCall]) -> tuple[Node, str, Words]:
        """The rows with what a criterion reads; the column of the text, and what is asked of it."""
        node, text = self._text(self.add(node, criterion.trees, calls), criterion.text)
        node, words = self._words(node, criterion.words, "VARCHAR")
        return node, text, words

    def add(
        self, node: Node, needed_by: Iterable[Tree] | None = None, calls: Sequence[SemanticCall] | None = None
    ) -> Node:
        """The columns of all calls that can be computed before grouping, or of those that the given trees read."""
        calls = self.binder.semantic if calls is None else calls
        names = None if needed_by is None else all_columns(tuple(needed_by))
        for call in calls:
            wanted = call.output.name not in self.later and (names is None or call.output.name in names)
            if wanted and call.output.name not in node.names:
                node = self._computed(self.add(node, call.trees, calls), call)
        return node

    def add_later(self, node: Node, stand_ins: StandIns) -> Node:
        """The columns of the calls that are computed after grouping."""
        for call in self.binder.semantic:
            if call.output.name in self.later:
                node = self._computed(node, call, stand_ins)
        return node

    def _computed(self, node: Node, call: SemanticCall, stand_ins: StandIns = ()) -> Node:
        tree, argument = (self._over(node, part, stand_ins) for part in (call.text, call.argument))
        assert isinstance(tree, exp.Expr)
        if call.function == "same_entity":
            return EntityKey(*self._text(node, tree), call.output)
        node, text = self._text(node, tree)
        if isinstance(argument, tuple):
            return Classify(node, text, call.output, argument)
        node, words = self._words(node, argument, "VARCHAR[]" if call.function == "classify" else "VARCHAR")
        match call.function, words:
            case "means", _:
                return SemanticMatch(node, text, call.output, words)
            case "ask", _:
                return SemanticMap(node, text, call.output, words)
            case "similarity", _:
                return Similarity(node, text, call.output, words)
            case "predict", str(relation):
                return PredictCell(node, text, call.output, self._relation(relation))
        assert isinstance(words, Column)
        return Classify(node, text, call.output, words)

    def _over(self, node: Node, part: Argument, stand_ins: StandIns) -> Argument:
        """A part of a call over the columns that the node gives."""
        if not isinstance(part, exp.Expr):
            return part
        tree = replaced(part, list(stand_ins)) if stand_ins else part
        missing = [c.label for c in columns(tree) if c.name not in node.names]
        if missing:
            raise BindError(f"{missing[0]} is neither grouped by nor aggregated", source=self.building.statement.source)
        return tree

    def _relation(self, name: str) -> TermConstant:
        """The stored relation that a name stands for; that of a column is the column's."""
        found = self.building.catalogue.relation(name)
        if found is not None and not found.ambiguous:
            return TermConstant(name if found.score >= 1 else f"{name}~{found.label} {found.score:.2f}", found.ids)
        likely = found.ambiguous if found is not None else ()
        raise BindError(
            f"{name} may mean several relations equally well" if likely else f"no relation is called {name}",
            source=self.building.statement.source,
            candidates=tuple(label for label, _ in likely),
            hint="SELECT DISTINCT relation FROM triples gives those that are stored, which can be predicted",
        )

    def _words(self, node: Node, words: Argument, type_: str) -> tuple[Node, Words]:
        """What is asked: the same of all rows, or a column of the node."""
        if not isinstance(words, exp.Expr):
            assert isinstance(words, str)
            return node, words
        found = bound(words)
        if found is not None and found.type.upper() == type_:
            return node, Column(found.name)
        name = self.building.fresh("words")
        return self._with(node, Field(name, type_), words), Column(name)

    def _text(self, node: Node, tree: Tree) -> tuple[Node, str]:
        """A text column of the node: the one that the tree is, or one that is computed."""
        found = bound(tree)
        if found is not None and kind_of_type(found.type) == "text":
            return node, found.name
        name = self.building.fresh("text")
        return self._with(node, Field(name), tree), name

    def _with(self, node: Node, output: Field, tree: Tree) -> Node:
        cast = exp.Cast(this=tree.copy(), to=exp.DataType.build(output.type, dialect="duckdb"))
        kept = tuple((f, Column(f.name)) for f in node.columns)
        return Project(node, (*kept, (output, expression(cast, self.building))))
