"""The tables of a database file.

What NeuralDB keeps is in the DuckDB schema ``store``; change it through the stores only. What users see are the views
``facts``, ``triples``, ``entities`` and ``history`` in DuckDB's schema ``main``, and these four names are taken there:
a user's own tables live beside them under any other name. All times are UTC.

Facts are bitemporal: ``valid_from`` and ``valid_to`` say when a fact holds in the world, ``recorded_from`` and
``recorded_to`` when the database held it to be true; ``recorded_to IS NULL`` is what is current. Nothing is deleted
when a fact is forgotten, so the past can be asked.
"""

from __future__ import annotations

FORMAT = "neuraldb"
FORMAT_VERSION = 1

TABLES = (
    "CREATE SCHEMA store",
    # what the file is: format, format_version
    "CREATE TABLE store.meta (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL)",
    # subject: whom the text is about where it does not say so itself
    """CREATE TABLE store.facts (
        id BIGINT PRIMARY KEY,
        text VARCHAR NOT NULL,
        digest VARCHAR NOT NULL,
        subject VARCHAR,
        labels VARCHAR[] NOT NULL,
        asserted_at TIMESTAMP NOT NULL,
        valid_from TIMESTAMP,
        valid_to TIMESTAMP,
        recorded_from TIMESTAMP NOT NULL,
        recorded_to TIMESTAMP)""",
    "CREATE INDEX facts_by_digest ON store.facts (digest)",
    # one row an assertion: a fact that was told twice has two; source is '' where none was named
    "CREATE TABLE store.sources (fact BIGINT NOT NULL, source VARCHAR NOT NULL, recorded_from TIMESTAMP NOT NULL)",
    "CREATE TABLE store.embeddings (fact BIGINT NOT NULL, model VARCHAR NOT NULL, vector FLOAT[] NOT NULL)",
    # text is the lexical form and part of the identity: "01", "+1" and "1" are three terms. key is the folded text, but
    # of IRIs, blank nodes, numbers, dates and truth values the text itself. number is in the canonical unit; date_from
    # and date_to are the first and last day that a date may mean
    """CREATE TABLE store.terms (
        id BIGINT PRIMARY KEY,
        kind VARCHAR NOT NULL,
        text VARCHAR NOT NULL,
        datatype VARCHAR NOT NULL,
        language VARCHAR NOT NULL,
        key VARCHAR NOT NULL,
        number DOUBLE,
        unit VARCHAR,
        date_from DATE,
        date_to DATE,
        UNIQUE (kind, text, datatype, language))""",
    "CREATE INDEX terms_by_text ON store.terms (text)",
    "CREATE INDEX terms_by_key ON store.terms (key)",
    # under which texts a term is known; every entity is known under its own name (origin 'name')
    """CREATE TABLE store.aliases (
        id BIGINT PRIMARY KEY,
        key VARCHAR NOT NULL,
        term BIGINT NOT NULL,
        text VARCHAR NOT NULL,
        origin VARCHAR NOT NULL)""",
    "CREATE INDEX aliases_by_key ON store.aliases (key)",
    """CREATE TABLE store.mentions (
        fact BIGINT NOT NULL,
        start_char INTEGER NOT NULL,
        end_char INTEGER NOT NULL,
        text VARCHAR NOT NULL,
        term BIGINT NOT NULL,
        confidence FLOAT NOT NULL,
        own BIGINT)""",
    # subject, relation, object and graph are ids of terms; graph NULL is the default graph, fact NULL is imported data.
    # here and in mentions, own is the term that stood there before names were merged; NULL where it still does. start
    # and end are places in the fact's text; NULL where the end of the triple does not stand there
    """CREATE TABLE store.triples (
        id BIGINT PRIMARY KEY,
        subject BIGINT NOT NULL,
        relation BIGINT NOT NULL,
        object BIGINT NOT NULL,
        graph BIGINT,
        confidence FLOAT NOT NULL,
        fact BIGINT,
        recorded_from TIMESTAMP NOT NULL,
        recorded_to TIMESTAMP,
        own_subject BIGINT,
        own_object BIGINT,
        subject_start BIGINT,
        subject_end BIGINT,
        object_start BIGINT,
        object_end BIGINT)""",
    # action: add, duplicate, forget, supersede, import, merge, split, undo, bind,
    # unbind; related is the other fact of a supersede
    """CREATE TABLE store.history (
        id BIGINT PRIMARY KEY,
        recorded_at TIMESTAMP NOT NULL,
        action VARCHAR NOT NULL,
        fact BIGINT,
        related BIGINT,
        text VARCHAR,
        detail VARCHAR)""",
    # what a reader model found in a fact for a query. rank 0 with NULLs: it found nothing, and need not look again
    """CREATE TABLE store.derivations (
        model VARCHAR NOT NULL,
        query_key VARCHAR NOT NULL,
        fact BIGINT NOT NULL,
        rank INTEGER NOT NULL,
        key_text VARCHAR,
        value_text VARCHAR,
        key_start INTEGER,
        key_end INTEGER,
        value_start INTEGER,
        value_end INTEGER,
        verdict VARCHAR,
        confidence FLOAT)""",
    "CREATE INDEX derivations_by_query ON store.derivations (query_key)",
    "CREATE TABLE store.models (name VARCHAR PRIMARY KEY, version VARCHAR, digest VARCHAR, card JSON)",
    # how far the load of a file has come, so that it can be resumed
    "CREATE TABLE store.imports (path VARCHAR, digest VARCHAR, position BIGINT NOT NULL, PRIMARY KEY (path, digest))",
    # which terms are one entity. kind: merge (term is other, because somebody said so), link (because its name is a
    # form of the other's), apart (it is not, whatever the names), part (it was split off). change and ended_by are ids
    # of the history; change is NULL for links
    """CREATE TABLE IF NOT EXISTS store.merges (
        id BIGINT PRIMARY KEY,
        change BIGINT,
        kind VARCHAR NOT NULL,
        term BIGINT NOT NULL,
        other BIGINT NOT NULL,
        recorded_from TIMESTAMP NOT NULL,
        recorded_to TIMESTAMP,
        ended_by BIGINT)""",
    # which entity a mention meant until recorded_to, where that has changed
    """CREATE TABLE IF NOT EXISTS store.past_mentions (
        fact BIGINT NOT NULL,
        start_char INTEGER NOT NULL,
        end_char INTEGER NOT NULL,
        term BIGINT NOT NULL,
        recorded_to TIMESTAMP NOT NULL)""",
    # what the relations of facts mean: a vector a term (kind 'relation') of the space that the model names
    """CREATE TABLE IF NOT EXISTS store.relations (
        term BIGINT NOT NULL,
        model VARCHAR NOT NULL,
        vector FLOAT[] NOT NULL,
        PRIMARY KEY (term, model))""",
    # trainings of a link predictor, the newest of which is used: what its vectors are of, and its rules
    """CREATE TABLE IF NOT EXISTS store.link_models (
        id BIGINT PRIMARY KEY,
        trained_at TIMESTAMP NOT NULL,
        entities BIGINT[] NOT NULL,
        relations BIGINT[] NOT NULL,
        rules BLOB NOT NULL,
        card VARCHAR NOT NULL)""",
    # role: entity, or a relation as it is (forward) or from object to subject (backward); place orders them
    """CREATE TABLE IF NOT EXISTS store.link_vectors (
        model BIGINT NOT NULL,
        role VARCHAR NOT NULL,
        term BIGINT NOT NULL,
        place BIGINT NOT NULL,
        vector FLOAT[] NOT NULL)""",
    # what a model said of a text, of whatever table, for a prompt: text is a digest, value is JSON
    """CREATE TABLE IF NOT EXISTS store.judgements (
        model VARCHAR NOT NULL,
        prompt VARCHAR NOT NULL,
        text BLOB NOT NULL,
        value VARCHAR NOT NULL,
        confidence DOUBLE NOT NULL)""",
    # what somebody says that the name of a column or a table means; key is the folded name
    """CREATE TABLE IF NOT EXISTS store.bindings (
        kind VARCHAR NOT NULL,
        key VARCHAR NOT NULL,
        name VARCHAR NOT NULL,
        meaning VARCHAR NOT NULL,
        recorded_from TIMESTAMP NOT NULL,
        recorded_to TIMESTAMP)""",
    # views over neural queries: key is the name as DuckDB folds it, reads are the relations in the query. Of those that
    # are materialized the rows stand in store."rows:key", and upto is the last change that they know of
    """CREATE TABLE IF NOT EXISTS store.views (
        key VARCHAR NOT NULL,
        name VARCHAR NOT NULL,
        query VARCHAR NOT NULL,
        reads VARCHAR[] NOT NULL,
        materialized BOOLEAN NOT NULL,
        columns VARCHAR[] NOT NULL,
        types VARCHAR[] NOT NULL,
        upto BIGINT)""",
)

