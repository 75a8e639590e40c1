"""The queries that speed is measured with, one a shape; where a query names a thing, each run names another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from neuraldb.core.rdf import RDF, XSD
from neuraldb.evaluation.sparql_speed_graph import BASE, Sizes

LARGE = 10_000
"""A join is large if one of its intermediate results has more rows than this: patterns are matched one after the other,
the most selective first, in a graph of a million triples."""
PREFIXES = f"PREFIX : <{BASE}>\nPREFIX rdf: <{RDF}>\nPREFIX xsd: <{XSD}>\n"


@dataclass(frozen=True, slots=True)
class SpeedQuery:
    """A query of the benchmark.

    Attributes:
        name: by which it is chosen.
        kind: ``look-up``, ``join``, ``aggregate``, ``path`` or ``other``; means are given for each.
        text: the query of a run, given the sizes of the graph and the number of the run.
        rows: of a join, the most rows of an intermediate result in a graph of a million triples.
    """

    name: str
    kind: str
    text: Callable[[Sizes, int], str]
    rows: int = 0

    @property
    def is_large(self) -> bool:
        """Whether it is a large join."""
        return self.rows > LARGE

    def written(self, sizes: Sizes, run: int) -> str:
        """The query of a run, with its prefixes."""
        return PREFIXES + self.text(sizes, run)


def _fixed(name: str, kind: str, text: str, rows: int = 0) -> SpeedQuery:
    return SpeedQuery(name, kind, lambda sizes, run: text, rows)


def _person(sizes: Sizes, run: int) -> str:
    return f"<{BASE}person/{(sizes.people // 3 + 101 * run) % sizes.people}>"


def _paper(sizes: Sizes, run: int) -> str:
    return f"<{BASE}paper/{sizes.papers - 1 - 7 * run % sizes.papers}>"


def _city(run: int) -> str:
    return f"<{BASE}city/{3 + run}>"


# the same eleven patterns of case 22 of the faults: classes first, what narrows them down last
_ELEVEN = """SELECT ?title ?name ?venue WHERE {{
  ?paper a :Paper . ?author a :Person . ?other a :Paper . ?university a :University . ?city a :City .
  ?paper :title ?title . ?author :name ?name . ?paper :creator ?author . ?paper :venue ?venue .
  ?author :memberOf ?university . ?university :partOf ?city . ?paper :cites ?other . ?other :creator {0} .
}}"""

QUERIES: tuple[SpeedQuery, ...] = (
    SpeedQuery("look-up", "look-up", lambda s, r: f"SELECT ?name {{ {_person(s, r)} :name ?name }}"),
    SpeedQuery("description", "look-up", lambda s, r: f"SELECT ?p ?o {{ {_person(s, r)} ?p ?o }}"),
    SpeedQuery("reverse", "look-up", lambda s, r: f"SELECT ?x {{ ?x :creator {_person(s, r)} }}"),
    SpeedQuery(
        "star",
        "join",
        lambda s, r: (
            f"SELECT ?name ?born ?income ?city {{ ?p :name ?name ; :birthDate ?born ; :income ?income ; "
            f":livesIn ?city . {_person(s, r)} :knows ?p }}"
        ),
        rows=7,
    ),
    SpeedQuery(
        "chain",
        "join",
        lambda s, r: f"SELECT DISTINCT ?d {{ {_person(s, r)} :knows ?a . ?a :knows ?b . ?b :knows ?c . ?c :knows ?d }}",
        rows=1_018,
    ),
    SpeedQuery(
        "snowflake",
        "join",
        lambda s, r: (
            "SELECT ?title ?name ?venueName ?topicName { ?paper :title ?title ; :creator ?author ; :venue ?venue ; "
            ":topic ?topic . ?venue :name ?venueName . ?topic :name ?topicName . ?author :name ?name ; "
            f":memberOf ?university ; :livesIn {_city(r)} . ?university :partOf ?city . ?city :partOf ?country }}"
        ),
        rows=2_113,
    ),
    _fixed("triangle", "join", "SELECT (COUNT(*) AS ?n) { ?a :knows ?b . ?b :knows ?c . ?c :knows ?a }", 1_240_481),
    _fixed(
        "coauthors",
        "join",
        "SELECT (COUNT(*) AS ?n) { ?paper :creator ?a , ?b . ?a :knows ?b . ?paper :cites ?old . ?old :creator ?a }",
        262_750,
    ),
    SpeedQuery("eleven", "join", lambda s, r: _ELEVEN.format(f"<{BASE}person/{500 + r}>"), rows=70),
    SpeedQuery(
        "optional",
        "other",
        lambda s, r: f"SELECT ?name ?email {{ ?p :livesIn {_city(r)} ; :name ?name OPTIONAL {{ ?p :email ?email }} }}",
    ),
    SpeedQuery(
        "not-exists",
        "other",
        lambda s, r: (
            f"SELECT ?p {{ ?p :livesIn ?c . ?c :partOf <{BASE}country/{r}> FILTER NOT EXISTS {{ ?x :creator ?p }} }}"
        ),
    ),
    _fixed("minus", "other", "SELECT (COUNT(*) AS ?n) { ?p a :Person MINUS { ?p :email ?e } }"),
    SpeedQuery(
        "union",
        "other",
        lambda s, r: (
            f"SELECT ?x {{ {{ ?x :creator <{BASE}person/{r}> }} UNION {{ ?x :knows <{BASE}person/{r}> }} "
            f"UNION {{ ?y :creator <{BASE}person/{r}> . ?x :cites ?y }} }}"
        ),
    ),
    SpeedQuery("cites+", "path", lambda s, r: f"SELECT ?x {{ {_paper(s, r)} :cites+ ?x }}"),
    SpeedQuery("broader*", "path", lambda s, r: f"SELECT ?p {{ ?t :broader* <{BASE}topic/{1 + r}> . ?p :topic ?t }}"),
    SpeedQuery("knows+", "path", lambda s, r: f"SELECT (COUNT(?x) AS ?n) {{ {_person(s, r)} :knows+ ?x }}"),
    _fixed("partOf+", "path", "SELECT ?a ?b { ?a :partOf+ ?b }"),
    # case 18 of the faults: both ends are bound by another pattern
    SpeedQuery(
        "bound-ends",
        "path",
        lambda s, r: (
            f"SELECT ?a ?b {{ ?a :knows ?b . ?a :livesIn {_city(20 + r)} . ?b :income ?i . ?a :income ?j . "
            "?a :livesIn/^:partOf?/^:livesIn ?b }"
        ),
    ),
    SpeedQuery(
        "regions",
        "path",
        lambda s, r: "SELECT ?region (COUNT(?p) AS ?n) { ?p :memberOf/:partOf+ ?region } GROUP BY ?region",
    ),
    _fixed("predicates", "aggregate", "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p"),
    _fixed(
        "group-having",
        "aggregate",
        "SELECT ?city (COUNT(?p) AS ?n) (AVG(?income) AS ?mean) { ?p :livesIn ?city ; :income ?income } "
        "GROUP BY ?city HAVING (COUNT(?p) > 50)",
    ),
    _fixed(
        "roll-up",
        "aggregate",
        "SELECT ?country (COUNT(DISTINCT ?paper) AS ?n) { ?paper :creator ?a . ?a :memberOf ?u . ?u :partOf ?c . "
        "?c :partOf ?country } GROUP BY ?country",
    ),
    _fixed("distinct", "aggregate", "SELECT (COUNT(DISTINCT ?a) AS ?n) { ?p :creator ?a ; :year ?y }"),
    _fixed("top-ten", "other", "SELECT ?p ?income { ?p :income ?income } ORDER BY DESC(?income) ?p LIMIT 10"),
    _fixed("contains", "other", 'SELECT ?p ?t { ?p :title ?t FILTER CONTAINS(LCASE(?t), "neural graph") }'),
    _fixed("regex", "other", 'SELECT ?p ?n { ?p :name ?n FILTER REGEX(?n, "^Anna .*77$") }'),
    _fixed("number-range", "other", "SELECT ?p ?i { ?p :income ?i FILTER(?i >= 150000 && ?i < 151000) }"),
    _fixed(
        "date-range",
        "other",
        'SELECT ?p ?d { ?p :birthDate ?d FILTER(?d >= "1960-01-01"^^xsd:date && ?d < "1960-03-01"^^xsd:date) }',
    ),
    _fixed(
        "subquery",
        "aggregate",
        "SELECT ?name ?n { ?a :name ?name { SELECT ?a (COUNT(?p) AS ?n) { ?p :creator ?a } "
        "GROUP BY ?a ORDER BY DESC(?n) ?a LIMIT 20 } }",
    ),
)
"""The queries, in the order in which they run."""


def chosen(names: list[str] | None) -> tuple[SpeedQuery, ...]:
    """The queries of these names, or all.

    Raises:
        KeyError: there is no query of a name.
    """
    by_name = {query.name: query for query in QUERIES}
    return QUERIES if names is None else tuple(by_name[name] for name in names)
