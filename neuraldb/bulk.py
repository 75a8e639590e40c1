"""Adding many facts: in batches, with progress, and with a report of what was refused instead of an end to it all."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, TypeAlias

from neuraldb.core.errors import DataError, Error, InterfaceError
from neuraldb.core.progress import Report, silent
from neuraldb.core.text import clean
from neuraldb.stores.facts import Added, NewFact

Item: TypeAlias = str | Mapping[str, Any] | NewFact
Time: TypeAlias = datetime.datetime | datetime.date | str

BATCH = 256
"""Facts that are added in one transaction."""
STAGE = "add"


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that was not added: its place from 0, the item itself, and why."""

    position: int
    item: object
    reason: str


@dataclass
class AddReport:
    """What became of many facts.

    Attributes:
        added: how many new facts there are.
        duplicates: how many were known already; each is one more source of the fact that was there.
        refused: what was not added, in order.
        ids: the ids of the items that were not refused, in their order.
    """

    added: int = 0
    duplicates: int = 0
    refused: list[Refused] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)

    def __str__(self) -> str:
        parts = [f"{self.added} added", f"{self.duplicates} known already", f"{len(self.refused)} refused"]
        return ", ".join(parts)


def new_fact(
    text: str,
    *,
    about: str | None = None,
    source: str | None = None,
    labels: Sequence[str] = (),
    at: Time | None = None,
    valid_from: Time | None = None,
    valid_to: Time | None = None,
) -> NewFact:
    """The fact that is to be added, checked.

    Raises:
        DataError: the text is blank, or an argument has the wrong type or is no date.
    """
    for name, value in (("about", about), ("source", source)):
        if value is not None and not isinstance(value, str):
            raise DataError(f"{name} must be a string, not {type(value).__name__}")
    if isinstance(labels, str) or not isinstance(labels, Sequence) or not all(isinstance(v, str) for v in labels):
        raise DataError("labels must be a sequence of strings")
    clean(text)
    return NewFact(
        text,
        subject=about,
        source=source or "",
        labels=tuple(labels),
        asserted_at=_moment("at", at),
        valid_from=_moment("valid_from", valid_from),
        valid_to=_moment("valid_to", valid_to),
    )


def _moment(name: str, value: Time | None) -> datetime.datetime | None:
    if value is None or isinstance(value, datetime.datetime):
        return value
    if isinstance(value, datetime.date):
        return datetime.datetime(value.year, value.month, value.day)
    if isinstance(value, str):
        try:
            return datetime.datetime.fromisoformat(value)
        except ValueError as error:
            raise DataError(f"{name} is {value!r}, which is no date", hint="write it as 2024-05-31") from error
    raise DataError(f"{name} must be a date, not {type(value).__name__}")


_ARGUMENTS = ("text", "about", "source", "labels", "at", "valid_from", "valid_to")
_FIELDS = {"subject": "about", "asserted_at": "at"}


def from_item(item: object) -> NewFact:
    """The fact of one item of ``add_many``.

    Args:
        item: a sentence, a mapping with the arguments of :func:`new_fact`, or the fact itself.

    Raises:
        DataError: it is none of them, or not in order.
    """
    if isinstance(item, NewFact):
        times = {"at": item.asserted_at, "valid_from": item.valid_from, "valid_to": item.valid_to}
        return new_fact(item.text, about=item.subject, source=item.source, labels=item.labels, **times)
    if isinstance(item, str):
        return new_fact(item)
    if not isinstance(item, Mapping):
        raise DataError(f"a fact must be a string or a mapping, not {type(item).__name__}")
    arguments = {_FIELDS.get(key, str(key)): value for key, value in item.items()}
    unknown = [key for key in arguments if key not in _ARGUMENTS]
    if unknown:
        raise DataError(f"a fact has no {unknown[0]!r}", hint=f"it has {', '.join(_ARGUMENTS)}")
    if "text" not in arguments:
        raise DataError("the fact has no text")
    arguments = {key: value for key, value in arguments.items() if value is not None or key == "text"}
    return new_fact(**arguments)


def add_many(
    items: Iterable[Item],
    add: Callable[[Sequence[NewFact]], Sequence[Added]],
    *,
    batch: int = BATCH,
    report: Report = silent,
) -> AddReport:
    """Add facts in batches. They are told at once: those that do not say when they were told get one time.

    Args:
        items: sentences, mappings or facts; read as they are needed.
        add: stores facts, all of them or none.
        batch: facts in one call of ``add``.
        report: called after each batch with the stage ``add``.

    Raises:
        InterfaceError: ``items`` is a single text, or ``batch`` is not positive.
        Error: whatever ``add`` raises that is not the fault of a fact; a note says how many facts are in by then.
    """
    if isinstance(items, str | Mapping | NewFact):
        raise InterfaceError("add_many takes many facts", hint="add() takes one")
    if batch < 1:
        raise InterfaceError(f"a batch of {batch} facts holds none")
    total = len(items) if isinstance(items, Sized) else None
    outcome = AddReport()
    done = 0
    source = iter(items)
    told = datetime.datetime.now(datetime.UTC)
    while chunk := list(islice(source, batch)):
        good: list[tuple[int, NewFact]] = []
        for position, item in enumerate(chunk, done):
            try:
                fact = from_item(item)
                good.append((position, fact if fact.asserted_at else replace(fact, asserted_at=told)))
            except DataError as error:
                outcome.refused.append(Refused(position, item, str(error)))
        with _noting(outcome):
            _add(good, dict(enumerate(chunk, done)), add, outcome)
        done += len(chunk)
        report(STAGE, done, total)
    outcome.refused.sort(key=lambda refused: refused.position)
    return outcome


def _add(
    facts: Sequence[tuple[int, NewFact]],
    items: Mapping[int, Item],
    add: Callable[[Sequence[NewFact]], Sequence[Added]],
    outcome: AddReport,
) -> None:
    """Add the facts; where one of them is refused, find it by halves."""
    if not facts:
        return
    try:
        results = add([fact for _, fact in facts])
    except DataError as error:
        if len(facts) == 1:
            position = facts[0][0]
            outcome.refused.append(Refused(position, items[position], str(error)))
            return
        middle = len(facts) // 2
        _add(facts[:middle], items, add, outcome)
        _add(facts[middle:], items, add, outcome)
        return
    outcome.ids += [result.id for result in results]
    new = sum(result.new for result in results)
    outcome.added += new
    outcome.duplicates += len(results) - new


@contextmanager
def _noting(outcome: AddReport) -> Iterator[None]:
    try:
        yield
    except (Error, KeyboardInterrupt) as error:
        error.add_note(f"before that: {outcome}")
        raise


@contextmanager
def reporting(progress: bool | Report) -> Iterator[Report]:
    """The report that shows the progress as it was asked for."""
    if not isinstance(progress, bool):
        yield progress
    elif not progress:
        yield silent
    else:
        from tqdm.auto import tqdm

        with tqdm(unit=" facts") as bar:

            def show(stage: str, done: int, total: int | None) -> None:
                bar.total = total
                bar.update(done - bar.n)

            yield show
