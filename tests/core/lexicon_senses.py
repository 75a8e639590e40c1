"""The senses of relations as the lexicon has them; run as a program it writes the file that is shipped."""

from __future__ import annotations

from collections.abc import Iterator

from neuraldb.core.relation_names import relation_key
from neuraldb.core.relation_senses import FILE, Sense, written
from neuraldb.training.vocabulary import DateAttribute, load_lexicon


def from_lexicon() -> Iterator[tuple[str, Sense]]:
    """Each relation, quantity and date of the lexicon by the name of its domain and its own."""
    for domain in load_lexicon():
        for predicate in (*domain.relations, *domain.quantities, *domain.dates):
            words = frozenset(map(relation_key, predicate.attributes)) - {""}
            one = isinstance(predicate, DateAttribute) or predicate.functional
            yield f"{domain.name}.{predicate.name}", Sense(words, one)


if __name__ == "__main__":
    FILE.write_text(written(from_lexicon()), encoding="utf-8")
