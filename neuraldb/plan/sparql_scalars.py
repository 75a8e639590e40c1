"""Expressions of SPARQL compiled to expressions of the plan, over one multiset of solutions.

What an expression needs beside the columns of the solutions is put below it: parts of stored terms, EXISTS as a
column, and long intermediate results, so that the compiled text stays short.
"""

# ruff: noqa: D102 - the methods of Typed are documented there

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from neuraldb.core import rdf
from neuraldb.core.errors import NotSupportedError
from neuraldb.language import sparql_ast as ast
from neuraldb.language.sparql_text import written
from neuraldb.plan.expressions import Column, Expression, Literal, Shown, all_of, walk
from neuraldb.plan.nodes import Field
from neuraldb.plan.sparql_arithmetic import SUMS, arithmetic, numeric, rank_of, total
from neuraldb.plan.sparql_compare import equal, less
from neuraldb.plan.sparql_functions import BUILTINS, CASTS, simple, string
from neuraldb.plan.sparql_functions import language as language_of
from neuraldb.plan.sparql_names import Names
from neuraldb.plan.sparql_nodes import Extend, Fresh, Provenance, TermParts
from neuraldb.plan.sparql_provenance import FACTS, SCORE, rests_on
from neuraldb.plan.sparql_regex import flagged, replacement
from neuraldb.plan.sparql_scope import Solutions
from neuraldb.plan.sparql_values import (
    NULL,
    RANKS,
    Constant,
    Number,
    Packed,
    Stored,
    Text,
    Truth,
    Typed,
    any_of,
    call,
    case,
    choose,
    effective,
)

LONG = 48
"""Parts of an expression from which on it is computed once, in a column of its own."""
STRIDE = 100
"""Terms of a sum that are added at once."""
BY_SCOPE = frozenset({
    "BOUND", "IF", "COALESCE", "REGEX", "REPLACE", "RAND", "NOW", "UUID", "STRUUID", "BNODE"
})  # fmt: skip
"""Functions that read more than the values of their arguments."""
SOLUTION = ".solution"
"""A column that tells solutions apart, from which BNODE makes its labels."""


ExistsColumn = Callable[[Solutions, ast.Exists, str], Solutions]
"""Gives the solutions with a BOOLEAN column of this name: whether each has a match of the pattern."""


@dataclass(frozen=True)
class Unbound(Typed):
    """No term: a variable that is bound nowhere."""

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset()

    def part(self, name: str) -> Expression:
        return NULL

    def pack(self) -> Expression:
        return NULL

    def bound(self) -> Expression:
        return Literal(False)


