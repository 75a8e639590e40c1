"""Tables that no one has declared: which rows they have, and how their cells compare."""

# ruff: noqa: E501 - tables of cases are read by the row
from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import pytest

from neuraldb.core.errors import BindError, NotSupportedError
from neuraldb.plan.catalogue import RelationBinding
from neuraldb.plan.explain import bindings
from neuraldb.plan.nodes import Node
from neuraldb.plan.semantic_nodes import VirtualScan
from sql.world import World


def scans(node: Node) -> list[VirtualScan]:
    found = [node] if isinstance(node, VirtualScan) else []
    return found + [s for child in node.children for s in scans(child)]


CASES: list[tuple[str, list[tuple[Any, ...]]]] = [
    # the entity's name: the singular, the plural, "name", the alias
    ("SELECT person, employer FROM people WHERE birthplace = 'Oslo'", [("Anna Berg", "Equinor"), ("Carl Dahl", "NASA")]),
    ("SELECT name FROM people WHERE employer = 'Equinor'", [("Anna Berg",)]),
    ("SELECT people FROM people WHERE employer = 'Equinor'", [("Anna Berg",)]),
    ("SELECT person_name FROM people p WHERE p = 'anna berg'", [("Anna Berg",)]),
    ("SELECT p.PERSON FROM People AS p WHERE p.Name = 'ANNA BERG'", [("Anna Berg",)]),
    # names as people mean them: case, aliases
    ("SELECT name FROM mountains WHERE country = 'usa'", [("Denali",), ("Rainier",)]),
    ("SELECT name FROM mountains WHERE country <> 'US'", [("Galdhøpiggen",), ("Snøhetta",)]),
    ("SELECT name FROM mountains WHERE country IN ('America', 'Sweden')", [("Denali",), ("Rainier",)]),
    ("SELECT name FROM mountains WHERE country NOT IN ('America', 'Sweden')", [("Galdhøpiggen",), ("Snøhetta",)]),
    ("SELECT name FROM mountains WHERE 'norway' = country", [("Galdhøpiggen",), ("Snøhetta",)]),
    # unknown is neither
    ("SELECT name FROM mountains WHERE country IS NULL", [("Mount Doom",)]),
    ("SELECT name FROM mountains WHERE NOT country = 'Norway' OR country = 'Norway'", [("Denali",), ("Galdhøpiggen",), ("Rainier",), ("Snøhetta",)]),
    ("SELECT name FROM mountains WHERE country IS DISTINCT FROM 'Norway'", [("Denali",), ("Mount Doom",), ("Rainier",)]),
    # numbers with units, whatever the spelling
    ("SELECT name FROM mountains WHERE height > 3000", [("Denali",), ("Rainier",)]),
    ("SELECT name FROM mountains WHERE height >= '4.392 km'", [("Denali",), ("Rainier",)]),
    ("SELECT name FROM mountains WHERE height = '4392 m'", [("Rainier",)]),
    ("SELECT name FROM mountains WHERE height = 4392", [("Rainier",)]),
    ("SELECT name FROM mountains WHERE height <> 4392", [("Denali",), ("Galdhøpiggen",), ("Snøhetta",)]),
    ("SELECT name FROM mountains WHERE height > '3000 kg'", []),
    ("SELECT name FROM mountains WHERE height BETWEEN 900 AND 3000", [("Galdhøpiggen",), ("Snøhetta",)]),
    ("SELECT name FROM mountains WHERE height IN (933, 6190)", [("Denali",), ("Snøhetta",)]),
    ("SELECT name FROM mountains WHERE height / 1000 > 4.5", [("Denali",)]),
    ("SELECT name FROM mountains WHERE height * 2 < 2000", [("Snøhetta",)]),
    ("SELECT name FROM mountains WHERE 3000 < height", [("Denali",), ("Rainier",)]),
    ("SELECT name, height::DOUBLE FROM mountains WHERE height::INTEGER < 1000", [("Snøhetta", 933.0)]),
    ("SELECT name, CASE WHEN height > 5000 THEN 'high' ELSE 'low' END AS c FROM mountains WHERE country = 'US'", [("Denali", "high"), ("Rainier", "low")]),
    ("SELECT name, coalesce(height, 0) AS h FROM mountains WHERE country IS NULL", [("Mount Doom", 0.0)]),
    ("SELECT name, round(height / 1000, 1) AS km FROM mountains WHERE name = 'Denali'", [("Denali", 6.2)]),
    # the text is what stands in the fact
    ("SELECT height FROM mountains WHERE name = 'Rainier'", [("4.392 km",)]),
    # dates and years
    ("SELECT name FROM people WHERE birth_date < '1950'", [("Carl Dahl",)]),
    ("SELECT name FROM people WHERE birth_date > 1979", [("Anna Berg",)]),
    ("SELECT name FROM people WHERE birth_date >= DATE '1979-05-03'", [("Anna Berg",), ("Nils Berg",)]),
    ("SELECT name FROM people WHERE birth_date = '1979'", [("Nils Berg",)]),
    ("SELECT name FROM people WHERE birth_date = 'May 1979'", [("Nils Berg",)]),
    ("SELECT name FROM people WHERE birth_date <> '1979'", [("Anna Berg",), ("Carl Dahl",)]),
    ("SELECT name FROM people WHERE birth_date BETWEEN '1970-01-01' AND '1980-01-01'", [("Nils Berg",)]),
    ("SELECT name, year(birth_date) AS y FROM people WHERE spouse = 'Carl Dahl'", [("Anna Berg", 1982)]),
    ("SELECT name, 2000 - birth_date AS age FROM people WHERE name = 'Nils Berg'", [("Nils Berg", 21.0)]),
    ("SELECT name FROM people WHERE birth_date + INTERVAL 10 YEAR > DATE '1990-01-01'", [("Anna Berg",)]),
    ("SELECT birth_date::DATE AS d FROM people WHERE name = 'Nils Berg'", [(datetime.date(1979, 5, 3),)]),
    ("SELECT name FROM companies WHERE founded > 1960", [("Equinor",)]),
    # order: numbers as numbers, dates as dates, unknown last
    ("SELECT name FROM mountains ORDER BY height DESC", [("Denali",), ("Rainier",), ("Galdhøpiggen",), ("Snøhetta",), ("Mount Doom",)]),
    ("SELECT name FROM mountains ORDER BY height LIMIT 2", [("Snøhetta",), ("Galdhøpiggen",)]),
    ("SELECT name FROM people ORDER BY birth_date", [("Carl Dahl",), ("Nils Berg",), ("Anna Berg",), ("John Doe",)]),
    ("SELECT name FROM companies ORDER BY founded", [("NASA",), ("Equinor",)]),
    ("SELECT name FROM people ORDER BY name DESC", [("Nils Berg",), ("John Doe",), ("Carl Dahl",), ("Anna Berg",)]),
    ("SELECT name, rank() OVER (ORDER BY height DESC) AS r FROM mountains ORDER BY r LIMIT 2", [("Denali", 1), ("Rainier", 2)]),
    ("SELECT DISTINCT height FROM mountains ORDER BY height LIMIT 2", [("933 m",), ("2,469 m",)]),
    ("SELECT height AS h FROM mountains UNION ALL SELECT height FROM mountains ORDER BY h LIMIT 3", [("933 m",), ("933 m",), ("2,469 m",)]),
    # aggregates
    ("SELECT max(height), min(height), count(*), count(height) FROM mountains", [("6190 m", "933 m", 5, 4)]),
    ("SELECT max(birth_date), min(birth_date) FROM people", [("1982", "1949-12-31")]),
    ("SELECT min(name), max(name) FROM people", [("Anna Berg", "Nils Berg")]),
    ("SELECT sum(height), avg(height) FROM mountains WHERE country = 'Norway'", [(3402.0, 1701.0)]),
    ("SELECT country, count(*) AS n FROM mountains GROUP BY country ORDER BY n DESC, country", [("Norway", 2), ("United States", 2), (None, 1)]),
    ("SELECT country, max(height) AS top FROM mountains GROUP BY country HAVING max(height::DOUBLE) > 3000 ORDER BY country", [("United States", "6190 m")]),
    ("SELECT count(*) FROM people WHERE birthplace = 'Atlantis'", [(0,)]),
    ("SELECT count(DISTINCT employer) FROM people", [(2,)]),
    # joins
    ("SELECT p.name, c.population FROM people p JOIN cities c ON c.name = p.birthplace ORDER BY p.name", [("Anna Berg", 700000), ("Carl Dahl", 700000), ("John Doe", 650000), ("Nils Berg", 290000)]),
    ("SELECT p.name, c.founded FROM people p JOIN companies c ON p.employer = c.name WHERE c.country = 'US' ORDER BY 1", [("Carl Dahl", "29 July 1958"), ("John Doe", "29 July 1958")]),
    ("SELECT a.name FROM people a JOIN people b ON a.spouse = b.name AND a.birth_date > b.birth_date", [("Anna Berg",)]),
    ("SELECT p.name, c.founded FROM people p LEFT JOIN companies c ON p.employer = c.name WHERE p.birthplace = 'Bergen'", [("Nils Berg", None)]),
    ("SELECT m.name FROM mountains m JOIN cities c USING (country) WHERE c.name = 'Boston' ORDER BY 1", [("Denali",), ("Rainier",)]),
    # subqueries, common tables
    ("SELECT name FROM people WHERE employer IN (SELECT name FROM companies WHERE country = 'Norway')", [("Anna Berg",)]),
    ("SELECT name FROM people WHERE name NOT IN (SELECT spouse FROM people)", [("John Doe",), ("Nils Berg",)]),
    ("SELECT name FROM people WHERE birthplace IN (SELECT name FROM cities WHERE population < 300000)", [("Nils Berg",)]),
    ("SELECT name FROM cities WHERE name IN (SELECT birthplace FROM people WHERE employer = 'NASA')", [("Boston",), ("Oslo",)]),
    ("SELECT name FROM people p WHERE EXISTS (SELECT 1 FROM orders o WHERE o.city = p.birthplace AND o.amount > 15)", [("Anna Berg",), ("Carl Dahl",)]),
    ("SELECT name FROM people WHERE EXISTS (SELECT 1 FROM companies c WHERE c.name = employer AND country = 'Norway')", [("Anna Berg",)]),
    ("SELECT name FROM people WHERE EXISTS (SELECT 1 FROM mountains WHERE height > 6000 AND birthplace = 'Boston')", [("John Doe",)]),
    ("SELECT name FROM people p WHERE NOT EXISTS (SELECT 1 FROM companies c WHERE c.name = p.employer)", [("Nils Berg",)]),
    ("SELECT name FROM mountains WHERE height > (SELECT avg(height) FROM mountains)", [("Denali",), ("Rainier",)]),
    ("SELECT name FROM mountains WHERE height = (SELECT max(height) FROM mountains)", [("Denali",)]),
    ("SELECT name FROM mountains WHERE height > (SELECT max(population) / 500 FROM cities)", [("Denali",), ("Rainier",)]),
    ("SELECT name, (SELECT count(*) FROM companies) AS n FROM people WHERE name = 'John Doe'", [("John Doe", 2)]),
    ("WITH m AS (SELECT name, height FROM mountains) SELECT name FROM m WHERE height > 3000 ORDER BY height", [("Rainier",), ("Denali",)]),
    ("WITH m(n, h) AS (SELECT DISTINCT name, height FROM mountains) SELECT n FROM m WHERE h < 1000", [("Snøhetta",)]),
    ("SELECT x.c, max(x.height) AS m FROM (SELECT country AS c, height FROM mountains WHERE country = 'Norway') x GROUP BY x.c", [("Norway", "2,469 m")]),
    ("SELECT name FROM people EXCEPT SELECT spouse FROM people", [("John Doe",), ("Nils Berg",)]),
    # the rest of SQL over them
    ("SELECT upper(name) AS u FROM people WHERE name LIKE 'A%'", [("ANNA BERG",)]),
    ("SELECT lower(birthplace) AS b, count(*) FROM people GROUP BY b ORDER BY 2 DESC, 1 LIMIT 1", [("oslo", 2)]),
    ("SELECT count(*) FROM people, companies", [(8,)]),
    ("SELECT name FROM people WHERE employer = birthplace", []),
    ("SELECT * FROM companies ORDER BY name", [("Equinor", "Norway", "1972"), ("NASA", "USA", "29 July 1958")]),
    ("SELECT * EXCLUDE (country) FROM companies WHERE name = 'nasa'", [("NASA", "29 July 1958")]),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "expected"), CASES)
