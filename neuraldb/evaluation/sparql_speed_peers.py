"""Other SPARQL engines, each in a process of its own so that a query that does not end can be stopped."""

from __future__ import annotations

import hashlib
import importlib.util
import math
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Protocol, TypeAlias

PEERS = ("rdflib", "pyoxigraph")
"""The engines that can be measured, by the names of their packages."""
GRACE = 2.0
"""Seconds after the limit until an engine that does not stop by itself is ended."""
STOPPED = "stopped"
"""The problem of an answer that did not come within the limit."""
Rows: TypeAlias = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine gave for a query.

    Attributes:
        seconds: until the last row was there as Python values; the limit where it was stopped.
        processor: the same in processor time of all threads, which other work on the machine does not change.
        rows: how many; None where it was stopped, or failed.
        digest: the same for the same bag of rows.
        problem: why there are no rows.
    """

    seconds: float
    processor: float
    rows: int | None = None
    digest: str = ""
    problem: str = ""


def digest_of(rows: Iterable[Sequence[Any]]) -> str:
    """A digest of a bag of rows, whatever their order. Numbers are the same however they are written.

    >>> digest_of([("1", None), ("x", True)]) == digest_of([("x", "true"), (1.0, None)])
    True
    """
    total = 0
    for row in rows:
        line = "\x1f".join(map(_canonical, row))
        total += int.from_bytes(hashlib.blake2b(line.encode(), digest_size=8).digest())
    return f"{total % 2**64:016x}"


def _canonical(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    with suppress(ValueError):
        number = float(text)
        return f"{number:.9g}" if math.isfinite(number) else text
    return text


class Engine(Protocol):
    """An engine within its process."""

    def answer(self, query: str) -> Rows:
        """The rows of a query as Python values."""


class _Rdflib:
    def __init__(self, path: str) -> None:
        import rdflib

        self._graph: Any = rdflib.Graph()
        self._graph.parse(path, format="nt")

    def answer(self, query: str) -> Rows:
        return [tuple(row) for row in self._graph.query(query)]


class _Pyoxigraph:
    def __init__(self, path: str) -> None:
        import pyoxigraph

        self._store: Any = pyoxigraph.Store()
        self._store.bulk_load(path=path, format=pyoxigraph.RdfFormat.N_TRIPLES)
        self._store.optimize()

    def answer(self, query: str) -> Rows:
        return [tuple(None if t is None else t.value for t in row) for row in self._store.query(query)]


ENGINES: dict[str, Callable[[str], Engine]] = {"rdflib": _Rdflib, "pyoxigraph": _Pyoxigraph}


class _Stop(BaseException):
    """The limit has passed; no ``except Exception`` of an engine keeps it from ending the query."""


def _serve(name: str, path: str, pipe: Connection) -> None:
    """The process of an engine: reads the graph, then answers queries until it is sent None."""
    begun = time.perf_counter()
    engine = ENGINES[name](path)
    pipe.send(time.perf_counter() - begun)
    while (request := pipe.recv()) is not None:
        pipe.send(_answered(engine, *request))


def _answered(engine: Engine, query: str, limit: float) -> Answer:
    def stop(*_: object) -> None:
        raise _Stop

    alarm = getattr(signal, "SIGALRM", None)  # where there is none, the process is ended instead
    begun, spent = time.perf_counter(), time.process_time()
    try:
        if alarm is not None:
            signal.signal(alarm, stop)
            signal.setitimer(signal.ITIMER_REAL, limit)
        rows = engine.answer(query)
        seconds, processor = time.perf_counter() - begun, time.process_time() - spent
        if alarm is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except _Stop:
        return Answer(limit, time.process_time() - spent, problem=STOPPED)
    except Exception as error:  # noqa: BLE001  # an engine that fails is a finding, not the end of the measurement
        if alarm is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
        problem = f"{type(error).__name__}: {error}"
        return Answer(time.perf_counter() - begun, time.process_time() - spent, problem=problem)
    return Answer(seconds, processor, len(rows), digest_of(rows))


class Peer:
    """An engine in a process of its own, which starts with the first query and again after it had to be ended.

    Args:
        name: one of :data:`PEERS`.
        path: the graph as N-Triples.
        limit: seconds for one query.

    Attributes:
        load_seconds: reading the graph took.
    """

    def __init__(self, name: str, path: str, limit: float) -> None:
        self.name = name
        self.load_seconds = 0.0
        self._path = path
        self._limit = limit
        self._process: Any = None
        self._pipe: Connection | None = None

    @staticmethod
    def missing(name: str) -> bool:
        """Whether the engine's package is not installed."""
        return importlib.util.find_spec(name) is None

    def answer(self, query: str) -> Answer:
        """What the engine gives for a query, at most at the limit."""
        pipe = self._started()
        pipe.send((query, self._limit))
        if pipe.poll(self._limit + GRACE):
            with suppress(EOFError):
                return pipe.recv()  # type: ignore[no-any-return]
            self._end()
            return Answer(self._limit, self._limit, problem="its process died")
        self._end()
        return Answer(self._limit, self._limit, problem=STOPPED)

    def close(self) -> None:
        """End the process."""
        if self._pipe is not None:
            with suppress(OSError):
                self._pipe.send(None)
            self._process.join(GRACE)
            self._end()

    def _started(self) -> Connection:
        if self._pipe is None:
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(self.name, self._path, theirs), daemon=True)
            self._process.start()
            theirs.close()
            self.load_seconds = self._pipe.recv()
        return self._pipe

    def _end(self) -> None:
        assert self._pipe is not None
        self._process.kill()
        self._process.join()
        self._pipe.close()
        self._pipe = self._process = None
