"""One database at work: the pipeline from a statement's text to its result, on one screen.

``run`` is parse, build, optimise, lower, run; everything else here adds and forgets facts.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from neuraldb.core.errors import Error, InterfaceError, ProgrammingError
from neuraldb.core.progress import CancelToken, Report, silent
from neuraldb.execution import calibrated, engine
from neuraldb.execution.error_places import errors_tell_of
from neuraldb.execution.maintained import bring_up_to_date
from neuraldb.execution.physical import lower
from neuraldb.execution.plan_cache import PlanCache
from neuraldb.execution.predicted_rows import origins, stored_first, telling
from neuraldb.execution.prepared import Clock, Prepared
from neuraldb.execution.requests import together
from neuraldb.execution.result import Result, Texts
from neuraldb.execution.untrusted import check_trust
from neuraldb.language import question, sparql, sql
from neuraldb.language.as_of import as_of
from neuraldb.language.detect import STORE_VIEWS, detect, explain_prefix
from neuraldb.language.detect_query import may_be_query
from neuraldb.language.filling import filled
from neuraldb.language.masking import after_comments
from neuraldb.language.parameters import Given
from neuraldb.language.sparql_update_ast import Update
from neuraldb.language.strict import strict
from neuraldb.models.registry import Models
from neuraldb.operators import changes, traversal, write
from neuraldb.operators.catalogue import StoreCatalogue
from neuraldb.operators.context import Context, Options, ReadRdf
from neuraldb.operators.relation_binding import RelationModels
from neuraldb.operators.relation_vectors import relation_vectors, space_of
from neuraldb.operators.spj import read, sound
from neuraldb.operators.updates import conflicts_of
from neuraldb.plan.builder import ReadQuestion, Statement, build
from neuraldb.plan.nodes import Node
from neuraldb.plan.optimizer import optimise
from neuraldb.plan.rules.use_cascades import use_cascades
from neuraldb.plan.sparql_advice import advice
from neuraldb.plan.traversal_nodes import Walk
from neuraldb.stores.bundle import Stores
from neuraldb.stores.database import Database
from neuraldb.stores.derivations import Derivation
from neuraldb.stores.facts import Added, Fact, NewFact
from neuraldb.stores.failures import reading_only
from neuraldb.stores.journal import Change
from neuraldb.stores.past import Pasts

if TYPE_CHECKING:
    from networkx import MultiDiGraph


class Session:
    """An open database with its models.

    Args:
        path: the file, or ``:memory:``.
        read_only: refuse changes.
        models: None for the embedded ones.
        texts: gives the texts of facts by id, as evidence; by default :meth:`fact_texts`.

    Attributes:
        read_rdf, read_question: the files that LOAD names, and what a question means; a connection sets them.
    """

    def __init__(
        self, path: str, read_only: bool = False, models: Models | None = None, texts: Texts | None = None
    ) -> None:
        self.stores = Stores(Database.open(path, read_only))
        self.models = models if models is not None else Models()
        self.read_rdf: ReadRdf | None = None
        self.read_question: ReadQuestion = lambda text: question.parse(text, self.models.parser, self.stores)
        meaning = RelationModels(
            self._pairs_in, lambda: space_of(self.models), lambda names: relation_vectors(names, self.models)
        )
        self.catalogue = StoreCatalogue(self.stores, lambda: self.models.encoder, meaning)
        self._plans = PlanCache(self.stores.database, self.catalogue.iri)
        self._strict = StoreCatalogue(self.stores, lambda: self.models.encoder, strict=True)
        self._judgements: dict[str, dict[str, tuple[object, float]]] = {}
        self._relation_names: tuple[int, frozenset[str]] | None = None
        self._texts = texts or self.fact_texts
        # their evidence is read here, since a result may be looked at when its past has been closed
        self._pasts = Pasts(
            self.stores.database,
            lambda file: Session(str(file), read_only=True, models=self.models, texts=self.fact_texts),
        )

    def language_of(self, text: str) -> str:
        """The language of a statement, or of what AS OF asks: one of :data:`neuraldb.language.detect.LANGUAGES`."""
        _, statement = as_of(text)
        return detect(statement, tables=self._tables_for(statement))

    def _tables_for(self, text: str) -> frozenset[str]:
        """The relations on which the language of a text may rest: none where it does not begin like a query."""
        return self.relation_names() if may_be_query(after_comments(text)) else STORE_VIEWS

    def relation_names(self) -> frozenset[str]:
        """The names of the relations that exist: ``describe rivers`` is SQL where there is such a table.

        They are looked up again only after a change.
        """
        version = self.stores.database.version
        known = self._relation_names
        if known is None or known[0] != version:
            known = self._relation_names = version, frozenset(self.catalogue.tables()) | STORE_VIEWS
        return known[1]

    def run(
        self,
        text: str,
        language: str | None = None,
        parameters: Given | None = None,
        options: Options | None = None,
        token: CancelToken | None = None,
        report: Report = silent,
        *,
        terms: bool = False,
    ) -> Result:
        """Run one statement in any language; ``terms``: SPARQL gives whole RDF terms instead of plain values.

        Raises:
            Error: whatever is wrong with it, with the place in ``text`` where that is known; nothing has changed then.
        """
        moment, statement = as_of(text)
        if moment is not None:
            with errors_tell_of(text):
                return self.as_of(moment).run(statement, language, parameters, options, token, report, terms=terms)
        language = language or self.language_of(text)
        check_trust(text, language, parameters, options, self.catalogue, self.stores.database)
        if language in ("statement", "retraction"):
            with errors_tell_of(text):
                return self._told(filled(text, parameters), language, self._context(options, token, report))
        level, rest = explain_prefix(text, self._tables_for(text))
        if level is not None:
            return self._explained(self.explain(rest, None, parameters, level), text, language)
        context = self._context(options, token, report)
        try:
            with self.stores.database.stoppable() as stop, context.token.calling(stop):
                prepared, ran = self._done(text, language, parameters, context, terms)
        except Error as error:
            raise error.at(text) from error.__cause__
        self.stores.save_derivations()
        return self._result(prepared, ran, context)

    def prepare(self, text: str, language: str, parameters: Given | None = None, *, terms: bool = False) -> Prepared:
        """The statement's plans: parse -> build -> optimise -> lower."""
        clock = Clock()
        statement = self._parse(text, language, parameters)
        clock.lap("parse")
        return self._planned(statement, text, language, clock, terms)

    def _planned(
        self,
        statement: Statement,
        text: str,
        language: str,
        clock: Clock,
        terms: bool = False,
        options: Options | None = None,
    ) -> Prepared:
        asked = options or Options()
        names = self._strict if language == "sparql" and (asked.strict or strict(text)[0]) else self.catalogue
        logical = build(statement, names, text, terms=terms, paths=asked.paths, predict=asked.predict)
        clock.lap("build")
        optimised = use_cascades(optimise(logical).plan, self.stores.accuracy.targets)
        clock.lap("optimise")
        physical = lower(optimised)
        clock.lap("lower")
        return Prepared(text, language, logical, optimised, physical, clock.laps)

    def _parse(self, text: str, language: str, parameters: Given | None) -> Statement:
        if language == "sql":
            return sql.parse_sql(text, parameters)
        if language == "sparql":
            return sparql.parse(text, parameters)
        if language == "question":
            return self.read_question(filled(text, parameters))
        raise InterfaceError(f"unknown language {language}", candidates=("question", "sql", "sparql", "statement"))

    def explain(
        self, text: str, language: str | None = None, parameters: Given | None = None, level: str = "plan"
    ) -> str:
        """The plan of a statement: ``plan``, ``verbose`` (after each stage) or ``analyze`` (run, with what it cost)."""
        from neuraldb.execution.explain import analysed, staged

        moment, statement = as_of(text)
        if moment is not None:
            with errors_tell_of(text):
                return self.as_of(moment).explain(statement, language, parameters, level)
        language = language or self.language_of(text)
        if language in ("statement", "retraction"):
            raise ProgrammingError(
                "a sentence that is told has no plan", hint="EXPLAIN takes a question, SQL or SPARQL"
            )
        try:
            if level != "analyze":
                return staged(self.prepare(text, language, parameters), verbose=level == "verbose")
            context = self._context(None, None, silent)
            return analysed(*self._done(text, language, parameters, context), context)
        except Error as error:
            raise error.at(text) from error.__cause__

    def run_plan(self, plan: Node, token: CancelToken | None = None) -> Result:
        """Run a plan that stands for no statement's text."""
        optimised = optimise(plan).plan
        prepared = Prepared("", "sql", plan, optimised, lower(optimised), {})
        context = self._context(None, token, silent)
        with errors_tell_of(None):
            return self._result(prepared, engine.run(prepared.physical, context), context)

    def network(self, walk: Walk, entities_only: bool = False, token: CancelToken | None = None) -> MultiDiGraph:
        """The triples that a walk may use as a graph of networkx."""
        with errors_tell_of(None):
            return traversal.network(walk, entities_only, self._context(None, token, silent))

    def as_of(self, moment: datetime.datetime) -> Session:
        """What the database held at a moment, as a session that can only be read; it ends with this one.

        Each moment is written out once, which takes as long as reading the database does. A user's own tables are not
        in it: only what NeuralDB keeps has a past.
        """
        past = self._pasts.at(moment)
        past.stores.accuracy = self.stores.accuracy
        return past

    # ------------------------------------------------------------------------------------------------------ facts

    def add(self, facts: Sequence[NewFact], report: Report = silent, token: CancelToken | None = None) -> list[Added]:
        """Add facts in one transaction, encoded and parsed."""
        return write.add_facts(facts, self._context(None, token, report))

    def import_triples(self, quads: Iterable[write.Quad], report: Report = silent) -> int:
        """Store triples that no fact states, such as RDF, in one transaction; gives how many are new."""
        with errors_tell_of(None):
            return write.import_triples(quads, self._context(None, None, report))

    def forget(self, target: str | int | Sequence[int]) -> int:
        """Forget facts by id, or by the words of a fact; gives how many."""
        with errors_tell_of(target if isinstance(target, str) else None):
            return changes.forget(target, self._context(None, None, silent))

    def facts(self, pattern: str | None = None, limit: int | None = None) -> list[Fact]:
        """Current facts, those whose text holds the pattern, in the order in which they were told."""
        return self.stores.facts.current(pattern, limit=limit)

    def history(self, fact: int | None = None) -> list[Change]:
        """What happened to all facts, or to one."""
        return self.stores.facts.history(fact)

    def fact_texts(self, ids: Sequence[int]) -> Mapping[int, str]:
        """The texts of facts, past ones too."""
        return {fact.id: fact.text for fact in self.stores.facts.get(list(ids))}

    # ----------------------------------------------------------------------------------------------- transactions

    def begin(self) -> None:
        """Begin a transaction."""
        self.stores.database.begin()

    def commit(self) -> None:
        """Commit what is open; with nothing open, nothing."""
        self.stores.database.commit()

    def rollback(self) -> None:
        """Take back what is open; with nothing open, nothing."""
        self.stores.database.rollback()

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self.stores.database.in_transaction

    @property
    def closed(self) -> bool:
        """Whether the database is closed."""
        return self.stores.database.closed

    def close(self) -> None:
        """Close the database."""
        self._pasts.close()
        self.stores.database.close()

    # -------------------------------------------------------------------------------------------------------- own

    def _pairs_in(self, name: str, readings: Mapping[int, str]) -> Sequence[Derivation]:
        """What the reader finds for the name of a relation in facts."""
        context = self._context(None, None, silent)
        return sound(read(name, "pair", readings, context), "pair", (), context)

    def _context(self, options: Options | None, token: CancelToken | None, report: Report) -> Context:
        return Context(
            self.stores,
            self.models,
            options or Options(),
            token or CancelToken(),
            report=report,
            judgements=self._judgements,
            read_rdf=self.read_rdf,
        )

    def _told(self, text: str, language: str, context: Context) -> Result:
        """A sentence told: a fact to add, or to forget."""
        if language == "retraction":
            count = changes.forget(changes.retracted(text), context)
            return Result(None, statement=text, language="statement", rowcount=count, texts=self.fact_texts)
        (added,) = write.add_facts([NewFact(text)], context)
        return Result(
            None,
            statement=text,
            language="statement",
            rowcount=int(added.new),
            lastrowid=added.id,
            texts=self._texts,
            counters=context.counters,
            conflicts=lambda _: conflicts_of([added.id], context),
        )

    def _done(
        self, text: str, language: str, parameters: Given | None, context: Context, terms: bool = False
    ) -> tuple[Prepared, engine.Run]:
        """A statement planned and run; of an update each operation by itself, since it may make what the next names."""
        is_kept = language == "sparql" and parameters is None and context.options == Options()
        if is_kept and (known := self._plans.like(text, terms)) is not None:
            return known, self._ran(known, context)
        clock = Clock()
        statement = self._parse(text, language, parameters)
        clock.lap("parse")
        bring_up_to_date(statement, self.catalogue, context)
        if not isinstance(statement, Update):
            prepared = self._planned(statement, text, language, clock, terms, context.options)
            if is_kept:
                self._plans.keep(prepared, statement, terms)
            return prepared, self._ran(prepared, context)
        if self.stores.database.read_only:
            raise reading_only()
        parts: list[tuple[Prepared, engine.Run]] = []
        with self.stores.database.transaction():
            for operation in statement.operations:
                prepared = self._planned(Update((operation,)), text, language, clock, options=context.options)
                parts.append((prepared, self._ran(prepared, context)))
                clock = Clock()
        return together(text, language, parts)

    def _ran(self, prepared: Prepared, context: Context) -> engine.Run:
        with errors_tell_of(prepared.text):
            ran = engine.run(prepared.physical, context)
        if prepared.language == "sparql" and not any(trace.in_memory for trace in ran.traces.values()):
            run = sum(trace.milliseconds for trace in ran.traces.values())
            self.stores.graph.account.add((sum(prepared.timings.values()) + run) / 1000)
        return ran

    def _result(self, prepared: Prepared, ran: engine.Run, context: Context) -> Result:
        from neuraldb.execution.explain import analysed

        table = engine.confident(calibrated.with_chances(prepared, ran, context), context.options.min_confidence)
        table = stored_first(table, prepared.optimised, context)
        return Result(
            table,
            statement=prepared.text,
            language=prepared.language,
            texts=telling(self._texts, context),
            origins=origins(table, prepared.optimised, context),
            notes=(
                *context.notes,
                *map(str, context.counters.estimates),
                *(advice(prepared.logical) if prepared.language == "sparql" else ()),
            ),
            plan=prepared.optimised,
            explanation=lambda: analysed(prepared, ran, context),
            timings=prepared.timings | {"run": sum(t.milliseconds for t in ran.traces.values())},
            counters=context.counters,
            conflicts=lambda ids: conflicts_of([fact for fact in ids if fact > 0], context),
        )

    def _explained(self, plan: str, text: str, language: str) -> Result:
        table = pa.table({"plan": pa.array(plan.splitlines(), pa.string())})
        return Result(table, statement=text, language=language, texts=self._texts)
