"""Question trees to logical plans: the Neural Databases path, Retrieve, Neural SPJ, then exact algebra.

A set is the distinct linked answers; counts, extremes, totals and orders are computed over key-value derivations by
exact nodes, never by a model (Thorne et al. 2021, section 3.3).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from neuraldb.core.frames import QuestionFrame
from neuraldb.core.numbers import parse_number
from neuraldb.core.values import Value, parse_value
from neuraldb.language.question import Atom, Bridge, Conjunction, Negation, Question, Restriction
from neuraldb.plan.expressions import Call, Column, Expression, Literal, all_of
from neuraldb.plan.nodes import (
    Aggregate,
    Aggregation,
    Best,
    Corroborate,
    Distinct,
    Exists,
    Field,
    Filter,
    Join,
    Link,
    NeuralJoin,
    NeuralSPJ,
    Node,
    Order,
    Project,
    Retrieve,
    TopK,
    Union,
)  # fmt: skip
from neuraldb.plan.path_nodes import PathSets, PathSteps
from neuraldb.plan.predict_nodes import Noted, PreferStored
from neuraldb.plan.question_predict import NO_VALUES, with_likely
from neuraldb.plan.semantic_nodes import NameKey, reading

ANSWER = Field("answer")
MEASURED = Call("coalesce", (Column("number"), Call("days", (Column("date"),))))
"""The value of a derivation as one number that orders quantities and dates alike."""
PAIRED = frozenset({"min", "max", "sum", "avg", "argmin", "argmax", "group_min", "group_max", "compare"})


@dataclass(frozen=True, slots=True)
class Ways:
    """What else a question is answered by than by the facts that are found for it.

    Attributes:
        paths: what two facts answer together is also read along paths of the graph that are found so; None: it is not.
        likely: edges that are missing but likely count, too.
    """

    paths: PathSteps | None = None
    likely: bool = False


FACTS = Ways()


def build_question(question: Question, ways: Ways = FACTS) -> Node:
    """The plan of a question; its columns depend on the question's type.

    Args:
        question: the tree of the question.
        ways: what it is answered by.
    """
    match question:
        case Conjunction(_, _, frame) | Negation(_, _, frame):
            return _finish_set(answers(question, ways), frame, ways)
        case Restriction(inner, within, frame):
            members = Project(answers(within, ways), ((Field("member"), Column("answer")),))
            return _measured(inner.frame, lambda pairs: _same(pairs, "key", members, "member", "semi"), inner, ways)
        case Atom() | Bridge():
            return _single(question, ways)
    raise TypeError(f"not a question: {question!r}")


def _same(left: Node, one: str, right: Node, other: str, kind: str) -> Node:
    """The rows of the left (with those of the right, for an inner join) whose names are names of one entity."""
    condition = Call("=", (Column(reading(one, "key")), Column(reading(other, "key"))))
    joined = Join(NameKey(left, one), NameKey(right, other), kind, condition=condition)
    return Project(joined, tuple((f, Column(f.name)) for f in left.columns))


def answers(question: Question, ways: Ways = FACTS) -> Node:
    """The answers of a question as rows of one column ``answer``, each entity once, whatever its type."""
    match question:
        case Conjunction(first, second, _):
            return _same(answers(first, ways), "answer", _other(answers(second, ways)), "other", "inner")
        case Negation(members, positive, _):
            return _same(_everyone(members), "answer", _other(answers(positive, ways)), "other", "anti")
        case Restriction(inner, within, _):
            return _same(answers(inner, ways), "answer", _other(answers(within, ways)), "other", "semi")
        case Atom(_, frame) | Bridge(_, frame, _):
            if mode_of(frame) == "pair":
                return _keys(_measured(frame, lambda pairs: pairs, question, ways))
            found = derivations(question, "answer", ways)
            if ways.paths is not None and isinstance(question, Bridge):
                found = _along_paths(found, question, ways.paths)
            return Distinct(_preferred(Link(found, "answer", noun=_noun(frame)), "answer", ways))
    raise TypeError(f"not a question: {question!r}")


def _everyone(members: str) -> Node:
    """All things of a kind; they are derived as what is counted is, since one that is missed is a wrong answer, too."""
    listed = f"List all {members}"
    found = Link(NeuralSPJ(Retrieve(listed), listed, "value"), "value", noun=members)
    return Distinct(Project(found, ((ANSWER, Column("value")),)))


def _other(node: Node) -> Node:
    return Project(node, ((Field("other"), Column("answer")),))


def _keys(node: Node) -> Node:
    """Answers out of whatever a measured question gives."""
    name = node.columns[0].name
    return node if name == "answer" else Project(node, ((ANSWER, Column(name)),))


def mode_of(frame: QuestionFrame) -> str:
    """What the reader must derive: pairs where values are compared, grouped or totalled."""
    if frame.type in PAIRED or frame.op != "none":
        return "pair"
    return "verdict" if frame.type == "bool" else "answer"


def derivations(question: Atom | Bridge, mode: str, ways: Ways = FACTS) -> Node:
    """The Neural SPJ of a question, over its support sets; for a bridge, once for each inner answer."""
    frame = question.frame
    if isinstance(question, Bridge):
        own = named(question if mode == "answer" else Atom(question.text, frame))
        inner = answers(question.inner, Ways(likely=ways.likely))
        joined = NeuralJoin(inner, "answer", question.text, mode, own)
        outputs = tuple((f, Column(f.name)) for f in joined.columns if f.name != "via")
        found: Node = Project(joined, outputs)
        return with_likely(found, question, mode, inner) if ways.likely else found
    anchors = tuple(frame.text(e) for e in frame.entities)
    found = NeuralSPJ(Retrieve(question.text, anchors), question.text, mode)
    return with_likely(found, question, mode, None) if ways.likely else found


def _preferred(rows: Node, column: str | None, ways: Ways) -> Node:
    """What is stored instead of what is predicted, where both say the same."""
    return PreferStored(rows, () if column is None else (column,)) if ways.likely else rows


def _along_paths(found: Node, question: Bridge, steps: PathSteps) -> Node:
    """The derivations of a question and those from support sets along paths, on which the whole question is read."""
    names = named(question)
    if not names:
        return found
    whole = question.frame.question
    return Union(found, NeuralSPJ(PathSets(whole, names, steps), whole))


def named(question: Question) -> tuple[str, ...]:
    """The names in a question and in the questions that it is made of, each once."""
    own = tuple(question.frame.text(e) for e in question.frame.entities)
    match question:
        case Bridge(inner=inner):
            own += named(inner)
        case Conjunction(first, second, _):
            own += named(first) + named(second)
        case Negation(positive=inner) | Restriction(within=inner):
            own += named(inner)
    return tuple(dict.fromkeys(own))


def _single(question: Atom | Bridge, ways: Ways) -> Node:
    frame = question.frame
    mode = mode_of(frame)
    if mode == "verdict":
        verdicts = _preferred(derivations(question, mode, ways), None, ways)
        return Project(Best(verdicts), ((Field("answer", "BOOLEAN"), Column("verdict")),))
    if mode == "answer" and frame.type == "count":
        return _how_many(question, ways)
    if mode == "answer":
        return _finish_set(answers(question, ways), frame, ways)
    return _measured(frame, lambda pairs: pairs, question, ways)


def _how_many(question: Atom | Bridge, ways: Ways) -> Node:
    """The number that a fact states ("it has 3,000 inhabitants"), or else how many different answers there are."""
    linked = Link(derivations(question, "value", ways), "value", noun=_noun(question.frame))
    values = _preferred(linked, "value", ways)
    found = Corroborate(values, ("value",))
    told = Field("told", "BIGINT"), Aggregation("max", Column("number"), type="BIGINT")
    counted = Field("counted", "BIGINT"), Aggregation("count", Column("value"), type="BIGINT")
    number = Call("coalesce", (Call("cast_bigint", (Column("told"),)), Column("counted")))
    return Project(Aggregate(found, (), (told, counted)), ((Field("count", "BIGINT"), number),))


def _finish_set(rows: Node, frame: QuestionFrame, ways: Ways = FACTS) -> Node:
    if frame.type == "count":
        return Aggregate(rows, (), ((Field("count", "BIGINT"), Aggregation("count", type="BIGINT")),))
    if frame.type in ("exists", "bool"):
        return Exists(_preferred(rows, None, ways))
    return rows


def _measured(frame: QuestionFrame, restrict: Callable[[Node], Node], question: Atom | Bridge, ways: Ways) -> Node:
    """Plans over key-value pairs."""
    if ways.likely:
        return Noted(_measured(frame, restrict, question, FACTS), NO_VALUES)
    if frame.type in ("min", "max") and frame.entities and frame.class_noun is None:
        return _own_extreme(question, frame)
    if frame.type in ("group_min", "group_max"):
        return _group(question, frame, restrict)
    named = tuple(frame.text(e) for e in frame.entities)
    linked = Link(derivations(question, "pair"), "key", named, _noun(frame))
    measured = Filter(linked, Call("is not null", (MEASURED,)))
    pairs = restrict(Best(Corroborate(measured, ("key", "number", "date")), ("key",)))
    if frame.type == "compare":
        return _compare(pairs, named, frame)
    if frame.op != "none" and frame.type not in ("argmin", "argmax"):
        return _filtered(pairs, named, question)
    if frame.type in ("argmin", "argmax"):
        if len(named) > 1:
            pairs = Filter(pairs, Call("in", (Column("key"), *(Literal(x) for x in named))))
        count = _count(frame)
        top = TopK(pairs, (Order(MEASURED, frame.type == "argmax"),), count)
        return Project(top, ((ANSWER, Column("key")), (Field("value"), Column("value"))))
    if frame.type in ("min", "max"):
        top = TopK(pairs, (Order(MEASURED, frame.type == "max"),), 1)
        return Best(Project(top, ((ANSWER, Column("value")), (Field("of"), Column("key")))))
    function = frame.type if frame.type in ("sum", "avg") else "sum"
    total = Aggregation(function, Column("number"), type="DOUBLE")
    unit = Aggregation("max", Column("unit"))  # a bare number has the unit of the others
    totals = Aggregate(pairs, (), ((Field("answer", "DOUBLE"), total), (Field("unit"), unit)))
    return Filter(totals, Call("is not null", (Column("answer"),)))  # nothing measured gives no total


def _own_extreme(question: Atom | Bridge, frame: QuestionFrame) -> Node:
    """The highest or lowest of the values that one thing has ("How long is the longest runway of Oslo Airport?")."""
    measured = Filter(derivations(question, "value"), Call("is not null", (MEASURED,)))
    values = Corroborate(measured, ("number", "date"))
    top = TopK(values, (Order(MEASURED, frame.type == "max"),), 1)
    return Best(Project(top, ((ANSWER, Column("value")),)))


def _noun(frame: QuestionFrame) -> str:
    return "" if frame.class_noun is None else frame.text(frame.class_noun)


def _count(frame: QuestionFrame) -> int:
    if frame.count is None:
        return 1
    number = parse_number(frame.text(frame.count))
    return int(number) if number is not None and 1 <= number <= 1000 else 1


def _group(question: Atom | Bridge, frame: QuestionFrame, restrict: Callable[[Node], Node]) -> Node:
    """Which key has most (or fewest) values: a count for each group, and its extreme with ties."""
    pairs = Link(Link(derivations(question, "pair"), "key", noun=_noun(frame)), "value")
    distinct = Distinct(Project(restrict(pairs), ((Field("key"), Column("key")), (Field("value"), Column("value")))))
    counted = Aggregate(
        Filter(distinct, Call("is not null", (Column("value"),))),
        ((Field("key"), Column("key")),),
        ((Field("count", "BIGINT"), Aggregation("count", type="BIGINT")),),
    )
    top = TopK(counted, (Order(Column("count"), frame.type == "group_max"),), 1)
    return Project(top, ((ANSWER, Column("key")), (Field("count", "BIGINT"), Column("count"))))


def _filtered(pairs: Node, named: tuple[str, ...], question: Atom | Bridge) -> Node:
    """Keys whose value compares with the question's threshold; for a yes-no question, whether the named one's does.

    Whether a value is just so ("Does Newton have 1200 voters?") is something that facts can be asked as it stands, too.
    """
    frame = question.frame
    values = [parse_value(frame.text(v)) for v in frame.values]
    condition = comparison(frame.op, values)
    if frame.type == "bool":
        known = Filter(pairs, Call("=", (Column("key"), Literal(named[0])))) if named else pairs
        answer = Field("answer", "BOOLEAN")
        compared = Project(known, ((answer, condition),))
        if frame.op != "eq":
            return Best(compared)
        read = Project(derivations(question, "verdict"), ((answer, Column("verdict")),))
        return Best(Union(compared, read))
    kept = Filter(pairs, condition)
    rows = Project(kept, ((ANSWER, Column("key")), (Field("value"), Column("value"))))
    return _finish_set(rows, frame)


def _compare(pairs: Node, named: tuple[str, ...], frame: QuestionFrame) -> Node:
    """Whether the first named thing's value is greater (or less) than the second's."""
    if len(named) < 2:
        return Project(Best(Filter(pairs, Literal(False))), ((Field("answer", "BOOLEAN"), Literal(None)),))
    sides = []
    for side, name in zip(("x", "y"), named[:2], strict=True):
        row = Filter(pairs, Call("=", (Column("key"), Literal(name))))
        sides.append(Project(row, ((Field(side, "DOUBLE"), MEASURED),)))
    sign = ">" if frame.op == "gt" else "<"
    both = Join(sides[0], sides[1], "cross")
    return Project(both, ((Field("answer", "BOOLEAN"), Call(sign, (Column("x"), Column("y")))),))


SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "="}


def comparison(op: str, values: list[Value]) -> Expression:
    """The condition on ``number``, ``unit`` and ``date`` that a comparison with thresholds means; false without any."""
    if not values:
        return Literal(False)
    if op == "between" and len(values) > 1:
        return all_of([_one("ge", values[0]), _one("le", values[1])])
    return _one("eq" if op in ("none", "between") else op, values[0])


def _one(op: str, value: Value) -> Expression:
    options: list[Expression] = []
    if value.number is not None and value.kind == "number":
        options.append(_number(op, value.number, value.unit))
    dated = value if value.kind == "date" else parse_value(value.text, prefer="date")
    if dated.kind == "date" and dated.start is not None and dated.end is not None:
        options.append(_date(op, dated))
        if dated.precision == "year":
            options.append(_number(op, float(dated.start.year), ""))
    if not options:
        return Literal(False)
    result = options[0]
    for option in options[1:]:
        result = Call("or", (result, option))
    return result


def _number(op: str, number: float, unit: str) -> Expression:
    """Compare magnitudes; a missing unit on either side is taken to be the other's."""
    compared = Call(SIGNS[op], (Column("number"), Literal(number)))
    if not unit:
        return compared
    fits = Call("in", (Call("coalesce", (Column("unit"), Literal(""))), Literal(unit), Literal("")))
    return Call("and", (fits, compared))


def _date(op: str, value: Value) -> Expression:
    """Compare days: after means after the last day that is meant, since means from the first one on."""
    first, last = Literal(value.start), Literal(value.end)
    date = Column("date")
    match op:
        case "gt":
            return Call(">", (date, last))
        case "ge":
            return Call(">=", (date, first))
        case "lt":
            return Call("<", (date, first))
        case "le":
            return Call("<=", (date, last))
    return Call("between", (date, first, last))
