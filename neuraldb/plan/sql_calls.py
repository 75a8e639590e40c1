"""Calls of semantic functions in a user's SQL: their arguments checked and bound, each call a column to be computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from sqlglot import exp

from neuraldb.core.errors import ProgrammingError
from neuraldb.core.text import identifier
from neuraldb.language.sql_calls import call_spans
from neuraldb.plan.nodes import Field
from neuraldb.plan.semantic_nodes import phrase
from neuraldb.plan.sql_group import aggregates, windows
from neuraldb.plan.sql_scope import BoundColumn, VirtualSource
from neuraldb.plan.sql_sparing import MASKED
from neuraldb.plan.sql_tree import Tree, attribute, bound, column, columns, constant, kind_of, kind_of_type, plain, read

if TYPE_CHECKING:
    from neuraldb.plan.sql_bind import Binder

OUTPUTS = {"means": "BOOLEAN", "ask": "VARCHAR", "similarity": "DOUBLE", "classify": "VARCHAR", "predict": "VARCHAR"}
MOST_LABELS = 256
"""Labels of one classification: among more of them none would be near enough to tell."""
Argument: TypeAlias = "str | tuple[str, ...] | Tree"
"""What is asked: a text, labels, or a bound tree that says it for each row."""


@dataclass(frozen=True)
class SemanticCall:
    """A semantic function to be computed: of which text, with what argument, into which column."""

    function: str
    text: Tree
    argument: Argument
    output: Field

    @property
    def trees(self) -> tuple[Tree, ...]:
        """What it is computed from."""
        return (self.text, self.argument) if isinstance(self.argument, exp.Expr) else (self.text,)


@dataclass(frozen=True)
class Criterion:
    """A condition ``[NOT] means(text, words)``."""

    text: Tree
    words: Argument
    negated: bool = False

    @property
    def trees(self) -> tuple[Tree, ...]:
        """What it reads."""
        return (self.text, self.words) if isinstance(self.words, exp.Expr) else (self.text,)


class SemanticCalls:
    """The calls of one SELECT.

    Attributes:
        made: the calls whose columns bound trees read; equal calls are one.
    """

    def __init__(self, binder: Binder) -> None:
        self.binder = binder
        self.building = binder.building
        self.made: list[SemanticCall] = []

    def call(self, tree: exp.Anonymous, type_: str | None = None) -> Tree:
        """A call as the column that it will be.

        Raises:
            ProgrammingError: its arguments are not what the function takes.
        """
        name = identifier(tree.name)
        if name == "same_entity":
            return self._same_entity(tree)
        if name == "predict" and len(tree.expressions) == 1:
            return self._predicted(tree)
        self._count_arguments(tree)
        return self._computed(name, self._text(tree, 0), self._argument(tree), type_ or OUTPUTS[name])

    def criterion(self, tree: exp.Anonymous, negated: bool) -> Criterion:
        """A call of ``means`` as a condition.

        Raises:
            ProgrammingError: its arguments are not a text and a criterion.
        """
        self._count_arguments(tree)
        return Criterion(self._text(tree, 0), self._argument(tree), negated)

    def _computed(self, name: str, text: Tree, argument: Argument, type_: str) -> Tree:
        for call in self.made:
            if (call.function, call.text, call.argument, call.output.type) == (name, text, argument, type_):
                return column(BoundColumn(call.output.name, type_, name))
        output = Field(self.building.fresh(name), type_)
        self.made.append(SemanticCall(name, text, argument, output))
        return column(BoundColumn(output.name, type_, name))

    # ------------------------------------------------------------------------------------------------ special calls

    def _predicted(self, tree: exp.Anonymous) -> Tree:
        """``predict(attribute)`` is what the facts tell, else what is likely.

        Only where nothing is told a name is looked up, so that no other row rests on what is predicted.
        """
        cell = attribute(self.binder.bind(tree.expressions[0]))
        source = None if cell is None else self.binder.scope.source(cell.name.rpartition(".")[0])
        if cell is None or not isinstance(source, VirtualSource) or cell.name == source.key.name:
            self._wrong("predict takes an attribute of a table that is read from facts", tree, 0, _PREDICT_HINT)
        told, name = BoundColumn(cell.name, cell.type, cell.label), BoundColumn(source.key.name, "VARCHAR", "name")
        untold = exp.Case(ifs=[exp.If(this=exp.Is(this=column(told), expression=exp.Null()), true=column(name))])
        predicted = self._computed("predict", untold, phrase(cell.label), OUTPUTS["predict"])
        return exp.Coalesce(this=column(told), expressions=[predicted])

    def _same_entity(self, tree: exp.Anonymous) -> Tree:
        """Two names are compared by what they are linked to; each is looked up once, not each pair."""
        self._count_arguments(tree)
        if (member := self._named_in_cell(tree)) is not None:
            return member
        keys = [self._entity(self._text(tree, place)) for place in (0, 1)]
        return exp.Paren(this=exp.EQ(this=keys[0], expression=keys[1]))

    def _named_in_cell(self, tree: exp.Anonymous) -> Tree | None:
        """Whether a cell of a virtual table is a given name, which such a table can be restricted to."""
        for place in (0, 1):
            known, value = constant(tree.expressions[1 - place], self.building.values)
            cell = attribute(self._text(tree, place)) if known and isinstance(value, str) and value.strip() else None
            if cell is not None and "key" in cell.readings:
                keys = [self.building.placeholder(key) for key in self.building.name_keys(str(value))]
                return exp.Paren(this=exp.In(this=read(cell, "key"), expressions=keys))
        return None

    def _entity(self, text: Tree) -> Tree:
        """What is the same for all names of the thing that a text names: of a column of a source, computed there."""
        found = bound(text)
        keyed = None if found is None else self.binder.keyed(found, "entity")
        return column(keyed) if keyed is not None else self._computed("same_entity", text, "", "VARCHAR")

    # ---------------------------------------------------------------------------------------------------- arguments

    def _count_arguments(self, tree: exp.Anonymous) -> None:
        name = identifier(tree.name)
        if len(tree.expressions) != 2:
            wanted = "names of things" if name == "same_entity" else f"a text and {_ARGUMENT[name]}"
            self._wrong(f"{name} takes two arguments: {'two ' if name == 'same_entity' else ''}{wanted}", tree)

    def _text(self, tree: exp.Anonymous, place: int) -> Tree:
        """An argument that is a text in each row."""
        name, given = identifier(tree.name), tree.expressions[place]
        known, value = constant(given, self.building.values)
        ordinal = ("first", "second")[place]
        wanted = "a name" if name == "same_entity" else _ARGUMENT[name] if place else "a text, such as a column"
        if known and value is not None and not isinstance(value, str):
            self._wrong(f"the {ordinal} argument of {name} is {wanted}, not a {_kind_in_words(value)}", tree, place)
        text = self.binder.bind(given)
        type_ = self._type(text)
        if type_ is not None and kind_of_type(type_) != "text" and type_.upper() not in _AS_TEXT:
            span = self._span(tree, place)
            shown = self.building.statement.source[slice(*span)] if span else given.sql("duckdb")
            self._wrong(
                f"the {ordinal} argument of {name} is {wanted}, and {shown} is {type_}", tree, place,
                f"cast what should be read as text: {name}({shown}::VARCHAR, …)",
            )  # fmt: skip
        return text

    def _type(self, tree: Tree) -> str | None:
        """The DuckDB type of a bound argument; None where it takes the whole statement to tell."""
        found = bound(plain(tree))
        if found is not None:
            return found.type
        if kind_of(tree, self.building.values) == "text":
            return "VARCHAR"
        grouped = any(True for _ in (*aggregates(tree, self.building), *windows(tree)))
        if grouped or tree.find(exp.Subquery) is not None or not any(True for _ in columns(tree)):
            return None
        return self.building.describe([tree])[0]

    def _argument(self, tree: exp.Anonymous) -> Argument:
        """The second argument: a constant, or an expression that says for each row what is asked."""
        name, given = identifier(tree.name), tree.expressions[1]
        if name == "classify":
            return self._labels(tree)
        known, value = constant(given, self.building.values)
        if known:
            if not isinstance(value, str) or not value.strip():
                self._wrong(f"the second argument of {name} is {_ARGUMENT[name]}", tree, 1)
            return value
        if name == "predict":
            self._wrong("the second argument of predict is the name of a relation", tree, 1, _PREDICT_HINT)
        return self._text(tree, 1)

    def _labels(self, tree: exp.Anonymous) -> Argument:
        given, values = plain(tree.expressions[1]), self.building.values
        message = f"the second argument of classify is {_ARGUMENT['classify']}"
        known, value = constant(given, values)
        if isinstance(given, exp.Array):
            items = [constant(item, values) for item in given.expressions]
            if all(each for each, _ in items):
                return self._checked_labels([item for _, item in items], tree)
        elif known:
            if not isinstance(value, tuple):
                self._wrong(message, tree, 1, _LABELS_HINT)
            return self._checked_labels(value, tree)
        labels = self.binder.bind(given)
        type_ = self._type(labels)
        if type_ is not None and type_.upper() != "VARCHAR[]":
            self._wrong(f"{message}, and {given.sql('duckdb')} is {type_}", tree, 1, _LABELS_HINT)
        return labels

    def _checked_labels(self, items: object, tree: exp.Anonymous) -> tuple[str, ...]:
        assert isinstance(items, list | tuple)
        labels = tuple(label for label in items if isinstance(label, str) and label.strip())
        if not items or len(labels) != len(items):
            self._wrong(f"the second argument of classify is {_ARGUMENT['classify']}", tree, 1, _LABELS_HINT)
        if len(labels) > MOST_LABELS:
            self._wrong(
                f"classify takes {MOST_LABELS} labels at most, and these are {len(labels)}", tree, 1,
                "classify by coarser labels first, or order the labels of a table by similarity(label, text)",
            )  # fmt: skip
        return tuple(dict.fromkeys(labels))

    # ------------------------------------------------------------------------------------------------------- errors

    def _wrong(self, message: str, tree: exp.Anonymous, place: int | None = None, hint: str | None = None) -> NoReturn:
        """Raise for a mistake in a call, or in one of its arguments.

        Raises:
            ProgrammingError: always.
        """
        source = self.building.statement.source
        raise ProgrammingError(message, source=source, span=self._span(tree, place), hint=hint)

    def _span(self, tree: exp.Anonymous, place: int | None) -> tuple[int, int] | None:
        statement = self.building.statement
        # of a text that is masked, what stands in the statement
        written = [each.args.get("default") if MASKED in each.meta else each for each in tree.expressions]
        places = [span for each in written if (span := statement.span(each)) is not None]
        names = (min(a for a, _ in places), max(b for _, b in places)) if places else None
        spans = call_spans(statement.source, tree.name)
        around = [each for each in spans if names and each[0][0] <= names[0] and names[1] <= each[0][1]]
        if not around and len(spans) == 1:
            around = spans
        if not around:
            return names
        whole, arguments = max(around)
        return arguments[place] if place is not None and place < len(arguments) else whole


def all_columns(parts: Iterator[Tree] | tuple[Tree, ...]) -> set[str]:
    """The names of the columns that trees read."""
    return {c.name for tree in parts for c in columns(tree)}


def _kind_in_words(value: object) -> str:
    return {"bool": "truth value", "date": "date", "datetime": "time", "tuple": "list"}.get(
        type(value).__name__, "number"
    )


_AS_TEXT = frozenset({"JSON", "UUID", '"NULL"'})
"""Types besides VARCHAR that are written as text."""
_ARGUMENT = {
    "means": "a criterion in plain words",
    "ask": "a question in plain words",
    "similarity": "a text to compare with",
    "classify": "a list of labels, such as ['praise', 'complaint']",
    "predict": "the name of a relation",
}
_PREDICT_HINT = "of any text that names a thing: predict(text, 'relation')"
_LABELS_HINT = (
    "classify(text, ['praise', 'complaint']), or a list of the labels of a table: (SELECT list(label) FROM …)"
)