def test_rows(world: World, sql: str, expected: list[tuple[Any, ...]]) -> None:
    rows = world.rows(sql)
    assert rows == expected if "ORDER BY" in sql else sorted(rows, key=repr) == sorted(expected, key=repr)


def test_parameters_are_compared_like_literals(world: World) -> None:
    assert world.rows("SELECT name FROM mountains WHERE country = %s AND height > %s", ["us", 5000]) == [("Denali",)]
    day = datetime.date(1950, 1, 1)
    assert world.rows("SELECT name FROM people WHERE birth_date < %(d)s", {"d": day}) == [("Carl Dahl",)]


def test_evidence_goes_through(world: World) -> None:
    # facts 1 and 3 of the fake people; each virtual row has confidence 0.9
    sql = "SELECT person, employer FROM people WHERE birthplace = 'Oslo' ORDER BY 1"
    assert world.evidence(sql) == [([1], 0.9), ([3], 0.9)]
    both = "SELECT p.name FROM people p JOIN companies c ON p.employer = c.name WHERE c.country = 'Norway'"
    assert world.evidence(both) == [([1], 0.81)]
    assert world.evidence("SELECT count(*) FROM companies") == [([1, 2], 0.81)]
    assert world.evidence("SELECT count(*) FROM people WHERE name = 'Nobody'") == [([], 1.0)]


