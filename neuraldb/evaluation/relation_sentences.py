"""How much of a relation is found in a few sentences: in its triples, by reading its facts, and by both."""

from __future__ import annotations

from collections.abc import Iterable

from neuraldb.core.text import mentions
from neuraldb.language.sparql_ast import Name
from neuraldb.models.registry import Models
from neuraldb.plan.nodes import AttributeScan, Decode, TermConstant, TriplePattern, Variable
from neuraldb.plan.sparql_names import Names
from neuraldb.session import Session
from neuraldb.stores.facts import NewFact

Pair = tuple[str, str]

TOLD: tuple[tuple[str, dict[str, Pair]], ...] = (
    ("Anna Berg was born in Oslo.", {"bornIn": ("Anna Berg", "Oslo")}),
    ("Nils Dahl was born in Bergen in 1975.", {"bornIn": ("Nils Dahl", "Bergen")}),
    ("Carla Rossi, who was born in Rome, paints portraits.", {"bornIn": ("Carla Rossi", "Rome")}),
    ("Marek Novak hails from Brno.", {"bornIn": ("Marek Novak", "Brno")}),
    ("The birthplace of Ingrid Lund is Tromsø.", {"bornIn": ("Ingrid Lund", "Tromsø")}),
    ("Born in Lyon in 1931, Paul Girard became a violinist.", {"bornIn": ("Paul Girard", "Lyon")}),
    ("Yuki Mori came into the world in Kobe.", {"bornIn": ("Yuki Mori", "Kobe")}),
    ("Emma Clarke, a native of Leeds, is a surgeon.", {"bornIn": ("Emma Clarke", "Leeds")}),
    ("Omar Haddad's place of birth is Tunis.", {"bornIn": ("Omar Haddad", "Tunis")}),
    ("Lucia Vega was born in Seville and grew up in Madrid.", {"bornIn": ("Lucia Vega", "Seville")}),
    ("It was in Graz that Felix Bauer was born.", {"bornIn": ("Felix Bauer", "Graz")}),
    ("Sofia Lindqvist was born on a farm near Uppsala.", {"bornIn": ("Sofia Lindqvist", "Uppsala")}),
    ("Anna Berg works for Equinor.", {"employedBy": ("Anna Berg", "Equinor")}),
    ("Nils Dahl is a geologist at Statkraft.", {"employedBy": ("Nils Dahl", "Statkraft")}),
    ("Marek Novak has been with Škoda since 2012.", {"employedBy": ("Marek Novak", "Škoda")}),
    ("Siemens employs Felix Bauer as an engineer.", {"employedBy": ("Felix Bauer", "Siemens")}),
    ("Emma Clarke's employer is St James's Hospital.", {"employedBy": ("Emma Clarke", "St James's Hospital")}),
    ("Yuki Mori joined Toyota as a designer.", {"employedBy": ("Yuki Mori", "Toyota")}),
    ("Omar Haddad earns his living at Carthage Cement.", {"employedBy": ("Omar Haddad", "Carthage Cement")}),
    ("Lucia Vega works as a nurse for the Red Cross.", {"employedBy": ("Lucia Vega", "Red Cross")}),
    ("Casa Verde was designed by Gianni Moretti.", {"architect": ("Casa Verde", "Gianni Moretti")}),
    ("The architect of the Harbour Tower is Mei Chen.", {"architect": ("Harbour Tower", "Mei Chen")}),
    ("Peter Holm drew up the plans for the Lund Library.", {"architect": ("Lund Library", "Peter Holm")}),
    ("The Old Mill is the work of Jane Archer.", {"architect": ("Old Mill", "Jane Archer")}),
    ("Gianni Moretti also built the Theatre of Parma.", {"architect": ("Theatre of Parma", "Gianni Moretti")}),
    ("Mount Hekla is 1,491 metres high.", {}),
    ("Equinor has its head office in Stavanger.", {}),
    ("Siemens was founded in Berlin.", {}),
    ("Paul Girard died in Geneva in 2004.", {}),
    ("Ingrid Lund lives in Narvik.", {}),
    ("The Harbour Tower stands in Hong Kong.", {}),
    ("Carla Rossi is married to Gianni Moretti.", {}),
    ("Sofia Lindqvist studied at Lund University.", {}),
    ("Toyota makes cars in Nagoya.", {}),
    ("The Lund Library opened in 1990.", {}),
    ("Statkraft owns nine power stations in Norway.", {}),
)
"""Sentences, and what each says of the relations that are asked for; none of them is in any training data."""
WORDS = {"bornIn": "born in", "employedBy": "employed by", "architect": "architect"}
"""The names that are asked for, and their words."""


def report(models: Models | None = None) -> str:
    """Precision and recall of each relation, by way; a pair is right if both ends are named, or parts of them."""
    session = Session(":memory:", models=models)
    try:
        session.add([NewFact(text) for text, _ in TOLD])
        lines = [f"{'relation':<12}{'way':<10}{'precision':>9}{'recall':>8}   bound to"]
        for name in WORDS:
            gold = {said[name] for _, said in TOLD if name in said}
            for way, found, bound in _ways(session, name):
                right = [pair for pair in found if any(_same(pair, g) for g in gold)]
                known = sum(any(_same(pair, g) for pair in found) for g in gold)
                precision = f"{len(right) / len(found):.2f}" if found else "-"
                lines.append(f"{name:<12}{way:<10}{precision:>9}{known / len(gold):>8.2f}   {bound}")
        return "\n".join(lines)
    finally:
        session.close()


def _ways(session: Session, name: str) -> Iterable[tuple[str, list[Pair], str]]:
    term = Name(name, WORDS[name])
    names = Names(session.catalogue)
    relation = names.relation(term) or TermConstant("nothing", ())
    stored = TriplePattern(Variable("x"), relation, Variable("y"))
    for way, plan in (("triples", stored), ("reader", AttributeScan(term.words, "x", "y"))):
        rows = session.run_plan(Decode(plan, ("x", "y"))).fetchall()
        yield way, [(str(x), str(y)) for x, y in rows], relation.text if way == "triples" else ""
    rows = session.run(f"SELECT ?x ?y {{ ?x :{name} ?y }}", "sparql").fetchall()
    yield "both", [(str(x), str(y)) for x, y in rows], ""


def _same(one: Pair, other: Pair) -> bool:
    return all(mentions(a, b) or mentions(b, a) for a, b in zip(one, other, strict=True))
