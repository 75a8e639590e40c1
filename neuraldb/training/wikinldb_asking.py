"""Chooses the questions about a WikiNLDB-like database: every type alike, some with joins, some without an answer."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from neuraldb.loading.wikinldb_databases import TYPES, Query
from neuraldb.training.wikinldb_facts import Stated, filled, is_number
from neuraldb.training.wikinldb_forms import Form, Plan
from neuraldb.training.wikinldb_gold import Asked, Gold, gold, pairs
from neuraldb.training.wikinldb_relations import RELATIONS

MOST_TIES, MOST_VALUES = 3, 60
"""Values of an answer to an argmin or argmax, and to a set question; of others too many tie, or are to be listed."""
MOST_TIMES = 2
"""How often one question is asked, at different heights."""
JOINS, EARLY, UNKNOWN = 0.45, 0.4, 0.15
"""How often a join is tried, a question is asked before all facts are told, and one has no answer (at most)."""
PATIENCE = 25
"""Trials that cost a type one of its questions."""
DENIED = 0.6
"""How often a yes-no question is about a relation of which a wrong object can be denied."""
NEGATIVES = 20
"""Hard negatives that a query names at most."""


class Asker:
    """Asks about one database.

    Args:
        plan: which forms there are.
        told: the facts in their order.
        rng: chooses.
    """

    def __init__(self, plan: Plan, told: Sequence[Stated], rng: random.Random) -> None:
        self.plan, self.told, self.rng = plan, told, rng
        present = {relation for fact in told for _, relation, _ in fact.triples}
        self.forms: dict[str, list[Form]] = defaultdict(list)
        for relation in plan.bases:
            for form in plan.forms[relation] if relation in present else ():
                self.forms[form.kind].append(form)
        self.pairs = {relation: [(s, o) for _, s, o in pairs(relation, told)] for relation in present}
        self._seen: set[tuple[str, int]] = set()
        self._times: Counter[str] = Counter()

    def queries(self, count: int) -> list[Query]:
        """At most so many; each of them is asked in other words or at another height."""
        out: list[Query] = []
        unknown = 0
        # of each type alike: the one of which there are fewest is next, unless it has been tried in vain
        tried = {kind: 0.0 for kind in TYPES if self.forms[kind]}
        for _ in range(60 * count):
            if len(out) == count or not tried:
                break
            kind = min(tried, key=lambda each: tried[each])
            tried[kind] += 1 / PATIENCE
            asked = self._ask(kind)
            height = self._height()
            if asked is None or (asked.text, height) in self._seen or self._times[asked.text] == MOST_TIMES:
                continue
            made = gold(asked, self.told, height)
            nothing = made.answer in ((), (None,), (0,))
            if not self._fair(asked, made) or (nothing and unknown >= UNKNOWN * count):
                continue
            self._seen.add((asked.text, height))
            self._times[asked.text] += 1
            unknown += nothing
            tried[kind] += 1 - 1 / PATIENCE
            out.append(self._query(asked, made, height, len(out)))
        return out

    def _height(self) -> int:
        size = len(self.told)
        return self.rng.randint(min(3, size), size) if self.rng.random() < EARLY else size

    def _fair(self, asked: Asked, made: Gold) -> bool:
        """Whether an answer can be expected: neither a long list, nor most of what there is, nor one alone."""
        kind = asked.form.kind
        if kind in ("argmin", "argmax"):
            return self._decided(asked, made)
        if kind in ("min", "max"):
            return len(made.derivations) != 1
        return len(made.answer) <= MOST_VALUES

    def _decided(self, asked: Asked, made: Gold) -> bool:
        """Whether few of several keys win; where more is asked of the winner, it must be known of each."""
        keys = {derivation.split(" [SEP] ")[0]: derivation.count("[SEP]") for derivation in made.derivations}
        if not keys:
            return not asked.expand
        told = {tuple(derivation.split(" [SEP] ")[:2]) for derivation in made.derivations}
        if len(told) < len(made.derivations):
            # where several things are asked of a key, the original counts it as often
            return False
        winners = made.winners
        known = not asked.expand or all(keys[winner] == 2 for winner in winners)
        return known and len(keys) > 1 and len(winners) <= min(MOST_TIES, len(keys) - 1)

    # ------------------------------------------------------------------------------------------------------- questions

    def _ask(self, kind: str) -> Asked | None:
        if self.rng.random() < JOINS:
            joined = self._joined(kind)
            if joined is not None:
                return joined
        form = self._form(kind)
        subject, name = self._ends(form)
        if subject is None or name is None:
            return None
        text = filled(form.text, subject, name)
        return Asked(form, text, subject if "s" in form.slots else None, name if "o" in form.slots else None)

    def _form(self, kind: str) -> Form:
        """A form of a type: one relation is as frequent as another, but of yes-no questions those that have a no."""
        forms = self.forms[kind]
        denied = [form for form in forms if not RELATIONS[form.relation].many]
        if kind == "bool" and denied and self.rng.random() < DENIED:
            forms = denied
        relation = self.rng.choice(sorted({form.relation for form in forms}))
        return self.rng.choice([form for form in forms if form.relation == relation])

    def _ends(self, form: Form) -> tuple[str | None, str | None]:
        """Names for the slots of a form; now and then such of which the relation is not told."""
        known = self.pairs[form.relation]
        pair = self.rng.choice(known)
        subject: str | None = pair[0]
        name: str | None = pair[1]
        if form.kind == "bool":
            if self.rng.random() < (0.5 if RELATIONS[form.relation].many else 0.7):
                name = self.rng.choice(known)[1]
            if self.rng.random() < UNKNOWN:
                subject = self._stranger(form.relation, "s")
            return subject, name
        if not form.slots:
            return subject, name
        slot = form.slots[0]
        if self.rng.random() < UNKNOWN:
            stranger = self._stranger(form.relation, slot)
            return (stranger, name) if slot == "s" else (subject, stranger)
        # one value each and many values are alike frequent
        counts = Counter(pair[slot == "o"] for pair in known)
        chosen = self.rng.choice(sorted(set(counts.values())))
        end = self.rng.choice([each for each, count in counts.items() if count == chosen])
        return (end, name) if slot == "s" else (subject, end)

    def _stranger(self, relation: str, slot: str) -> str | None:
        """A name of the same class of which something else is told; only of facts that tell all that they seem to."""
        end = slot == "o"
        kind = RELATIONS[relation].object if end else RELATIONS[relation].subject
        known = {pair[end] for pair in self.pairs[relation]}
        if RELATIONS[relation].symmetric:
            known |= {pair[not end] for pair in self.pairs[relation]}
        doubtful = {n for f in self.told if f.origin == "tekgen" for s, _, o in f.triples for n in (s, o)}
        names = {
            name
            for other, told in self.pairs.items()
            if other in RELATIONS
            for pair in told
            for name, other_kind in zip(pair, (RELATIONS[other].subject, RELATIONS[other].object), strict=True)
            if other_kind == kind and not is_number(other)
        }
        left = sorted(names - known - doubtful)
        return self.rng.choice(left) if left else None

    def _joined(self, kind: str) -> Asked | None:
        """A question of a type with a join, if there is one."""
        if kind in ("argmin", "argmax"):
            return self._expanded(kind)
        choices = [
            (form, slot, modifier)
            for form in self.forms[kind]
            for slot in form.slots
            for modifier in self.plan.filters.get((form.relation, slot), ())
            if self.pairs.get(modifier)
        ]
        if not choices:
            return None
        form, slot, modifier = self.rng.choice(choices)
        ends = {pair[slot == "o"] for pair in self.pairs[form.relation]}
        values = sorted({value for entity, value in self.pairs[modifier] if entity in ends})
        if not values:
            return None
        value = self.rng.choice(values)
        template = self.rng.choice(list(self.plan.filters[form.relation, slot][modifier]))
        description = filled(template.replace("$AO", "$o"), "", value)
        fitting = [p for p in self.pairs[form.relation] if (p[slot == "o"], value) in set(self.pairs[modifier])]
        subject, name = self.rng.choice(fitting)
        text = filled(form.text, description if slot == "s" else subject, description if slot == "o" else name)
        return Asked(
            form, text[:1].upper() + text[1:],
            subject if "s" in form.slots and slot != "s" else None,
            name if "o" in form.slots and slot != "o" else None,
            slot, (modifier, value),
        )  # fmt: skip

    def _expanded(self, kind: str) -> Asked | None:
        """What holds of the one with the most or the least: "the height of the player that has …"."""
        choices = [
            (form, modifier, phrase)
            for form in self.forms[kind]
            if re.match(r"Who (has|is|was|did)\b", form.text)
            for modifier, phrases in self.plan.expansions.get((form.relation, form.key), {}).items()
            if self.pairs.get(modifier)
            for phrase in phrases
        ]
        if not choices:
            return None
        form, modifier, phrase = self.rng.choice(choices)
        return Asked(form, f"{phrase} {form.text.removeprefix('Who ')}", expand=modifier)

    # --------------------------------------------------------------------------------------------------------- queries

    def _query(self, asked: Asked, made: Gold, height: int, number: int) -> Query:
        form = asked.form
        slot = {"s": "$o", "o": "$s"}.get(form.slots, form.pattern.replace(" ", ""))
        parts = [form.kind, form.relation, slot.lower() if form.kind == "bool" else slot]
        if asked.described:
            end = {"s": "subj", "o": "obj"}[asked.described]
            parts += ["join", asked.filter[0], asked.filter[1].replace(" ", "-"), end]
        if asked.expand:
            parts += ["join_extra", asked.expand, {"s": "subj", "o": "obj"}[form.key]]
        return Query(
            "_".join([*parts, str(number)]), asked.text, form.kind, form.relation, height,
            made.facts, made.derivations, made.answer, tuple(self._negatives(asked, made, height)),
        )  # fmt: skip

    def _negatives(self, asked: Asked, made: Gold, height: int) -> Iterator[int]:
        """Facts that tell the same relation, or something else of the same names, and support nothing."""
        support = {number for each in made.facts for number in each}
        names = {asked.subject, asked.object, asked.filter[1]} - {None, ""}
        found = 0
        for number, fact in enumerate(self.told[:height]):
            near = any(r == asked.form.relation or {s, o} & names for s, r, o in fact.triples)
            if near and number not in support and found < NEGATIVES:
                found += 1
                yield number