def test_title_is_the_name_where_no_such_attribute_is_known(world: World) -> None:
    world.virtual = {"books": [{"name": "Emma", "author": "Jane Austen"}], "staff": [{"name": "Ann", "title": "chef"}]}
    assert world.rows("SELECT title, author FROM books") == [("Emma", "Jane Austen")]
    assert world.rows("SELECT title FROM staff") == [("chef",)]
    # the name is used: then a title is an attribute
    (scan,) = scans(world.plan("SELECT name, title FROM books"))
    assert [a.name for a in scan.attributes] == ["title"]


def test_query_is_in_words(world: World) -> None:
    (scan,) = scans(world.plan("SELECT birthDate, country_of_birth FROM space_travellers"))
    assert [scan.query(a) for a in scan.attributes] == [
        "space travellers: birth date", "space travellers: country of birth"
    ]  # fmt: skip
    assert scan.query() == "space travellers"


ERRORS: list[tuple[str, str, str, tuple[str, ...]]] = [
    # statement, message, what the carets point at, candidates
    ("SELECT * FROM fcats", "there is no table fcats", "fcats", ("facts",)),
    ("SELECT name FROM citeis", "there is no table citeis", "citeis", ("cities",)),
    ("SELECT f.tex FROM facts f, people", "f has no column tex", "f.tex", ("text",)),
    ("SELECT tex, name FROM facts, people", "there is no column tex", "tex", ("facts.text",)),
    ("SELECT q.name FROM people p", "no table is called q here", "q.name", ("p",)),
    ("SELECT hobby FROM people p, mountains m", "hobby is ambiguous", "hobby", ("p.hobby", "m.hobby")),
    ("SELECT name FROM people, cities", "", "", ()),
    ("SELECT c.population FROM people p, cities c WHERE c.populatoin > 3", "c has no column populatoin", "c.populatoin", ("population",)),
    ("SELECT nosuch(name) FROM people", "there is no function nosuch", "nosuch", ()),
    ("SELECT nam FROM people", "no fact tells of nam", "nam", ("name",)),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "message", "place", "candidates"), ERRORS)
