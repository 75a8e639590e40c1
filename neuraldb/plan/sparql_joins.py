"""The parts of a basic graph pattern joined: which are matched together, and where chains of steps begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from neuraldb.plan.nodes import Node, TermConstant, TriplePattern, Variable
from neuraldb.plan.sparql_nodes import BasicPattern, Certain, PathClosure
from neuraldb.plan.sparql_order import SizesOf, connected, ends_of, matches, ordered
from neuraldb.plan.sparql_scope import UNIT, Solutions, distinct, join, keep


@dataclass(frozen=True)
class Known:
    """Solutions that are joined already.

    Attributes:
        solutions: the rows.
        rows: about how many.
        nodes: the variables that are bound to nodes of the graph for sure.
    """

    solutions: Solutions
    rows: float
    nodes: frozenset[str]


def matched_together(patterns: Sequence[TriplePattern], sizes_of: SizesOf) -> Known:
    """The solutions of triple patterns, in the order that is best."""
    best, rows = ordered(patterns, sizes_of)
    columns = tuple(dict.fromkeys(c.name for p in patterns for c in p.columns))
    plan: Node = best[0] if len(best) == 1 else BasicPattern(best, columns)
    return Known(Solutions(plan, plan.names), rows, frozenset(ends_of(best)))


def joined(patterns: Sequence[TriplePattern], others: Sequence[Solutions], sizes_of: SizesOf) -> Solutions:
    """Triple patterns and solutions of other kinds, as one.

    Chains of steps whose ends other patterns bind begin at what those bind, instead of everywhere.
    """
    if not others:
        return matched_together(patterns, sizes_of).solutions if patterns else UNIT
    groups = [matched_together(g, sizes_of) for g in connected(patterns)]
    groups.sort(key=lambda known: known.rows)
    waiting: list[Known | Solutions] = [*groups, *others]
    done = UNIT
    while waiting:
        part = next((w for w in waiting if set(done.variables) & set(_solutions(w).variables)), waiting[0])
        waiting.remove(part)
        if isinstance(part, Solutions) and isinstance(part.plan, PathClosure):
            part = part.over(_begun(part.plan, done, groups, sizes_of))
        done = join(done, _solutions(part))
    return done


def _solutions(part: Known | Solutions) -> Solutions:
    return part.solutions if isinstance(part, Known) else part


def _begun(path: PathClosure, done: Solutions, groups: Sequence[Known], sizes_of: SizesOf) -> PathClosure:
    """The chains that begin at terms which other solutions bind; as it is where that saves nothing."""
    if isinstance(path.graph, Variable) or path.subject == path.object:
        return path
    if not (isinstance(path.subject, Variable) and isinstance(path.object, Variable)):
        return path
    ends = path.subject.name, path.object.name
    steps = steps_of(path, sizes_of)
    choices = [(g.rows, e, g.solutions) for g in groups for e in ends if e in g.nodes and g.rows < steps]
    if choices:
        _, end, solutions = min(choices, key=lambda choice: (choice[0], ends.index(choice[1])))
    elif path.minimum > 0 and (reached := [e for e in ends if _is_reached(e, done, groups)]):
        end, solutions = reached[0], done
    else:
        return path
    starts = keep(solutions, (end,))
    return replace(path, starts=distinct(starts.over(Certain(starts.plan))).plan, few=True)


def _is_reached(end: str, done: Solutions, groups: Sequence[Known]) -> bool:
    """Whether another path leads to an end; not one that is given its starts, or plans would double each time."""
    if end not in done.certain or done.type(end) != "TERM" or any(end in g.nodes for g in groups):
        return False
    return not any(isinstance(node, PathClosure) and node.starts is not None for node in done.plan.below())


def steps_of(path: PathClosure, sizes_of: SizesOf) -> float:
    """About how many pairs a path would begin with: the steps, and for none at all every node."""
    every = sizes_of(None).triples
    child = path.child
    if path.minimum == 0 or not (isinstance(child, TriplePattern) and isinstance(child.predicate, TermConstant)):
        return every
    return matches(child, sizes_of)
