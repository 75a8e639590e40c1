"""The W3C's test suite of SPARQL 1.1: its manifests, its groups, and the table of what passes.

Each test runs on a database of its own in memory, by the session's own import and queries. What a type of test asks
for is in :mod:`neuraldb.evaluation.w3c_query` and :mod:`neuraldb.evaluation.w3c_update`.
"""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import rdflib
from rdflib.collection import Collection

from neuraldb.core.errors import Error, InterfaceError

MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
QUERY_GROUPS: Mapping[str, int] = {
    "syntax-query": 94,
    "functions": 75,
    "aggregates": 47,
    "property-path": 33,
    "subquery": 14,
    "negation": 12,
    "bindings": 11,
    "bind": 10,
    "construct": 7,
    "project-expression": 7,
    "grouping": 6,
    "exists": 6,
    "cast": 6,
}
"""The groups of query tests, with how many tests each has."""
UPDATE_GROUPS: Mapping[str, int] = {
    "delete": 19,
    "delete-insert": 17,
    "basic-update": 13,
    "update-silent": 13,
    "add": 8,
    "copy": 6,
    "move": 6,
    "delete-data": 6,
    "delete-where": 6,
    "clear": 4,
    "drop": 4,
    "syntax-update-1": 54,
    "syntax-update-2": 1,
}
"""The groups of update tests."""

GROUPS = tuple({**QUERY_GROUPS, **UPDATE_GROUPS})
"""All groups that are run."""
FOLDER = Path("../shared/data/w3c-rdf-tests")
"""Where the archive is, seen from a checkout."""


@dataclass(frozen=True)
class Entry:
    """One test.

    Attributes:
        group: the folder it is in.
        name: the last part of its IRI.
        kind: the type of the test, such as ``QueryEvaluationTest``.
        node: itself in the manifest.
        manifest: the whole manifest.
    """

    group: str
    name: str
    kind: str
    node: rdflib.term.Node
    manifest: rdflib.Graph

    def value(self, predicate: rdflib.URIRef, of: rdflib.term.Node | None = None) -> rdflib.term.Node | None:
        """What the manifest says of the test, or of another node."""
        return self.manifest.value(of or self.node, predicate)


@dataclass(frozen=True)
class Outcome:
    """What became of a test; ``failure`` is empty where it passed."""

    entry: Entry
    failure: str = ""


Runner = Callable[[Entry], str]
"""Runs a test of some type: gives what is wrong, '' where nothing is. An Error of the engine is a failure too."""


@contextmanager
def unpacked(folder: Path) -> Iterator[Path]:
    """The folder of the groups of SPARQL 1.1, out of the archive in ``folder``.

    Raises:
        InterfaceError: the archive is not there.
    """
    archive = folder / "sparql-tests.tar.gz"
    if not archive.is_file():
        raise InterfaceError(
            f"there is no {archive}", hint="it is an archive of the folder sparql/ of github.com/w3c/rdf-tests"
        )
    with tempfile.TemporaryDirectory() as place:
        with tarfile.open(archive) as packed:
            packed.extractall(place, filter="data")
        yield Path(place, "sparql", "sparql11")


def entries(folder: Path) -> list[Entry]:
    """The tests of a group, in the order of its manifest."""
    path = folder / "manifest.ttl"
    manifest = rdflib.Graph().parse(path, format="turtle", publicID=path.as_uri())
    tests = Collection(manifest, next(manifest.objects(None, MF.entries)))
    return [
        Entry(folder.name, _last(node), _last(manifest.value(node, rdflib.RDF.type)), node, manifest) for node in tests
    ]


def _last(iri: object) -> str:
    return str(iri).rpartition("#")[2]


def path_of(iri: rdflib.term.Node) -> Path:
    """The file that an IRI of a manifest names."""
    return Path(url2pathname(urlsplit(str(iri)).path))


def run(folder: Path, groups: Iterable[str]) -> dict[str, list[Outcome]]:
    """Run the tests of some groups.

    Raises:
        InterfaceError: the archive is not there, or has no such group.
    """
    runners = _runners()
    outcomes: dict[str, list[Outcome]] = {}
    with unpacked(folder) as suite:
        for group in groups:
            if not (suite / group).is_dir():
                known = sorted(p.name for p in suite.iterdir() if p.is_dir())
                raise InterfaceError(f"the suite has no group {group}", candidates=tuple(known))
            outcomes[group] = [_outcome(entry, runners) for entry in entries(suite / group)]
    return outcomes


def _runners() -> Mapping[str, Runner]:
    """What runs each type of test, from the modules that know of them."""
    from neuraldb.evaluation import w3c_query, w3c_update

    return {**w3c_query.RUNNERS, **w3c_update.RUNNERS}


def _outcome(entry: Entry, runners: Mapping[str, Runner]) -> Outcome:
    runner = runners.get(entry.kind)
    if runner is None:
        return Outcome(entry, f"there is nothing to run a {entry.kind} with")
    try:
        return Outcome(entry, runner(entry))
    except Error as error:
        return Outcome(entry, f"{type(error).__name__}: {str(error).splitlines()[0]}")


# ------------------------------------------------------------------------------------------------------- the report


def table(outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    """What passes, by group, as a Markdown table."""
    lines = ["| group | tests | pass | fail |", "|---|---:|---:|---:|"]
    for group, results in outcomes.items():
        lines.append(_row(group, results))
    for title, groups in (("query tests", QUERY_GROUPS), ("update tests", UPDATE_GROUPS)):
        results = [o for group in groups for o in outcomes.get(group, ())]
        if results:
            lines.append(_row(f"**{title}**", results))
    return "\n".join(lines)


def _row(title: str, results: Sequence[Outcome]) -> str:
    failed = sum(1 for o in results if o.failure)
    return f"| {title} | {len(results)} | {len(results) - failed} | {failed} |"


def failures(outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    """The tests that fail, each with the reason."""
    failed = [o for results in outcomes.values() for o in results if o.failure]
    return "\n".join(f"{o.entry.group}/{o.entry.name}: {o.failure}" for o in failed)