def test_slips_are_errors_with_candidates(
    world: World, sql: str, message: str, place: str, candidates: tuple[str, ...]
) -> None:
    if not message:
        # a column that a real table has is its column, also where a virtual table could have it
        assert [c.name for c in world.plan(sql).columns] == ["name"]
        return
    with pytest.raises(BindError) as caught:
        world.plan(sql)
    error = caught.value
    assert error.message == message
    assert error.span is not None
    assert sql[slice(*error.span)] == place
    assert error.source == sql
    if candidates:
        assert error.candidates == candidates


def test_no_slip_where_facts_tell_of_the_type(world: World) -> None:
    # "orderz" is near the table orders, but here facts are about orderz
    world.virtual = {"orderz": [{"name": "first", "price": "3"}]}
    assert world.rows("SELECT name FROM orderz") == [("first",)]


def test_not_grouped_is_an_error(world: World) -> None:
    sql = "SELECT name, count(*) FROM people GROUP BY birthplace"
    with pytest.raises(BindError, match="name is neither grouped by nor aggregated") as caught:
        world.plan(sql)
    assert caught.value.span == (7, 11)


@pytest.mark.parametrize(
    "sql",
    [
        "WITH RECURSIVE r AS (SELECT name FROM people UNION ALL SELECT name FROM r) SELECT * FROM r",
        "SELECT country, count(*) FROM mountains GROUP BY ROLLUP (country)",
        "SELECT (SELECT name FROM companies) FROM people",
        "SELECT * FROM people POSITIONAL JOIN companies",
        "PIVOT mountains ON country USING count(*)",
    ],
)
def test_what_cannot_be_combined_says_so(world: World, sql: str) -> None:
    with pytest.raises(NotSupportedError) as caught:
        world.plan(sql)
    assert "Inexpressible" not in str(caught.value)
    assert caught.value.source == sql


