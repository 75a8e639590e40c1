"""What a predictor does not know, in words: no rows may mean that nothing is likely, or that nothing is known."""

from __future__ import annotations

from collections.abc import Sequence

from neuraldb.operators.context import Context
from neuraldb.operators.predicted import Predictions
from neuraldb.plan.graph_nodes import TermConstant

NAMED = 3
"""Things that a note names; it says how many more there are."""
LEARN = "db.train_links() learns of what came since"


def unknown(relation: TermConstant, fruitless: Sequence[int], known: Predictions, context: Context) -> list[str]:
    """Notes on a relation, and on the ends of which nothing was predicted.

    Args:
        relation: the stored relation; without ids there is nothing to say that the plan has not said.
        fruitless: ids of terms.
        known: the predictions.
        context: of the statement.
    """
    numbers = known.relation_numbers(relation.ids)
    name = relation.text.strip("<>")
    if not relation.ids:
        return []
    if not numbers:
        return [f"{name} joins no two things, so nothing is predicted of it"]
    if all(number >= known.trained_relations for number in numbers):
        return [f"{name} came after the training, so nothing is predicted of it; {LEARN}"]
    edgeless: list[int] = []
    later: list[int] = []
    for term in fruitless:
        number = known.number(term)
        if number is None:
            edgeless.append(term)
        elif number >= known.trained:
            later.append(term)
    why = "there are no rules" if known.rules is None else "no rule speaks of it"
    return [
        *_note(edgeless, "is joined to nothing, so nothing is predicted of it", context),
        *_note(later, f"came after the training, and {why}; {LEARN}", context),
    ]


def _note(terms: Sequence[int], says: str, context: Context) -> list[str]:
    """One note on things; values are none, and nothing is said of them."""
    stored = [term for term in terms if term > 0]
    things = [t.text for t in context.stores.graph.terms(stored) if t.kind in ("entity", "iri", "blank")]
    if not things:
        return []
    more = f" (and {len(things) - NAMED} more)" if len(things) > NAMED else ""
    return [f"{', '.join(things[:NAMED])}{more} {says}"]
