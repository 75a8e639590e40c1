"""Small random graphs and random queries over them, for comparison with another engine."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

PREFIXES = "PREFIX : <http://x/>\nPREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n"
NODES = (":a", ":b", ":c", ":d")
RELATIONS = (":p", ":q", ":r")
# in their canonical form: the other engine keeps values and not spellings
LITERALS = ("1", "2", "2.5", "-3", "'x'", "'y'@en", "'x'@en", "true", "''", "'2020-01-02'^^xsd:date")
PATHS = ("?y", ":p/:q", "^:p", ":p|:q", "(:p|:q)+", ":p*", ":q?", "!:p", "!(:p|^:q)")
VARIABLES = ("?s", "?x", "?y", "?z")


def comparison(left: str, operator: str, right: str) -> str:
    """A comparison that can be found again in the query, since engines differ there; see :func:`plain`."""
    return f"⟦{left} {operator} {right}⟧"


def plain(query: str) -> str:
    """A query as SPARQL has it.

    >>> plain(f"FILTER({comparison('?x', '=', '1')})")
    'FILTER(?x = 1)'
    """
    return query.replace("⟦", "").replace("⟧", "")


@dataclass(frozen=True)
class Features:
    """What the queries may hold.

    Attributes:
        scoping: filters and BIND that read variables which are bound elsewhere, patterns within patterns that
            depend on evaluation from the bottom up.
    """

    scoping: bool = True


@st.composite
def graphs(draw: st.DrawFn) -> str:
    """Turtle, with the prefixes to be declared: up to 14 triples, and every term that queries name."""
    node = st.sampled_from(NODES)
    triple = st.tuples(node, st.sampled_from(RELATIONS), st.one_of(node, st.sampled_from(LITERALS)))
    triples = draw(st.lists(triple, min_size=3, max_size=14))
    return "".join(f"{' '.join(t)} .\n" for t in triples) + f":a :names {', '.join((*NODES, '1', repr('x')))} .\n"


@st.composite
def queries(draw: st.DrawFn, features: Features) -> str:
    """A SELECT query, without the prefixes."""
    builder = _Builder(draw, features)
    return builder.select(2)


class _Builder:
    def __init__(self, draw: st.DrawFn, features: Features) -> None:
        self.draw = draw
        self.features = features
        self.fresh = 0

    def one(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    # ------------------------------------------------------------------------------------------------ queries

    def select(self, depth: int) -> str:
        where, bound = self.group(depth)
        names = sorted(bound) or ["?s"]
        match self.number(0, 5):
            case 0:
                key, other = self.one(*names), self.one(*names)
                name = self._new()
                aggregate = self.one(
                    f"COUNT({other})", f"COUNT(DISTINCT {other})", "COUNT(*)", f"MIN({other})", f"MAX({other})",
                    f"SUM({other})", f"AVG({other})", f"SUM(DISTINCT {other})",
                    f"GROUP_CONCAT(COALESCE(STR({key}), ''))",
                )  # fmt: skip
                if aggregate[:3] in ("MIN", "MAX"):  # the order of unlike terms is each engine's own
                    aggregate = f"{aggregate[:4]}COALESCE(STR({other}), ''))"
                having = self.one("", "", f" HAVING (COUNT({other}) > 1)", f" HAVING (COUNT(*) < {self.number(1, 4)})")
                return f"SELECT {key} ({aggregate} AS {name}) WHERE {where} GROUP BY {key}{having}"
            case 1:
                return f"SELECT DISTINCT {' '.join(names[:2])} WHERE {where}"
            case 2:
                return f"SELECT (COUNT(*) AS {self._new()}) WHERE {where}"
            case _:
                return f"SELECT {' '.join(names)} WHERE {where}"

    def _new(self) -> str:
        self.fresh += 1
        return f"?n{self.fresh}"

    # ------------------------------------------------------------------------------------------------ patterns

    def group(self, depth: int) -> tuple[str, set[str]]:
        """A group, and the variables in scope of it."""
        parts: list[str] = []
        bound: set[str] = set()
        text, names = self.triples()
        parts.append(text)
        bound |= names
        for _ in range(self.number(0, 2)):
            kinds = ["triples", "filter", "bind", "values", "graph"]
            if depth > 0:
                kinds += ["optional", "union", "minus", "exists", "nested", "subselect", "optional"]
            text, names = getattr(self, self.one(*kinds))(depth=depth, bound=bound)
            parts.append(text)
            bound |= names
        return "{ " + " ".join(parts) + " }", bound

    def _variable(self, bound: set[str]) -> str:
        pool = VARIABLES if self.features.scoping else tuple(sorted(bound)) or VARIABLES
        return self.one(*pool)

    def triples(self, **_: object) -> tuple[str, set[str]]:
        count = self.number(1, 2)
        text = []
        names: set[str] = set()
        for _i in range(count):
            subject = self.one(*VARIABLES, *VARIABLES, *VARIABLES, *NODES)
            verb = self.one(*RELATIONS, *RELATIONS, *PATHS)
            object_ = self.one(*VARIABLES, *VARIABLES, *VARIABLES, *NODES, "1", "'x'")
            text.append(f"{subject} {verb} {object_} .")
            names |= {n for n in (subject, verb, object_) if n.startswith("?")}
        return " ".join(text), names

    def graph(self, **_: object) -> tuple[str, set[str]]:
        # triples only: of the other patterns within GRAPH the other engine has its own ideas
        name = self.one("?g", "?g", *VARIABLES, "<http://g/1>", "<http://g/none>")
        text, names = self.triples()
        return f"GRAPH {name} {{ {text} }}", names | ({name} if name.startswith("?") else set())

    def filter(self, *, depth: int, bound: set[str]) -> tuple[str, set[str]]:
        return f"FILTER({self.condition(depth, bound)})", set()

    def bind(self, *, depth: int, bound: set[str]) -> tuple[str, set[str]]:
        name = self._new()
        return f"BIND({self.value(bound)} AS {name})", {name}

    def values(self, *, depth: int, bound: set[str]) -> tuple[str, set[str]]:
        name = self.one(*VARIABLES)
        cells = [self.one(*NODES, "1", "'x'", "UNDEF", ":unknown") for _ in range(self.number(1, 3))]
        return f"VALUES {name} {{ {' '.join(cells)} }}", {name}

    def optional(self, *, depth: int, bound: set[str]) -> tuple[str, set[str]]:
        text, names = self.group(depth - 1)
        return f"OPTIONAL {text}", names

    def union(self, *, depth: int, bound: set[str]) -> tuple[str, set[str]]:
        (one, names), (other, more) = self.group(depth - 1), self.group(depth - 1)
        return f"{one} UNION {other}", names | more

    def minus(self, *, depth: int, bound: set[str]) -> tuple[str, set[str]]:
        return f"MINUS {self.group(depth - 1)[0]}", set()

    def exists(self, *, depth: int, bound: set[str]) -> tuple[str, set[str]]:
        return f"FILTER {self.one('', 'NOT ')}EXISTS {self.group(depth - 1)[0]}", set()

    def nested(self, *, depth: int, bound: set[str]) -> tuple[str, set[str]]:
        return self.group(depth - 1)

    def subselect(self, *, depth: int, bound: set[str]) -> tuple[str, set[str]]:
        text, names = self.group(depth - 1)
        kept = sorted(names)[:2] or ["?s"]
        if self.number(0, 3) == 0:
            name = self._new()
            counted = f"SELECT {kept[0]} (COUNT({kept[-1]}) AS {name}) WHERE {text} GROUP BY {kept[0]}"
            return f"{{ {counted} }}", {kept[0], name}
        return f"{{ SELECT {self.one('', 'DISTINCT ')}{' '.join(kept)} WHERE {text} }}", set(kept)

    # ------------------------------------------------------------------------------------------------ expressions

    def condition(self, depth: int, bound: set[str]) -> str:
        match self.number(0, 8):
            case 0:
                return f"{self.condition(depth, bound)} && {self.condition(0, bound)}"
            case 1:
                return f"{self.condition(depth, bound)} || {self.condition(0, bound)}"
            case 2:
                return f"!({self.condition(depth, bound)})"
            case 3:
                return f"BOUND({self._variable(bound)})"
            case 4:
                return self.one("isIRI", "isLiteral", "isNumeric") + f"({self._variable(bound)})"
            case 5:
                value = self.value(bound)
                return f"({comparison(value, '=', self.value(bound))} || {comparison(value, '=', self.one(*LITERALS))})"
            case _:
                operator = self.one("=", "!=", "<", "<=", ">")
                values = self.value(bound), self.value(bound)
                return comparison(values[0], operator, values[1])

    def value(self, bound: set[str]) -> str:
        variable = self._variable(bound)
        match self.number(0, 7):
            case 0:
                return f"({variable} + {self.one('1', '2', '1.5')})"
            case 1:
                return f"STR({variable})"
            case 2:
                return f"COALESCE({variable}, {self.one('1', ':a')})"
            case 3:
                return f"IF(BOUND({variable}), {variable}, {self.one('1', ':a')})"
            case 4:
                return self.one(*LITERALS, *NODES)
            case _:
                return variable
