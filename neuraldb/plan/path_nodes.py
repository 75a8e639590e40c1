"""Support sets along paths of the graph: which steps find them, and the node that gives them."""

from __future__ import annotations

from dataclasses import dataclass

from neuraldb.core.errors import InterfaceError
from neuraldb.plan.base_nodes import Field, Node

STEPS = {
    "extraction": ("khop", "pagerank"),
    "filtering": ("shortest", "beam"),
    "refinement": ("none", "cosine", "reader"),
}
"""The names of each step's implementations (``neuraldb.operators``: subgraph_extraction, path_filtering,
path_refinement)."""
MOST_HOPS = 3
MOST_SETS = 8


@dataclass(frozen=True, slots=True)
class PathSteps:
    """How paths are found for a question (LEGO-GraphRAG's three steps, Cao et al. 2024).

    Attributes:
        extraction: what is cut out of the graph: all within ``hops``, or what personalised PageRank ranks high.
        filtering: which paths are looked at there: the shortest, or those whose relations are like the question.
        refinement: how they are ordered: as they come, by the cosine of their words with the question, or by a reader.
        hops: paths are at most so long.
        most: so many of the best become support sets.
    """

    extraction: str = "khop"
    filtering: str = "beam"
    refinement: str = "none"
    hops: int = MOST_HOPS
    most: int = MOST_SETS

    def __post_init__(self) -> None:
        for step, names in STEPS.items():
            name = getattr(self, step)
            if name not in names:
                raise InterfaceError(f"there is no {step} called {name}", candidates=names)
        if self.hops < 1 or self.most < 1:
            raise InterfaceError("paths have at least one hop, and there is at least one of them")

    @classmethod
    def parse(cls, text: str) -> PathSteps:
        """Steps written with pluses between them.

        Raises:
            InterfaceError: it does not name one implementation of each step.

        >>> PathSteps.parse("pagerank+beam+reader").refinement
        'reader'
        """
        names = text.split("+")
        if len(names) != len(STEPS):
            raise InterfaceError(
                f"{text!r} does not name the steps", hint="extraction+filtering+refinement, such as khop+beam+none"
            )
        extraction, filtering, refinement = names
        return cls(extraction, filtering, refinement)

    def __str__(self) -> str:
        return f"{self.extraction}+{self.filtering}+{self.refinement}"


@dataclass(frozen=True, slots=True)
class PathSets(Node):
    """Support sets for a question: the facts along paths between the names in it, or from its one name.

    Each path of at least two facts is a set, to be read together with the whole question; what one fact says is read
    without this. Columns: the ids and the readings of the set's ``facts`` in the order of the path, and the ``path`` as
    a text; a row rests on its facts.
    """

    query: str
    named: tuple[str, ...]
    steps: PathSteps = PathSteps()

    @property
    def columns(self) -> tuple[Field, ...]:
        return (Field("ids", "BIGINT[]"), Field("facts", "VARCHAR[]"), Field("path"))

    @property
    def label(self) -> str:
        hops = "1 hop" if self.steps.hops == 1 else f"{self.steps.hops} hops"
        return f"PathSets {self.query!r} named {list(self.named)} {self.steps} up to {hops}, at most {self.steps.most}"