def test_types_are_known(world: World) -> None:
    plan = world.plan("SELECT name, height * 2 AS h, count(*) OVER () AS n, height > 3 AS b, founded FROM mountains")
    assert [c.type for c in plan.columns] == ["VARCHAR", "DOUBLE", "BIGINT", "BOOLEAN", "VARCHAR"]


def test_describe(world: World) -> None:
    assert world.rows("DESCRIBE companies") == [
        ("name", "VARCHAR", "name", 1.0, "Equinor"),
        ("country", "VARCHAR", "text", 1.0, "Norway"),
        ("founded", "VARCHAR", "text", 1.0, "1972"),
    ]
    assert world.rows("DESCRIBE people")[2] == ("employer", "VARCHAR", "text", 0.75, "Equinor")


def test_describe_follows_the_columns_of_a_query_to_their_tables(world: World) -> None:
    sql = """DESCRIBE WITH m AS (SELECT name AS n, country AS c, height FROM mountains)
             SELECT n, c, height::DOUBLE AS h, o.amount FROM m JOIN orders o ON o.city = m.c WHERE n > 'A' ORDER BY n"""
    assert world.rows(sql) == [
        ("n", "VARCHAR", "name", 1.0, "Denali"),
        ("c", "VARCHAR", "text", 0.8, "United States"),
        ("h", "DOUBLE", None, None, None),
        ("amount", "DECIMAL(8,2)", None, None, None),
    ]


# ------------------------------------------------------------------------------------------------------------- binding


def bound(world: World, sql: str) -> list[str]:
    """What EXPLAIN says that names were bound to."""
    return bindings(world.plan(sql)).splitlines()


ELEVATION = RelationBinding((7,), "elevation", 0.93, (("country", 0.12), ("located in", 0.1)))


def test_explain_prints_each_binding_with_its_score_and_the_next_best(world: World) -> None:
    world.relations["altitude"] = ELEVATION
    assert bound(world, "SELECT name, altitude, country FROM mountains m WHERE colour = 'white'") == [
        "mountains -> mountains 1.00",
        "m.altitude -> elevation 0.93 (not country 0.12, located in 0.10)",
        "m.country -> read from the facts",
        "m.colour -> read from the facts",
    ]


def test_a_name_that_may_mean_two_attributes_equally_well_is_an_error(world: World) -> None:
    two = (("leader", 0.81), ("chairperson", 0.8))
    world.relations["head"] = RelationBinding((3,), "leader", 0.81, ambiguous=two)
    sql = "SELECT name FROM companies WHERE head = 'Ann'"
    with pytest.raises(BindError, match="head may mean several attributes equally well") as caught:
        world.plan(sql)
    assert caught.value.candidates == ('"leader"', '"chairperson"')
    assert caught.value.span is not None
    assert sql[slice(*caught.value.span)] == "head"


