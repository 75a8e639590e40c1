"""Walks through the graph as table functions of SQL: ``FROM paths('Anna Berg', 'Oslo')``.

Arguments are constants or parameters, by place or by name (``hops := 2``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from neuraldb.core.text import identifier
from neuraldb.language.parameters import Bindable
from neuraldb.plan.sql_context import Building
from neuraldb.plan.sql_tree import Tree, constant, plain
from neuraldb.plan.traversal_nodes import MOST_PATHS, Components, Neighbours, PageRank, Paths, Traversal, Walk

Places = tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """What a table function takes, and the node it stands for.

    Attributes:
        names: its own parameters, in order; after them come those of :data:`WALK`, by name only.
        required: how many of them must be given.
        build: the node from the values of its own parameters, the walk and the places of the names.
    """

    names: tuple[str, ...]
    required: int
    build: Callable[[dict[str, Any], Walk, Places], Traversal]


WALK = ("directed", "relations", "graph", "min_confidence")
"""What every function takes: where the walk may go."""
FUNCTIONS: dict[str, Signature] = {
    "shortest_path": Signature(
        ("start", "end"), 2, lambda given, walk, places: Paths(**given, most=1, walk=walk, places=places)
    ),
    "paths": Signature(
        ("start", "end", "hops", "most"), 2, lambda given, walk, places: Paths(**given, walk=walk, places=places)
    ),
    "neighbours": Signature(
        ("start", "hops"), 1, lambda given, walk, places: Neighbours(**given, walk=walk, places=places)
    ),
    "pagerank": Signature(
        ("seeds", "damping"), 0, lambda given, walk, places: PageRank(**given, walk=walk, places=places)
    ),
    "components": Signature((), 0, lambda given, walk, places: Components(walk=walk)),
}
"""The functions by name."""

_TEXT, _LIST = "a text", "a text or a list of texts"
_SHARE, _COUNT = "a number from 0 to 1", "a whole number from 1 on"
KINDS = {
    "start": _TEXT, "end": _TEXT, "hops": _COUNT, "most": _COUNT, "seeds": _LIST, "damping": _SHARE,
    "directed": "true or false", "relations": _LIST, "graph": _TEXT, "min_confidence": _SHARE,
}  # fmt: skip
"""What each parameter is."""
DEFAULTS = {"hops": "shortest paths only; 1 of neighbours", "most": str(MOST_PATHS), "damping": "0.85"}


def called(tree: Tree) -> str | None:
    """The name of the function if an item of FROM calls one of :data:`FUNCTIONS`."""
    name = identifier(tree.name) if isinstance(tree, exp.Anonymous) else ""
    return name if name in FUNCTIONS and isinstance(tree.parent, exp.Table) else None


def traversal(tree: exp.Anonymous, building: Building) -> Traversal:
    """The node of a call.

    Raises:
        ProgrammingError: an argument is missing, unknown, given twice, of the wrong kind, or no constant.
    """
    name = identifier(tree.name)
    signature = FUNCTIONS[name]
    trees = _arguments(tree, name, signature, building)
    missing = [p for p in signature.names[: signature.required] if p not in trees]
    if missing:
        building.wrong(f"{name} needs {' and '.join(missing)}", tree, _form(name))
    values = {p: _value(p, t, building) for p, t in trees.items()}
    walk = Walk(**{p: value for p, value in values.items() if p in WALK and value is not None})
    own = {p: value for p, value in values.items() if p in signature.names and value is not None}
    places = tuple(building.statement.span(trees[p]) for p in ("start", "end", "seeds") if p in trees)
    return signature.build(own, walk, places)


def _form(name: str) -> str:
    signature = FUNCTIONS[name]
    own = [p if i < signature.required else f"[{p}]" for i, p in enumerate(signature.names)]
    return f"{name}({', '.join([*own, *(f'[{p} := …]' for p in WALK)])})"


def _arguments(tree: exp.Anonymous, name: str, signature: Signature, building: Building) -> dict[str, Tree]:
    """The trees of the arguments by parameter."""
    found: dict[str, Tree] = {}
    known = (*signature.names, *WALK)
    for place, given in enumerate(tree.expressions):
        if isinstance(given, exp.PropertyEQ | exp.Kwarg | exp.EQ):
            parameter, value = identifier(given.this.name), given.expression
            if parameter not in known:
                building.wrong(f"{name} has no parameter {parameter}", given, _form(name))
        elif place < len(signature.names):
            parameter, value = signature.names[place], given
        else:
            building.wrong(f"{name} takes {len(signature.names)} arguments by place", given, _form(name))
        if parameter in found:
            building.wrong(f"{parameter} is given twice", given)
        found[parameter] = value
    return found


def _value(parameter: str, tree: Tree, building: Building) -> Any:
    known, value = _constant(tree, building)
    if not known:
        building.wrong(f"{parameter} is a constant or a parameter", tree, "each call is one walk, not one for each row")
    if value is None and parameter not in ("start", "end"):
        return None
    match KINDS[parameter], value:
        case "a text", str() if value.strip():
            return value
        case "a text or a list of texts", str() if value.strip():
            return (value,)
        case "a text or a list of texts", tuple() if all(isinstance(v, str) and v.strip() for v in value):
            return value
        case "true or false", bool():
            return value
        case "a whole number from 1 on", int() if not isinstance(value, bool) and value >= 1:
            return value
        case "a number from 0 to 1", int() | float() if not isinstance(value, bool) and 0 <= value <= 1:
            return float(value)
    return building.wrong(f"{parameter} is {KINDS[parameter]}", tree)


def _constant(tree: Tree, building: Building) -> tuple[bool, Bindable]:
    tree = plain(tree)
    if isinstance(tree, exp.Array):
        items = [constant(item, building.values) for item in tree.expressions]
        return all(known for known, _ in items), tuple(value for _, value in items)
    return constant(tree, building.values)
