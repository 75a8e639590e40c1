"""Semantic functions as nodes: criteria of WHERE become filters, the other calls columns that are computed once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlglot import exp

from neuraldb.core.errors import BindError
from neuraldb.core.text import identifier
from neuraldb.plan.expressions import Column
from neuraldb.plan.graph_nodes import TermConstant
from neuraldb.plan.nodes import Field, Node, Project
from neuraldb.plan.sql_bind import Binder, SemanticCall
from neuraldb.plan.sql_context import Building
from neuraldb.plan.sql_convert import expression
from neuraldb.plan.sql_group import replaced
from neuraldb.plan.sql_scope import BoundColumn
from neuraldb.plan.sql_tree import Tree, bound, columns, kind_of_type, plain
from neuraldb.plan.text_nodes import Classify, PredictCell, SemanticFilter, SemanticMap, SemanticMatch, Similarity

StandIns = Sequence[tuple[Tree, BoundColumn]]


class SemanticSteps:
    """The semantic functions of one SELECT.

    Attributes:
        criteria: the conditions ``[NOT] means(text, criterion)``: bound text, criterion, negated.
        later: the columns of calls that can be computed only after grouping.
    """

    def __init__(self, building: Building, binder: Binder) -> None:
        self.building = building
        self.binder = binder
        self.criteria: list[tuple[Tree, str, bool]] = []
        self.later: frozenset[str] = frozenset()

    def split(self, part: Tree) -> tuple[Tree, str, bool] | None:
        """A condition that is ``[NOT] means(…)``, taken apart and bound; None for another."""
        negated, tree = False, plain(part)
        while isinstance(tree, exp.Not):
            negated, tree = not negated, plain(tree.this)
        if not (isinstance(tree, exp.Anonymous) and identifier(tree.name) == "means"):
            return None
        return *self.binder.criterion(tree), negated

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
        needed = {c.name for tree in before for c in columns(tree)}
        needed |= {c.name for text, _, _ in self.criteria for c in columns(text)}
        for call in reversed(self.binder.semantic):
            if call.output.name in needed:
                needed |= {c.name for c in columns(call.text)}
        self.later = frozenset(c.output.name for c in self.binder.semantic if c.output.name not in needed)

    def filters(self, node: Node) -> Node:
        """The rows that meet the criteria."""
        for text, criterion, negated in self.criteria:
            node = self.add(node, needed_by=[text])
            node, name = self._text(node, text)
            node = SemanticFilter(node, name, criterion, negated)
        return node

    def add(self, node: Node, needed_by: Iterable[Tree] | None = None) -> Node:
        """The columns of all calls that can be computed before grouping, or of those that the given trees read."""
        names = None if needed_by is None else {c.name for tree in needed_by for c in columns(tree)}
        for call in self.binder.semantic:
            wanted = call.output.name not in self.later and (names is None or call.output.name in names)
            if wanted and call.output.name not in node.names:
                node = self._computed(self.add(node, needed_by=[call.text]), call, call.text)
        return node

    def add_later(self, node: Node, stand_ins: StandIns) -> Node:
        """The columns of the calls that are computed after grouping."""
        for call in self.binder.semantic:
            if call.output.name in self.later:
                node = self._computed(node, call, replaced(call.text, list(stand_ins)))
        return node

    def _computed(self, node: Node, call: SemanticCall, tree: Tree) -> Node:
        missing = [c.label for c in columns(tree) if c.name not in node.names]
        if missing:
            raise BindError(f"{missing[0]} is neither grouped by nor aggregated", source=self.building.statement.source)
        node, text = self._text(node, tree)
        match call.function, call.argument:
            case "means", str(criterion):
                return SemanticMatch(node, text, call.output, criterion)
            case "ask", str(question):
                return SemanticMap(node, text, call.output, question)
            case "similarity", str(query):
                return Similarity(node, text, call.output, query)
            case "predict", str(relation):
                return PredictCell(node, text, call.output, self._relation(relation))
            case _, labels:
                return Classify(node, text, call.output, tuple(labels))

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

    def _text(self, node: Node, tree: Tree) -> tuple[Node, str]:
        """A text column of the node: the one that the tree is, or one that is computed."""
        found = bound(tree)
        if found is not None and kind_of_type(found.type) == "text":
            return node, found.name
        name = self.building.fresh("text")
        cast = exp.Cast(this=tree.copy(), to=exp.DataType.build("VARCHAR", dialect="duckdb"))
        kept = tuple((f, Column(f.name)) for f in node.columns)
        return Project(node, (*kept, (Field(name), expression(cast, self.building)))), name
