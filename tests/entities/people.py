"""Three people, what is told of them, and what can be seen of it."""

from __future__ import annotations

from neuraldb.api import Connection

FACTS = ("Anna Berg visited Oslo.", "Annie B visited Bergen.", "Nils Dahl visited Oslo.", "Anna Berg plays chess.")
HOW_MANY = "How many people visited something?"
WHO = "Who visited Oslo?"


def told_of(db: Connection, name: str) -> list[tuple[str, str]]:
    """What is known of one entity, in SPARQL."""
    rows = db.sparql("SELECT ?p ?o WHERE { %s ?p ?o }", [name]).fetchall()
    return sorted(row[:2] for row in rows)


def seen(db: Connection) -> object:
    """All that can be seen of entities."""
    database = db.session.stores.database
    mentions = database.rows("SELECT fact, start_char, term, own FROM store.mentions ORDER BY ALL")
    triples = database.rows(
        "SELECT subject, relation, object, fact, own_subject, own_object FROM store.triples "
        "WHERE recorded_to IS NULL ORDER BY ALL"
    )
    return db.entities(), mentions, triples, db.ask(HOW_MANY).scalar()
