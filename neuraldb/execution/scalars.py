"""Scalar expressions of the plan as DuckDB SQL; constants become named parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from neuraldb.core.errors import InternalError
from neuraldb.core.text import quoted
from neuraldb.plan.expressions import INFIX, Call, Column, Expression, Literal, Raw, Scalar, Shown


@dataclass
class Parameters:
    """Named parameters of one query, numbered as they come."""

    values: dict[str, object] = field(default_factory=dict)

    def bind(self, value: object) -> str:
        """A placeholder for the value."""
        name = f"p{len(self.values)}"
        self.values[name] = value
        return f"${name}"

    def adopt(self, named: tuple[tuple[str, Scalar], ...]) -> None:
        """Take over parameters that stand in a text already under unique names."""
        for name, value in named:
            if self.values.setdefault(name, value) is not value and self.values[name] != value:
                raise InternalError(f"two parameters are called {name}")


Render = Callable[[list[str]], str]


def _function(name: str) -> Render:
    return lambda a: f"{name}({', '.join(a)})"


FUNCTIONS: dict[str, Render] = {
    "not": lambda a: f"(NOT {a[0]})",
    "negate": lambda a: f"(-{a[0]})",
    "is null": lambda a: f"({a[0]} IS NULL)",
    "is not null": lambda a: f"({a[0]} IS NOT NULL)",
    "is true": lambda a: f"({a[0]} IS TRUE)",
    "in": lambda a: f"({a[0]} IN ({', '.join(a[1:])}))",
    "between": lambda a: f"({a[0]} BETWEEN {a[1]} AND {a[2]})",
    "case": lambda a: "CASE "
    + " ".join(f"WHEN {w} THEN {t}" for w, t in zip(a[0:-1:2], a[1::2], strict=True))
    + f" ELSE {a[-1]} END",
    "list": lambda a: f"[{', '.join(a)}]",
    **{name: _function(name) for name in (
        "coalesce", "abs", "round", "ceil", "floor", "lower", "upper", "length", "concat", "substring", "contains",
        "starts_with", "ends_with", "least", "greatest", "year", "month", "day", "regexp_matches", "regexp_replace",
        "replace", "trim", "list_contains", "cast_double", "if",
    )},
}  # fmt: skip
FUNCTIONS["cast_bigint"] = lambda a: f"TRY_CAST({a[0]} AS BIGINT)"
FUNCTIONS["days"] = lambda a: f"date_diff('day', DATE '1970-01-01', {a[0]})"
FUNCTIONS["cast_double"] = lambda a: f"TRY_CAST({a[0]} AS DOUBLE)"
FUNCTIONS["shared"] = lambda a: f"coalesce(l.{a[0]}, r.{a[0]})"  # a column that both sides of a join have
FUNCTIONS["cast_text"] = lambda a: f"CAST({a[0]} AS VARCHAR)"
"""Functions of the plan and their DuckDB form; what is not listed here cannot be called by a plan."""


def render(expression: Expression, parameters: Parameters) -> str:
    """The DuckDB SQL of an expression."""
    match expression:
        case Column(name):
            return quoted(name)
        case Literal(None):
            return "NULL"
        case Literal(value):
            return parameters.bind(value)
        case Raw(sql, _, named):
            parameters.adopt(named)
            return f"({sql})"
        case Shown(_, shown):
            return render(shown, parameters)
        case Call(function, arguments):
            parts = [render(a, parameters) for a in arguments]
            if function in INFIX:
                return "(" + f" {function.upper()} ".join(parts) + ")"
            if function in FUNCTIONS:
                return FUNCTIONS[function](parts)
            raise InternalError(f"the plan calls the unknown function {function}")
    raise InternalError(f"unknown expression {expression!r}")


def register(name: str, form: Render) -> None:
    """Add a function that plans may call; used by the graph algebra for its term functions."""
    FUNCTIONS[name] = form
