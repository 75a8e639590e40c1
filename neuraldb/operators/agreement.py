"""Derivations weighed by all that the facts say: how likely each answer is, and which ones count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from neuraldb.core.text import normalise
from neuraldb.models.agreement import Candidate
from neuraldb.operators.context import Context
from neuraldb.plan.sparql_names import singular
from neuraldb.stores.derivations import Derivation

AGREED = 0.5
"""An answer counts from this probability on, given all that speaks for and against it."""


def agreed(
    found: Sequence[Derivation],
    mode: str,
    readings: Mapping[int, str],
    anchors: Sequence[str],
    noun: str,
    context: Context,
) -> Sequence[Derivation]:
    """The derivations of the answers that are likely.

    The derivations of one answer are alternatives: their new confidences make it, together, as likely as it is.
    """
    agreement = context.models.agreement
    assert agreement is not None
    given = candidates_of(found, readings, noun, context)
    likely = agreement.likely(mode, given, bool(anchors))
    support = Counter(c.answer for c in given)
    return [
        replace(d, confidence=1.0 - (1.0 - likely[c.answer]) ** (1.0 / support[c.answer]))
        for d, c in zip(found, given, strict=True)
        if likely[c.answer] >= AGREED
    ]


def candidates_of(
    found: Sequence[Derivation], readings: Mapping[int, str], noun: str, context: Context
) -> list[Candidate]:
    """Derivations as the agreement model takes them: the same answer wherever its words are the same."""
    folded = [f" {normalise(text)} " for text in readings.values()]
    keys = {d.key_text or "": normalise(d.key_text or "") for d in found}
    mentioned = {key: sum(f" {key} " in text for text in folded) for key in set(keys.values())}
    kin = kinship(noun, sorted(set(keys.values())), context)
    out = []
    for d in found:
        key = keys[d.key_text or ""]
        value = normalise(d.value_text or "")
        plain = not any(c.isupper() or c.isdigit() for c in d.key_text or "")
        out.append(Candidate((key, value), key, d.fact, d.confidence, max(1, mentioned[key]), kin.get(key), plain))
    return out


def kinship(noun: str, names: Sequence[str], context: Context) -> dict[str, float]:
    """How near what each entity is said to be comes to the noun, as a cosine; nothing where nothing is said."""
    said = context.stores.classes(names) if noun else {}
    if not said:
        return {}
    words = sorted({cls for classes in said.values() for cls in classes})
    encoder = context.models.encoder
    vectors = encoder.encode([singular(noun), *words])
    context.counters.count("encoder", 1 + len(words))
    near = dict(zip(words, (vectors[1:] @ vectors[0]).tolist(), strict=True))
    return {
        name: sum(near[cls] * count for cls, count in classes.items()) / sum(classes.values())
        for name, classes in said.items()
    }