@dataclass
class Scope:
    """Compiles expressions over some solutions; :meth:`finish` gives the solutions they are to be read from.

    Attributes:
        solutions: what the expressions are about.
        names: binds names.
        exists: evaluates EXISTS.
        aggregates: what the aggregates of a grouped query gave: a term, or the variable that is bound to it.
        inline: keep expressions whole, however long.
        provenance: the variables that stand for what a solution rests on, ``score`` and ``evidence``, or one of them.
    """

    solutions: Solutions
    names: Names
    exists: ExistsColumn
    aggregates: Mapping[ast.AggregateCall, Typed | str] = field(default_factory=dict)
    inline: bool = False
    provenance: frozenset[str] = frozenset()
    _lookups: dict[str, None] = field(default_factory=dict)
    _layers: list[Callable[[Solutions], Solutions]] = field(default_factory=list)
    _told_apart: bool = False
    _rests_on: tuple[str, ...] | None = None

    # ------------------------------------------------------------------------------------------------ what is below

    @property
    def layered(self) -> bool:
        """Whether more than columns and their parts has to be computed below."""
        return bool(self._layers)

    @property
    def lookups(self) -> tuple[str, ...]:
        """The variables whose terms are looked up."""
        return tuple(self._lookups)

    def finish(self) -> Solutions:
        """The solutions with all the columns that the compiled expressions read."""
        solutions = self.solutions
        if self._lookups:
            bound = solutions.certain & set(self._lookups)
            solutions = solutions.over(TermParts(solutions.plan, self.lookups, bound))
        for layer in self._layers:
            solutions = layer(solutions)
        return solutions

    def _fresh(self) -> str:
        # a dot, so that it is no variable; the count of columns below, so that it is no other helper's name
        return f".{len(self.solutions.variables)}.{len(self._layers)}"

    def _column(self, expression: Expression, type: str, written: str) -> Column:
        """An expression computed below, as a column."""
        name = self._fresh()

        shown = Shown(written, expression)
        self._layers.append(lambda s: s.over(Extend(s.plan, ((Field(name, type), shown),))))
        return Column(name)

    def _new(self, type: str) -> Column:
        """A column with a new value in each solution."""
        name = self._fresh()
        self._layers.append(lambda s: s.over(Fresh(s.plan, (Field(name, type),))))
        return Column(name)

    def _short(self, term: Typed, expression: ast.Expression) -> Typed:
        """The term, read from columns where its parts are long, since they will be used several times."""
        if self.inline:
            return term
        match term:
            case Number(value, rank, exact):
                exact = None if exact is None else self._shorter(exact, "HUGEINT", "integer ", expression)
                if exact is not None and rank == Literal(0):
                    return Number.integer(exact)
                rank = self._shorter(rank, "INTEGER", "type of ", expression)
                return Number(self._shorter(value, "DOUBLE", "", expression), rank, exact)
            case Text(value, tag, kind):
                tag = self._shorter(tag, "VARCHAR", "language of ", expression)
                return Text(self._shorter(value, "VARCHAR", "", expression), tag, kind)
            case Packed(value, shape) if not isinstance(value, Column):
                return Packed(self._column(value, "VALUE", written(expression)), shape)
        return term

    def _shorter(self, expression: Expression, type: str, what: str, of: ast.Expression) -> Expression:
        size = sum(1 for _ in islice(walk(expression), LONG + 1))
        return self._column(expression, type, what + written(of)) if size > LONG else expression

    def truth(self, expression: ast.Expression) -> Expression:
        """The effective boolean value, for use in several places."""
        value = effective(self.typed(expression))
        return value if self.inline else self._shorter(value, "BOOLEAN", "", expression)

    # ------------------------------------------------------------------------------------------------ expressions

    def condition(self, expression: ast.Expression) -> Expression:
        """The effective boolean value."""
        return Shown(written(expression), effective(self.typed(expression)))

    def typed(self, expression: ast.Expression) -> Typed:
        """The term that an expression gives.

        Raises:
            NotSupportedError: a function is unknown or not built.
        """
        match expression:
            case ast.Var(name):
                return self.variable(name)
            case ast.RdfLiteral(text, datatype, language):
                return Constant(rdf.literal(text, datatype, language))
            case ast.Iri(text):
                return Constant(rdf.Literal("iri", text))
            case ast.Name():
                self.names.entity(expression)
                return Constant(rdf.Literal("entity", expression.words))
            case ast.AggregateCall():
                given = self.aggregates[expression]
                return self.variable(given) if isinstance(given, str) else given
            case ast.Exists():
                name = self._fresh()
                self._layers.append(lambda s: self.exists(s, expression, name))
                column: Expression = Column(name)
                return Truth(call("not", column) if expression.negated else column)
            case ast.Operation():
                return self._short(self._operation(expression), expression)
            case ast.Builtin():
                return self._short(self._builtin(expression), expression)
            case ast.FunctionCall():
                return self._short(self._function(expression), expression)

    def variable(self, name: str) -> Typed:
        """The term that a variable is bound to."""
        if name not in self.solutions.variables:
            return self._provenance(name) if name in self.provenance else Unbound()
        if self.solutions.type(name) == "VALUE":
            return Packed(Column(name), self.solutions.shapes.get(name, "term"))
        self._lookups[name] = None
        return Stored(name, self.names.large_integers)

    def _provenance(self, name: str) -> Typed:
        """What the solutions rest on, as computed below."""
        if self._rests_on is None:
            self._rests_on = tuple(f"{self._fresh()}.{n}" for n in (SCORE, FACTS))
            score, facts = self._rests_on
            self._layers.append(lambda s: s.over(Provenance(s.plan, score, facts)))
        return rests_on(name, *self._rests_on)

    def _operation(self, operation: ast.Operation) -> Typed:
        operator, arguments = operation.operator, operation.arguments
        match operator:
            case "||" | "&&":
                parts = [effective(self.typed(a)) for a in arguments]
                return Truth(any_of(parts) if operator == "||" else all_of(parts))
            case "!":
                return Truth(call("not", effective(self.typed(arguments[0]))))
            case "=":
                return Truth(self._equal(*arguments))
            case "!=":
                return Truth(call("not", self._equal(*arguments)))
            case "in" | "not in":
                found = any_of([self._equal(arguments[0], a) for a in arguments[1:]])
                return Truth(call("not", found) if operator == "not in" else found)
            case "<" | "<=" | ">" | ">=":
                return Truth(less(self.typed(arguments[0]), self.typed(arguments[1]), operator))
            case "negate":
                term = self.typed(arguments[0])
                return numeric("negate", term)
            case "identity":
                term = self.typed(arguments[0])
                return Number(term.number(), term.rank(), term.whole() if term.large else None)
            case _:
                return self._arithmetic(operation)

    def _arithmetic(self, operation: ast.Operation) -> Typed:
        """Numbers computed from the left on; what is long is put in columns on the way."""
        operator, (first, *others) = operation.operator, operation.arguments
        result = self.typed(first)
        size = STRIDE if operator in SUMS else 1
        for i in range(0, len(others), size):
            more = [self.typed(a) for a in others[i : i + size]]
            if i:
                result = self._short(result, replace(operation, arguments=operation.arguments[: i + 1]))
            rank = rank_of(operator, [result, *more])
            if len(more) > 1 and not self.inline and not isinstance(rank, Literal):
                rank = self._column(rank, "INTEGER", f"type of {written(operation)}")
            if operator in SUMS:
                result = total(operator, [result, *more], rank)
            else:
                result = arithmetic(operator, result, more[0], rank)
        return result

    def _equal(self, left: ast.Expression, right: ast.Expression) -> Expression:
        for one, other in ((left, right), (right, left)):
            # a stored term is a certain IRI or entity if it has the id
            if isinstance(one, ast.Var) and isinstance(other, ast.Iri | ast.Name) and self._is_stored(one.name):
                ids = self.names.node(other).ids
                known = call("in", Column(one.name), *map(Literal, ids)) if ids else Literal(False)
                return case((call("is not null", Column(one.name)), known))
        return equal(self.typed(left), self.typed(right))

    def _is_stored(self, variable: str) -> bool:
        return variable in self.solutions.variables and self.solutions.type(variable) == "TERM"

    # ------------------------------------------------------------------------------------------------ functions

    def _builtin(self, builtin: ast.Builtin) -> Typed:
        name, arguments = builtin.name, builtin.arguments
        match name:
            case "BOUND":
                variable = arguments[0]
                assert isinstance(variable, ast.Var)
                if variable.name not in self.solutions.variables:
                    return Truth(Literal(variable.name in self.provenance))
                return Truth(call("is not null", Column(variable.name)))
            case "IF":
                return choose(self.truth(arguments[0]), self.typed(arguments[1]), self.typed(arguments[2]))
            case "COALESCE":
                return self._coalesce([self.typed(a) for a in arguments])
            case "REGEX":
                return self._regex(builtin)
            case "REPLACE":
                return self._replace(builtin)
            case "SAMETERM" if all(isinstance(a, ast.Var) and self._is_stored(a.name) for a in arguments):
                return Truth(call("=", *(Column(a.name) for a in arguments if isinstance(a, ast.Var))))
            case "RAND":
                return Number(self._new("DOUBLE"), Literal(RANKS.index("double")))
            case "STRUUID":
                return Text(self._new("VARCHAR"))
            case "UUID":
                return Text(call("join_texts", Literal("urn:uuid:"), self._new("VARCHAR")), kind="iri")
            case "NOW":
                return Constant(rdf.literal(self.names.moment, rdf.XSD + "dateTime"))
            case "BNODE":
                return self._blank(arguments)
        return BUILTINS[name]([self.typed(a) for a in arguments])

    def _blank(self, arguments: tuple[ast.Expression, ...]) -> Typed:
        """A new blank node; one of a label is the same wherever that label stands within one solution."""
        if not arguments:
            return Text(call("blank_label", self._new("VARCHAR"), Literal("")), kind="blank")
        label = simple(self.typed(arguments[0]))
        if SOLUTION not in self.solutions.variables and not self._told_apart:
            self._layers.append(lambda s: s.over(Fresh(s.plan, (Field(SOLUTION, "VARCHAR"),))))
            self._told_apart = True
        return Text(call("blank_label", Column(SOLUTION), label), kind="blank")

    def _function(self, function: ast.FunctionCall) -> Typed:
        cast = CASTS.get(function.function.text) if isinstance(function.function, ast.Iri) else None
        if cast is None:
            casts = ", ".join(f"xsd:{name.removeprefix(rdf.XSD)}" for name in CASTS if name not in rdf.INTEGERS)
            raise NotSupportedError(
                f"there is no function {function.function}",
                span=function.function.span,
                hint=f"an IRI is a function where it names a datatype: {casts}, xsd:integer",
            )
        if len(function.arguments) != 1 or function.distinct:
            raise NotSupportedError("a cast takes one argument", span=function.span)
        return cast([self.typed(function.arguments[0])])

    @staticmethod
    def _coalesce(terms: list[Typed]) -> Typed:
        terms = [t for t in terms if not isinstance(t, Unbound)] or [Unbound()]
        if all(isinstance(t, Truth) for t in terms):
            return Truth(call("coalesce", *(t.value for t in terms if isinstance(t, Truth))))
        shapes = {t.shape for t in terms}
        return Packed(call("coalesce", *(t.pack() for t in terms)), shapes.pop() if len(shapes) == 1 else "term")

    def _regex(self, builtin: ast.Builtin) -> Typed:
        text, pattern = (self.typed(a) for a in builtin.arguments[:2])
        return Truth(call("match", string(text), self._pattern(pattern, builtin.arguments[2:])))

    def _replace(self, builtin: ast.Builtin) -> Typed:
        text, pattern, by = (self.typed(a) for a in builtin.arguments[:3])
        new = Literal(replacement(by.literal.text)) if isinstance(by, Constant) else call("replacement", simple(by))
        changed = call("substitute", string(text), self._pattern(pattern, builtin.arguments[3:]), new)
        return Text(changed, language_of(text))

    def _pattern(self, pattern: Typed, flags: tuple[ast.Expression, ...]) -> Expression:
        """A regular expression with its flags."""
        letters = ""
        if flags:
            if not isinstance(flags[0], ast.RdfLiteral):
                return call("flagged", simple(pattern), simple(self.typed(flags[0])))
            letters = flags[0].text
        if set(letters) - set("smixq"):
            return NULL
        return flagged(simple(pattern), letters)
