"""A session for the shell: real stores and real SQL, and questions "Who …?" answered by looking for words."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterable
from typing import Any

import pytest
from api.fakes import FakeSession, traced

from neuraldb.api import Connection
from neuraldb.core.progress import CancelToken, Report, silent
from neuraldb.execution.result import Result
from neuraldb.language.detect import detect
from neuraldb.operators.context import Options
from neuraldb.stores.graph import NewTriple


class ShellSession(FakeSession):
    """Answers ``Who lives in Oslo?`` with what stands before *lives in Oslo* in the facts that have these words.

    ``Wait?`` waits until it is cancelled. ``Dally?`` waits so, but needs a moment to stop. ``Break?`` breaks.
    """

    def run(
        self,
        text: str,
        language: str | None = None,
        parameters: Any = None,
        options: Options | None = None,
        token: CancelToken | None = None,
        report: Report = silent,
    ) -> Result:
        language = language or detect(text)
        token = token or CancelToken()
        if language == "retraction":
            words = text.rstrip(".").removeprefix("Forget that ")
            return Result(None, statement=text, language=language, rowcount=self.forget(words))
        if text == "Break?":
            raise RuntimeError("a cog\nis loose")
        if text == "Dally?":
            self._dally(token)
        found = re.fullmatch(r"Who (?P<words>.+)\?", text)
        if language != "question" or found is None:
            return super().run(text, language, parameters, options, token, report)
        words = found["words"]
        facts = self.facts(words)
        answer = [
            (fact.text.partition(f" {words}")[0], [fact.id], 0.9 if "maybe" in fact.text else 1.0) for fact in facts
        ]
        least = options.min_confidence if options else 0.0
        answer = [row for row in answer if row[2] >= least]
        return Result(
            traced("answer", answer),
            statement=text,
            language="question",
            texts=self.fact_texts,
            timings={"parse": 1.5, "read": 2.0},
        )

    def _dally(self, token: CancelToken) -> None:
        import time

        while not token.cancelled:
            time.sleep(0.02)
        time.sleep(1.5)
        token.check()

    def import_triples(self, quads: Iterable[Any], report: Report = silent) -> int:
        """Store triples; gives how many are new."""
        wanted = list(quads)
        graph = self.stores.graph
        with self.database.transaction():
            before = self._triples()
            terms = [term for quad in wanted for term in quad if term is not None]
            ids = dict(zip(terms, graph.ensure_terms(terms), strict=True))
            graph.add_triples(
                [NewTriple(ids[s], ids[r], ids[o], graph=None if g is None else ids[g]) for s, r, o, g in wanted]
            )
            return self._triples() - before

    def _triples(self) -> int:
        ((count,),) = self.database.rows("SELECT count(*) FROM store.triples WHERE recorded_to IS NULL")
        return int(count)


def connect(path: Any = ":memory:", read_only: bool = False) -> Connection:
    """A connection over a :class:`ShellSession`."""
    return Connection(ShellSession(str(path), read_only))  # type: ignore[arg-type]


def session_module() -> types.ModuleType:
    """A module with the session in the place of the real one."""
    module = types.ModuleType("neuraldb.session")
    module.Session = ShellSession  # type: ignore[attr-defined]
    return module


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the session in the place of the real one, for a test."""
    monkeypatch.setitem(sys.modules, "neuraldb.session", session_module())
