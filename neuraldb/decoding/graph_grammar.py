"""Graph queries: a pattern that grows clause by clause, and then what is wanted of it.

::

    plan    = start clause* form
    start   = [constant] link ?a  |  ?a link ?b
    clause  = ?v link (?new | [constant])  |  ?v op value  |  not ?v link (anything | [constant])
    form    = list ?v (first n)?  |  count ?v  |  ask claim?
            | order ?v by ?w (ascending | descending) (first n)?  |  (most | fewest) ?v by ?w
    claim   = clause without ?new and not, which may be false;  also  [constant] ask link [constant]

A clause is offered if the pattern with it has a solution; "not" if it leaves some of the bindings and takes others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from neuraldb.decoding import sparql_writing as write
from neuraldb.decoding.automaton import Automaton, Plan, State, Step, Symbol, following
from neuraldb.decoding.bindings import Bindings
from neuraldb.decoding.chains import only_back
from neuraldb.decoding.graph_catalogue import Constant, GraphView, Link
from neuraldb.decoding.values import COMPARISONS, Comparison, Value, Values
from neuraldb.stores.arrays import Ids

_WORDS_OF = {"<": "less than", "<=": "at most", ">": "more than", ">=": "at least"}


@dataclass(frozen=True, slots=True)
class Mentioned:
    """What a question speaks of; None where everything may be named.

    Attributes:
        terms: ids of entities, classes and literals, ascending.
        values: numbers and dates to compare with.
        counts: how many rows may be wanted.
    """

    terms: Ids | None = None
    values: tuple[Value, ...] | None = None
    counts: tuple[int, ...] = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a pattern gets, and whether an answer may be "no".

    Attributes:
        clauses: the most clauses.
        variables: the most variables, 26 at most.
        claims: whether the last clause of a question with yes or no may be false.
        inverse: whether relations are followed against their direction, too.
        unanchored: whether a pattern may begin with two variables.
        chains: whether patterns are paths only, of which the end is wanted.
        detours: whether a path may turn back to nothing but where it came from.
        comparisons: by which values may be compared.
        downwards: whether orders go down (True) or up (False); None: either way.
        forms: what may be wanted; None for all.
    """

    clauses: int = 4
    variables: int = 3
    claims: bool = True
    inverse: bool = True
    unanchored: bool = True
    chains: bool = False
    detours: bool = True
    comparisons: tuple[Comparison, ...] = COMPARISONS
    downwards: bool | None = None
    forms: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class _Body:
    bindings: Bindings
    lines: tuple[str, ...] = ()
    origin: tuple[Link, Ids] | None = None
    """How the first variable was reached, and from where, if something named is at the beginning."""

    def with_line(self, bindings: Bindings, line: str) -> _Body:
        return _Body(bindings, (*self.lines, line), self.origin)

    def came_by(self, v: int) -> Iterator[tuple[Link, Ids]]:
        """The links by which a variable is reached, and from where."""
        if v == 0 and self.origin is not None:
            yield self.origin
        for edge in self.bindings.edges:
            if edge.far == v:
                yield edge.link, self.bindings.sets[edge.near]


def graph_automaton(view: GraphView, mentioned: Mentioned | None = None, limits: Limits | None = None) -> Automaton:
    """The queries over a graph that speak of nothing but what is mentioned."""
    return Automaton(_Grammar(view, mentioned or Mentioned(), limits or Limits()).start())


