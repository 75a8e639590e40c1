"""Our plan of a query gives what DuckDB gives for the query itself."""

# ruff: noqa: E501 - one query a line
from __future__ import annotations

from collections import Counter

import pytest

from neuraldb.plan.nodes import ExactQuery
from sql.world import World

QUERIES = '''
SELECT * FROM cities
SELECT name, population / 1000 AS k FROM cities WHERE population > 300000 ORDER BY k DESC
SELECT country, count(*) AS n, sum(population), avg(population) FROM cities GROUP BY country ORDER BY n, country
SELECT count(*) FROM cities WHERE false
SELECT count(*), max(name), min(founded) FROM cities
SELECT country, count(DISTINCT name) FROM cities GROUP BY ALL HAVING count(*) > 1
SELECT upper(country) AS c, string_agg(name, ',' ORDER BY name) FROM cities GROUP BY 1 ORDER BY 1
SELECT c.name, o.amount FROM cities c LEFT JOIN orders o ON o.city = c.name ORDER BY ALL
SELECT c.name, o.amount FROM cities c RIGHT JOIN orders o ON o.city = c.name WHERE o.id > 1
SELECT c.name, o.id FROM cities c FULL JOIN orders o ON o.city = c.name
SELECT name FROM cities SEMI JOIN orders ON city = name
SELECT name FROM cities ANTI JOIN orders ON city = name
SELECT * FROM cities, orders WHERE name = city AND amount > 10
SELECT * FROM cities c JOIN (SELECT city AS name, sum(amount) AS total FROM orders GROUP BY city) t USING (name)
SELECT * FROM cities c RIGHT JOIN (SELECT city AS name, id FROM orders) t USING (name)
SELECT * FROM cities NATURAL JOIN (SELECT 'Oslo' AS name, 1 AS one)
SELECT name FROM cities WHERE name IN (SELECT city FROM orders)
SELECT name FROM cities WHERE name NOT IN (SELECT city FROM orders WHERE city IS NOT NULL)
SELECT name FROM cities WHERE name NOT IN (SELECT city FROM orders)
SELECT name FROM cities c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.city = c.name AND o.amount > 15)
SELECT name FROM cities c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.city = c.name)
SELECT name, (SELECT max(amount) FROM orders) AS top FROM cities
SELECT name, (SELECT sum(amount) FROM orders WHERE city = name) AS total FROM cities
SELECT DISTINCT country FROM cities ORDER BY country DESC
SELECT DISTINCT country, population > 500000 FROM cities
SELECT country FROM cities UNION SELECT city FROM orders ORDER BY 1 NULLS FIRST
SELECT country FROM cities UNION ALL SELECT city FROM orders
SELECT name FROM cities INTERSECT SELECT city FROM orders
SELECT name FROM cities EXCEPT SELECT city FROM orders
SELECT city FROM orders EXCEPT SELECT name FROM cities
SELECT name FROM cities EXCEPT ALL SELECT city FROM orders
SELECT id FROM orders UNION ALL SELECT 1.5
WITH big AS (SELECT * FROM cities WHERE population > 500000) SELECT a.name, b.name FROM big a, big b WHERE a.name < b.name
WITH t(a, b) AS (SELECT name, country FROM cities), u AS (SELECT b FROM t) SELECT b, count(*) FROM u GROUP BY b
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 4) SELECT * FROM r
SELECT name, rank() OVER (PARTITION BY country ORDER BY population DESC) AS r FROM cities
SELECT name FROM cities QUALIFY row_number() OVER (PARTITION BY country ORDER BY population) = 1
SELECT country, sum(count(*)) OVER () FROM cities GROUP BY country
SELECT name AS n, length(n) AS l FROM cities WHERE l > 4
SELECT country AS name, count(*) FROM cities GROUP BY country
SELECT CASE WHEN population > 1000000 THEN 'big' WHEN founded IS NULL THEN NULL ELSE 'old' END AS size, name FROM cities
SELECT name FROM cities WHERE name LIKE '%o%' OR name ILIKE 'B%' AND NOT country = 'Norway'
SELECT name FROM cities WHERE population BETWEEN 200000 AND 700000 AND country IN ('Norway', 'US')
SELECT name FROM cities WHERE founded < '1500-01-01' OR founded IS NULL
SELECT amount FROM orders WHERE amount = 10.5 OR amount = 7
SELECT id FROM orders WHERE city = 'Oslo' LIMIT 1 OFFSET 1
SELECT id FROM orders ORDER BY amount DESC NULLS LAST, id LIMIT 2
SELECT * EXCLUDE (population, founded) FROM cities
SELECT * REPLACE (population + 1 AS population) FROM cities
SELECT * RENAME (name AS town) FROM cities
SELECT cities.*, o.id FROM cities JOIN orders o ON o.city = cities.name
SELECT 1 AS a, 'x' AS b, NULL AS c, 1.5 AS d, DATE '2020-01-01' AS e
SELECT a.name, b.name FROM cities a, cities b WHERE a.country = b.country AND a.name <> b.name
SELECT name, name FROM cities
VALUES (1, 'a'), (2, 'b')
SELECT * FROM (VALUES (1, 'a'), (2, NULL)) AS v(x, y) WHERE y IS NOT NULL
SELECT * FROM range(5) r WHERE range % 2 = 0
SELECT x FROM generate_series(1, 3) AS g(x)
SELECT * FROM (SELECT name FROM cities ORDER BY population DESC LIMIT 2) ORDER BY name
(SELECT name FROM cities ORDER BY name LIMIT 1) UNION ALL (SELECT city FROM orders ORDER BY id LIMIT 1)
FROM cities SELECT name
FROM orders
SELECT country, grouping(country), count(*) FROM cities GROUP BY ROLLUP (country)
SELECT DISTINCT ON (country) country, name FROM cities ORDER BY country, population
PIVOT cities ON country USING count(*)
SELECT unnest([1, 2, 3]) AS x
SELECT list_transform([1, 2], lambda x: x + 1)
SELECT {'a': population}.a AS p FROM cities
SELECT COLUMNS('^n.*') FROM cities
SELECT name FROM cities, LATERAL (SELECT max(amount) AS m FROM orders WHERE city = name) t WHERE m > 1
SELECT count(*) FILTER (WHERE population > 600000), median(population), list(name ORDER BY name) FROM cities
SELECT sum(population) FROM cities WHERE country = 'Nowhere'
SELECT country, bool_or(founded IS NULL), any_value(country) FROM cities GROUP BY country
SELECT year(founded) AS y, extract('month' FROM founded), date_trunc('year', founded) FROM cities
SELECT name || ' (' || country || ')' AS label FROM cities ORDER BY label
SELECT country, count(*) FROM cities WHERE population > (SELECT avg(population) FROM cities) GROUP BY country
SELECT o.city, c.country FROM orders o JOIN cities c ON c.name = o.city AND c.population > 1000000
SELECT coalesce(city, 'none') AS c, sum(amount) FROM orders GROUP BY c ORDER BY c
SELECT round(avg(population), 2) AS a FROM cities GROUP BY country ORDER BY max(name)
SELECT id, amount FROM orders WHERE (id, city) = (1, 'Oslo')
SELECT city, row_number() OVER w FROM orders WINDOW w AS (ORDER BY id)
SELECT population FROM cities ORDER BY -population
SELECT "name" AS "the ""name""" FROM cities
SELECT main.cities.name FROM main.cities
SELECT count(*) FROM (SELECT DISTINCT country FROM cities)
SELECT country FROM cities GROUP BY country HAVING country <> 'US' ORDER BY count(*) DESC, country
SELECT id FROM orders WHERE city IS NOT DISTINCT FROM NULL
SELECT id FROM orders WHERE city = ANY (SELECT name FROM cities)
SELECT id % 2 AS odd, count(*) FROM orders GROUP BY odd
SELECT c.country, o.id FROM cities c POSITIONAL JOIN orders o
SELECT name FROM cities WHERE NOT (population > 300000 AND country = 'Norway')
SELECT name, population FROM cities ORDER BY population LIMIT (SELECT 2)
SELECT name FROM cities USING SAMPLE 100%
SELECT text, id FROM facts WHERE id <= 2 ORDER BY id
SELECT t.n FROM (SELECT count(*) AS n FROM facts) t
'''
LISTED = [q for q in QUERIES.strip().splitlines() if q]
# what the nodes have no word for: DuckDB runs the whole
EXACT = (
    "RECURSIVE", "ROLLUP", "DISTINCT ON", "PIVOT", "unnest", "lambda", "COLUMNS", "LATERAL", "EXCEPT ALL", "POSITIONAL",
    "LIMIT (", "SAMPLE", "WINDOW w", "WHERE city = name) AS", "main.cities.name", "ANY (",
)  # fmt: skip


@pytest.mark.parametrize("sql", LISTED)
def test_gives_what_duckdb_gives(world: World, sql: str) -> None:
    plan = world.plan(sql)
    table = world.database.query(sql)
    expected = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    assert Counter(map(repr, world.run(plan))) == Counter(map(repr, expected))
    if "ORDER BY" in sql.rsplit(")", 1)[-1]:
        assert world.run(plan) == expected
    described = world.catalogue.describe(sql, {})
    assert [c.type for c in plan.columns] == [f.type for f in described]
    if len({f.name.lower() for f in described}) == len(described):
        assert [c.name for c in plan.columns] == [f.name for f in described]


@pytest.mark.parametrize("sql", LISTED)
def test_is_built_of_nodes_where_they_exist(world: World, sql: str) -> None:
    whole = isinstance(world.plan(sql), ExactQuery)
    assert whole == (any(word in sql for word in EXACT) or sql.startswith("VALUES"))