def test_of_two_equally_likely_attributes_the_one_that_such_things_have_is_meant(world: World) -> None:
    two = (("founded", 0.81), ("height", 0.8))
    world.relations["size"] = RelationBinding((3,), "founded", 0.81, ambiguous=two)
    assert bound(world, "SELECT size FROM mountains")[1] == "mountains.size -> height 0.80 (not founded 0.81)"
    assert bound(world, "SELECT size FROM companies")[1] == "companies.size -> founded 0.81 (not height 0.80)"
    with pytest.raises(BindError):
        world.plan("SELECT size FROM people")


def test_a_column_of_which_no_fact_tells_is_an_error(world: World) -> None:
    sql = "SELECT m.name FROM mountains m ORDER BY m.untold_attribute"
    with pytest.raises(BindError, match="no fact tells of untold attribute") as caught:
        world.plan(sql)
    assert caught.value.span is not None
    assert sql[slice(*caught.value.span)] == "m.untold_attribute"


def test_a_quoted_name_means_exactly_that_attribute(world: World) -> None:
    world.relations["altitude"] = ELEVATION
    sql = 'SELECT name, "altitude" FROM mountains'
    with pytest.raises(BindError, match='no attribute is called exactly "altitude"') as caught:
        world.plan(sql)
    assert '"height"' in caught.value.candidates
    # of one that is stored, what is stored and nothing else
    (scan,) = scans(world.plan('SELECT name, "height", country FROM mountains'))
    assert [(a.name, a.reads) for a in scan.attributes] == [("height", False), ("country", True)]
    assert bound(world, 'SELECT "height" FROM mountains') == [
        "mountains -> mountains 1.00",
        "mountains.height -> height 1.00, as stored",
    ]


def test_a_quoted_table_is_exactly_that_class(world: World) -> None:
    (scan,) = scans(world.plan('SELECT name FROM "mountains"'))
    assert scan.kind.exact
    assert bound(world, 'SELECT name FROM "mountains"') == ["mountains -> mountains 1.00, as stored"]


def test_a_star_shows_what_is_stored_and_a_name_beside_it_what_is_read_too(world: World) -> None:
    (scan,) = scans(world.plan("SELECT * FROM mountains"))
    assert [(a.name, a.reads) for a in scan.attributes] == [("height", False), ("country", False)]
    for sql in ("SELECT * FROM mountains WHERE Country = 'Norway'", "SELECT COUNTRY, * FROM mountains"):
        (scan,) = scans(world.plan(sql))
        assert {(a.name.lower(), a.reads) for a in scan.attributes} == {("height", False), ("country", True)}


def test_what_somebody_has_said_that_a_name_means_goes_first(world: World) -> None:
    world.relations["boss"] = RelationBinding((9,), "employer", 0.99)
    assert bound(world, "SELECT boss FROM people")[1] == "people.boss -> employer 0.99"
    world.pins["column", "boss"] = "is managed by"
    assert bound(world, "SELECT boss FROM people")[1] == "people.boss -> read from the facts as is managed by"
    (scan,) = scans(world.plan("SELECT boss FROM people"))
    assert scan.query(scan.attributes[0]) == "people: is managed by"


def test_an_unqualified_name_belongs_to_the_table_whose_things_have_what_it_means(world: World) -> None:
    world.relations["altitude"] = replace(ELEVATION, label="height")
    plan = world.plan("SELECT altitude FROM people p, mountains m")
    assert [[a.name for a in scan.attributes] for scan in scans(plan)] == [[], ["altitude"]]


def test_a_type_of_which_no_fact_tells_is_an_error_with_candidates(world: World) -> None:
    sql = "SELECT c.name FROM cities c JOIN untold_things u ON u.maker = c.name"
    with pytest.raises(BindError, match="no fact tells of untold things") as caught:
        world.plan(sql)
    error = caught.value
    assert error.span is not None
    assert sql[slice(*error.span)] == "untold_things"
    assert set(error.candidates) <= {"people", "mountains", "companies"}
    assert error.candidates
    assert "SELECT * FROM facts" in (error.hint or "")
    assert world.calls == []