class _Grammar:
    def __init__(self, view: GraphView, mentioned: Mentioned, limits: Limits) -> None:
        self.view, self.mentioned, self.limits = view, mentioned, limits

    # ------------------------------------------------------------------------------------------------ the pattern

    def start(self) -> State:
        return State(self._starts)

    def _starts(self) -> Iterator[Step]:
        things = self.view.things()
        for constant in self._named(things):
            yield from _offered(_constant(constant), partial(self._from_constant, constant))
        if self.limits.unanchored and self.limits.variables > 1:
            body = _Body(Bindings((things,)))
            yield from _offered(_variable(0), partial(self._links, body, 0, new_only=True))

    def _from_constant(self, constant: Constant) -> Iterator[Step]:
        for link in self._links_of(constant.ids):
            if _fits(constant, link.reverse):
                far = self.view.image(constant.ids, link)
                line = write.triple(constant.code, link, "?a")
                body = _Body(Bindings((far,)), (line,), (link, constant.ids))
                yield _link(link), following([(_variable(0), self._body(body))])
        if not constant.is_type:
            claims = partial(self._claimed_links, _Body(Bindings(())), constant)
            if self._wants("ask"):
                yield from _offered(Symbol("ask", "is it true"), claims)

    def _body(self, body: _Body) -> State:
        return State(partial(self._clauses, body), whole=True)

    def _clauses(self, body: _Body) -> Iterator[Step]:
        if len(body.lines) < self.limits.clauses:
            for v in self._open(body):
                yield from _offered(_variable(v), partial(self._clause, body, v))
            if not self.limits.chains:
                yield from _offered(Symbol("not", "not"), partial(self._denied, body))
        yield from (step for step in self._forms(body) if self._wants(step[0].text))

    def _open(self, body: _Body) -> range:
        """The variables that may have a clause, or be wanted."""
        count = len(body.bindings.sets)
        return range(count - 1 if self.limits.chains else 0, count)

    def _wants(self, form: str) -> bool:
        return self.limits.forms is None or form in self.limits.forms

    def _clause(self, body: _Body, v: int) -> Iterator[Step]:
        yield from self._links(body, v, new_only=self.limits.chains)
        for operator in () if self.limits.chains else self.limits.comparisons:
            yield from _offered(Symbol(operator, _WORDS_OF[operator]), partial(self._compared, body, v, operator))

    def _links(self, body: _Body, v: int, new_only: bool = False) -> Iterator[Step]:
        """The triples from a variable on; an empty pattern begins forwards."""
        for link in self._links_of(body.bindings.sets[v]):
            if (link.forward or body.lines) and not self._turns_back(body, v, link):
                yield from _offered(_link(link), partial(self._ends, body, v, link, new_only))

    def _turns_back(self, body: _Body, v: int, link: Link) -> bool:
        """Whether a link leads to nothing but where a variable was reached from."""
        if self.limits.detours:
            return False
        back = [before for came, before in body.came_by(v) if came.reverse == link]
        return any(only_back(self.view.image(body.bindings.sets[v], link), before) for before in back)

    def _ends(self, body: _Body, v: int, link: Link, new_only: bool) -> Iterator[Step]:
        new = len(body.bindings.sets)
        line = write.triple(write.variable(v), link, write.variable(new))
        if new < self.limits.variables:
            yield _variable(new), self._lazy(partial(self._joined, body, v, link, line))
        if not new_only:
            for constant in self._named(self.view.image(body.bindings.sets[v], link), link):
                line = write.triple(write.variable(v), link, constant.code)
                if line not in body.lines:
                    kept = self.view.image(constant.ids, link.reverse)
                    yield _constant(constant), self._lazy(partial(self._kept, body, v, kept, line))

    def _compared(self, body: _Body, v: int, operator: Comparison) -> Iterator[Step]:
        values = self.view.values(body.bindings.sets[v])
        for value in self._given(values):
            line = write.comparison(write.variable(v), operator, value.code)
            kept = values.kept(operator, value)
            if len(kept) and line not in body.lines:
                yield _value(value), self._lazy(partial(self._kept, body, v, kept, line))

    def _denied(self, body: _Body) -> Iterator[Step]:
        for v, nodes in enumerate(body.bindings.sets):
            yield from _offered(_variable(v), partial(self._denied_links, body, v, nodes))

    def _denied_links(self, body: _Body, v: int, nodes: Ids) -> Iterator[Step]:
        for link in self._links_of(nodes):
            yield from _offered(_link(link), partial(self._denied_ends, body, v, nodes, link))

    def _denied_ends(self, body: _Body, v: int, nodes: Ids, link: Link) -> Iterator[Step]:
        far = self.view.image(nodes, link)
        choices = [(Symbol("anything", "anything"), "?any", far)]
        choices += [(_constant(constant), constant.code, constant.ids) for constant in self._named(far, link)]
        for symbol, code, ends in choices:
            line = write.denial(write.triple(write.variable(v), link, code))
            left = np.setdiff1d(nodes, self.view.image(ends, link.reverse), assume_unique=True)
            if 0 < len(left) < len(nodes) and line not in body.lines:
                yield symbol, self._lazy(partial(self._kept, body, v, left, line))

    def _joined(self, body: _Body, v: int, link: Link, line: str) -> _Body:
        return body.with_line(body.bindings.joined(v, link, self.view), line)

    def _kept(self, body: _Body, v: int, nodes: Ids, line: str) -> _Body:
        return body.with_line(body.bindings.kept(v, nodes, self.view), line)

    def _lazy(self, made: Callable[[], _Body]) -> State:
        """The state of a pattern that is made when it is looked at."""
        return State(lambda: self._clauses(made()), whole=True)

    # ------------------------------------------------------------------------------------------------ what is wanted

    def _forms(self, body: _Body) -> Iterator[Step]:
        sets, lines = body.bindings.sets, body.lines
        variables = self._open(body)
        lists = ((_variable(v), self._limited(write.listed(lines, v))) for v in variables)
        counts = ((_variable(v), State(plan=_sparql(write.counted(lines, v)))) for v in variables)
        yield Symbol("list", "which"), following(lists)
        yield Symbol("count", "how many"), following(counts)
        sortable = [v for v in variables if self.view.values(sets[v])] if self._wants("order") else []
        if sortable:
            yield Symbol("order", "in order"), State(partial(self._sorted, lines, variables, sortable))
        if len(sets) > 1:
            for text, most in (("most", True), ("fewest", False)):
                yield Symbol(text, text), State(partial(self._most, lines, variables, most))
        yield Symbol("ask", "is it true"), State(partial(self._claims, body), _sparql(write.asked(lines)))

    def _limited(self, query: str) -> State:
        """A query that may be cut after some rows."""

        def counts() -> Iterator[Step]:
            for count in self.mentioned.counts:
                yield Symbol(str(count), str(count)), State(plan=_sparql(write.limited(query, count)))

        first = ((Symbol("first", "the first"), State(counts)),) if self.mentioned.counts else ()
        return State(first.__iter__, _sparql(query))

    def _sorted(self, lines: Sequence[str], variables: Sequence[int], keys: Sequence[int]) -> Iterator[Step]:
        def ways(v: int, key: int) -> Iterator[Step]:
            for text, words, down in (("ascending", "smallest", False), ("descending", "largest", True)):
                if self.limits.downwards not in (None, down):
                    continue
                yield Symbol(text, words), self._limited(write.ordered(lines, v, key, down))

        for v in variables:
            yield _variable(v), _after("by", "by", [(_variable(key), State(partial(ways, v, key))) for key in keys])

    def _most(self, lines: Sequence[str], variables: Sequence[int], most: bool) -> Iterator[Step]:
        for v in variables:
            others = [(_variable(w), State(plan=_sparql(write.most(lines, v, w, most)))) for w in variables if w != v]
            yield _variable(v), _after("by", "by number of", others)

    def _claims(self, body: _Body) -> Iterator[Step]:
        for v in range(len(body.bindings.sets)):
            yield from _offered(_variable(v), partial(self._claim, body, v))

    def _claim(self, body: _Body, v: int) -> Iterator[Step]:
        yield from self._claimed_links(body, v)
        yield from self._claimed_values(body, v)

    def _claimed_links(self, body: _Body, near: int | Constant) -> Iterator[Step]:
        """Triples that may not be there, though both ends have such triples."""
        nodes = near.ids if isinstance(near, Constant) else body.bindings.sets[near]
        code = near.code if isinstance(near, Constant) else write.variable(near)
        for link in self._links_of(nodes):
            anywhere = self.view.things() if self.limits.claims else nodes
            steps: list[Step] = []
            for constant in self._named(self.view.image(anywhere, link), link):
                line = write.triple(code, link, constant.code)
                if line not in body.lines:
                    query = write.asked((*body.lines, line))
                    steps.append((_constant(constant), State(plan=_sparql(query, self.limits.claims))))
            if steps:
                yield _link(link), following(steps)

    def _claimed_values(self, body: _Body, v: int) -> Iterator[Step]:
        values = self.view.values(body.bindings.sets[v])
        for operator in self.limits.comparisons if values else ():
            steps: list[Step] = []
            for value in self._given(values):
                line = write.comparison(write.variable(v), operator, value.code)
                if line not in body.lines and (self.limits.claims or len(values.kept(operator, value))):
                    query = write.asked((*body.lines, line))
                    steps.append((_value(value), State(plan=_sparql(query, self.limits.claims))))
            if steps:
                yield Symbol(operator, _WORDS_OF[operator]), following(steps)

    # ------------------------------------------------------------------------------------------------ the catalogue

    def _links_of(self, nodes: Ids) -> list[Link]:
        return [link for link in self.view.links(nodes) if link.forward or link.is_type or self.limits.inverse]

    def _named(self, nodes: Ids, link: Link | None = None) -> list[Constant]:
        """The constants among nodes that are mentioned and can stand at the end of a relation, or anywhere."""
        terms = self.mentioned.terms
        among = nodes if terms is None else np.intersect1d(nodes, terms, assume_unique=True)
        found = self.view.constants(among)
        return [constant for constant in found if link is None or _fits(constant, link)]

    def _given(self, stored: Values) -> tuple[Value, ...]:
        """The values to compare with."""
        return self.mentioned.values if self.mentioned.values is not None else stored.distinct()


def _fits(constant: Constant, link: Link) -> bool:
    """Whether a constant can stand where a relation leads to; what facts call a class does after "is a" only."""
    return not constant.is_type or (link.is_type and link.forward)


def _offered(symbol: Symbol, expand: Callable[[], Iterator[Step]]) -> Iterator[Step]:
    """A symbol, if it leads anywhere."""
    if any(True for _ in expand()):
        yield symbol, State(expand)


def _after(text: str, words: str, steps: Sequence[Step]) -> State:
    return following([(Symbol(text, words), following(steps))])


def _sparql(text: str, may_be_empty: bool = False) -> Plan:
    return Plan(text, "sparql", may_be_empty)


def _variable(v: int) -> Symbol:
    return Symbol(write.variable(v), "")


def _constant(constant: Constant) -> Symbol:
    return Symbol(f"[{constant.words}]", constant.words, constant.code)


def _link(link: Link) -> Symbol:
    if link.forward:
        return Symbol(link.words, link.words, link.code)
    return Symbol(f"inverse {link.words}", f"{link.words} of", link.reverse.code)


def _value(value: Value) -> Symbol:
    return Symbol(value.words, value.words, value.code)