LATER_TABLES = (
    "store.merges",
    "store.past_mentions",
    "store.relations",
    "store.link_models",
    "store.link_vectors",
    "store.judgements",
    "store.bindings",
    "store.views",
)
"""Tables that files of this format may lack, since they were made before there were any."""
LATER_COLUMNS = (
    ("store.mentions", "own"),
    ("store.triples", "own_subject"),
    ("store.triples", "own_object"),
    ("store.triples", "subject_start"),
    ("store.triples", "subject_end"),
    ("store.triples", "object_start"),
    ("store.triples", "object_end"),
)
"""The same of columns, all BIGINT and NULL where nobody has written them."""

VIEWS = (
    """CREATE VIEW main.facts AS
        SELECT f.id, f.text, f.subject, coalesce(s.sources, []) AS sources, f.labels, f.asserted_at, f.valid_from,
               f.valid_to, f.recorded_from
        FROM store.facts f
        LEFT JOIN (SELECT fact, list(source ORDER BY recorded_from, rowid) AS sources
                   FROM store.sources GROUP BY fact) s ON s.fact = f.id
        WHERE f.recorded_to IS NULL""",
    """CREATE VIEW main.triples AS
        SELECT t.id, s.text AS subject, r.text AS relation, o.text AS object, o.number, o.unit, o.date_from AS date,
               o.date_to, t.confidence, t.fact, t.subject_start, t.subject_end, t.object_start, t.object_end
        FROM store.triples t
        JOIN store.terms s ON s.id = t.subject
        JOIN store.terms r ON r.id = t.relation
        JOIN store.terms o ON o.id = t.object
        WHERE t.recorded_to IS NULL""",
    # an entity of which nothing is known any more is not shown
    """CREATE VIEW main.entities AS
        WITH RECURSIVE told AS (
            SELECT m.term, count(DISTINCT m.fact) AS facts
            FROM store.mentions m JOIN store.facts f ON f.id = m.fact
            WHERE f.recorded_to IS NULL GROUP BY m.term),
        ends AS (
            SELECT id, subject AS term FROM store.triples WHERE recorded_to IS NULL
            UNION SELECT id, object FROM store.triples WHERE recorded_to IS NULL),
        linked AS (SELECT term, count(*) AS triples FROM ends GROUP BY term),
        merged AS (
            SELECT term, other FROM store.merges WHERE kind IN ('merge', 'link') AND recorded_to IS NULL
            UNION SELECT m.term, n.other FROM merged m JOIN store.merges n ON n.term = m.other
            WHERE n.kind IN ('merge', 'link') AND n.recorded_to IS NULL),
        parts AS (SELECT term, other FROM store.merges WHERE kind = 'part' AND recorded_to IS NULL),
        names AS (
            SELECT term, text FROM store.aliases WHERE origin <> 'name'
            UNION SELECT m.other, a.text FROM merged m LEFT JOIN parts p ON p.term = m.term
            JOIN store.aliases a ON a.term = coalesce(p.other, m.term)
            UNION SELECT m.other, t.text FROM merged m JOIN store.terms t ON t.id = m.term WHERE t.kind = 'iri'),
        known AS (SELECT term, list(DISTINCT text ORDER BY text) AS aliases FROM names GROUP BY term)
        SELECT e.id, e.text AS name, coalesce(k.aliases, []) AS aliases, coalesce(t.facts, 0) AS facts,
               coalesce(l.triples, 0) AS triples
        FROM store.terms e
        LEFT JOIN told t ON t.term = e.id
        LEFT JOIN linked l ON l.term = e.id
        LEFT JOIN known k ON k.term = e.id
        WHERE e.kind IN ('entity', 'iri') AND (t.facts > 0 OR l.triples > 0)""",
    "CREATE VIEW main.history AS SELECT id, recorded_at, action, fact, related, text, detail FROM store.history",
)

USER_VIEWS = ("facts", "triples", "entities", "history")
