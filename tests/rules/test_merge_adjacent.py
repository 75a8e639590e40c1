"""Neighbouring nodes that become one."""

from __future__ import annotations

import pytest

from neuraldb.plan import nodes as n
from neuraldb.plan.explain import explain
from neuraldb.plan.expressions import Column, Raw
from neuraldb.plan.rules.merge_adjacent import merge_adjacent
from rules.plans import FACTS, apply


def test_projections_become_one() -> None:
    inner = n.Project(FACTS, ((n.Field("x", "BIGINT"), Raw('"f.id" + 1', ("f.id",))), (n.Field("t"), Column("f.text"))))
    outer = n.Project(inner, ((n.Field("y", "BIGINT"), Column("x")), (n.Field("u"), Raw('upper("t")', ("t",)))))
    assert apply(merge_adjacent, outer) == "Project f.id + 1 as y, upper(f.text) as u\n└─ Scan facts as f"


def test_what_is_computed_once_is_not_computed_twice() -> None:
    inner = n.Project(FACTS, ((n.Field("x", "BIGINT"), Raw('"f.id" + 1', ("f.id",))),))
    twice = n.Project(inner, ((n.Field("y", "BIGINT"), Column("x")), (n.Field("z", "BIGINT"), Column("x"))))
    assert apply(merge_adjacent, twice) == explain(twice)


def test_what_varies_is_not_moved() -> None:
    inner = n.Project(FACTS, ((n.Field("x", "DOUBLE"), Raw("random()")),))
    outer = n.Project(inner, ((n.Field("y", "DOUBLE"), Column("x")),))
    assert apply(merge_adjacent, outer) == explain(outer)


def test_idle_nodes_go() -> None:
    idle = n.Project(FACTS, tuple((f, Column(f.name)) for f in FACTS.columns))
    assert (
        apply(merge_adjacent, n.Distinct(n.Distinct(n.Sort(idle, (n.Order(Column("f.id")),)))))
        == "Distinct\n└─ Scan facts as f"
    )
    turned = n.Project(FACTS, tuple((f, Column(f.name)) for f in reversed(FACTS.columns)))
    assert apply(merge_adjacent, turned) == explain(turned)


@pytest.mark.parametrize(
    ("inner", "outer", "after"),
    [
        ((10, 0), (5, 0), "Limit 5"),
        ((3, 0), (5, 1), "Limit 2 offset 1"),
        ((3, 2), (None, 1), "Limit 2 offset 3"),
        ((2, 0), (5, 4), "Limit 0 offset 4"),
        ((None, 2), (None, 3), "Limit None offset 5"),
    ],
)
def test_limits(inner: tuple[int | None, int], outer: tuple[int | None, int], after: str) -> None:
    assert apply(merge_adjacent, n.Limit(n.Limit(FACTS, *inner), *outer)) == f"{after}\n└─ Scan facts as f"
