"""What models have said of texts, of whatever table, kept so that no text is judged twice for one prompt."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import NamedTuple

import pyarrow as pa

from neuraldb.stores.database import Database

IN_MEMORY = 500_000
"""Judgements that are kept in memory; the file keeps more."""
IN_FILE = 2_000_000
"""Judgements that the file keeps. Where there are more, the oldest go, here and there."""
_ROWS = pa.schema(
    {"model": pa.string(), "prompt": pa.string(), "text": pa.binary(), "value": pa.string(), "confidence": pa.float64()}
)


class Judgement(NamedTuple):
    """What a model says of a text.

    Attributes:
        value: true or false, a label, an answer's words, or a number; None where it does not say.
        confidence: that the value is right, in [0, 1]; where there is none, that there is none.
    """

    value: bool | str | float | None
    confidence: float


class Asked(NamedTuple):
    """What a model was asked: a prompt about a text. Equal prompts ask the same."""

    prompt: str
    text: str


class JudgementStore:
    """The judgements of a database, by model, prompt and text. A judgement is true of its text, whoever holds that.

    Of a text a digest is stored, not the text.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = threading.Lock()
        self._memory: dict[str, dict[Asked, Judgement]] = {}
        self._unsaved: dict[str, dict[Asked, Judgement]] = {}

    def known(self, model: str, asked: Iterable[Asked]) -> dict[Asked, Judgement]:
        """What a model (its name and version) has been asked and has said, in this session or before."""
        wanted = list(asked)
        with self._turn:
            memory = self._memory.setdefault(model, {})
            found = {each: memory[each] for each in wanted if each in memory}
        missing = [each for each in wanted if each not in found]
        stored = self._stored(model, missing) if missing else {}
        with self._turn:
            memory.update(stored)
        return found | stored

    def remember(self, model: str, said: Mapping[Asked, Judgement]) -> None:
        """Keep what a model said of texts; :meth:`save` writes it to the file."""
        with self._turn:
            self._memory.setdefault(model, {}).update(said)
            self._unsaved.setdefault(model, {}).update(said)

    def save(self) -> None:
        """Write what was remembered since the last time; not in the middle of somebody's transaction."""
        if self._database.read_only or self._database.in_transaction or not self._unsaved:
            return
        with self._turn:
            unsaved, self._unsaved = self._unsaved, {}
            for memory in self._memory.values():
                for each in list(memory)[: max(len(memory) - IN_MEMORY, 0)]:
                    del memory[each]
        try:
            self._write(unsaved)
        except BaseException:
            with self._turn:
                for model, said in unsaved.items():
                    self._unsaved[model] = said | self._unsaved.get(model, {})
            raise

    def count(self) -> int:
        """How many are stored."""
        ((count,),) = self._database.rows("SELECT count(*) FROM store.judgements")
        return int(count)

    def trim(self, most: int) -> int:
        """Let the oldest go until at most so many are stored; gives how many went."""
        return self._database.execute(
            """DELETE FROM store.judgements WHERE rowid IN (
                   SELECT rowid FROM store.judgements ORDER BY rowid DESC OFFSET ?)""",
            [max(most, 0)],
        )

    def _stored(self, model: str, asked: list[Asked]) -> dict[Asked, Judgement]:
        prompts, digests = [each.prompt for each in asked], [digest(each.text) for each in asked]
        rows = self._database.rows(
            """SELECT w.place, j.value, j.confidence
               FROM wanted w JOIN store.judgements j ON j.text = w.text AND j.prompt = w.prompt
               WHERE j.model = ?""",
            [model],
            {
                "wanted": pa.table(
                    {"place": range(len(asked)), "prompt": prompts, "text": pa.array(digests, pa.binary())}
                )
            },
        )
        return {asked[place]: Judgement(json.loads(value), confidence) for place, value, confidence in rows}

    def _write(self, unsaved: Mapping[str, Mapping[Asked, Judgement]]) -> None:
        rows = [
            (model, each.prompt, digest(each.text), json.dumps(judgement.value), judgement.confidence)
            for model, said in unsaved.items()
            for each, judgement in said.items()
        ]
        if not rows:
            return
        columns = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), _ROWS.types, strict=True)]
        with self._database.transaction():
            # another session of the file may have written some of them
            self._database.execute(
                """INSERT INTO store.judgements
                   SELECT * FROM arriving a WHERE NOT EXISTS (
                       SELECT 1 FROM store.judgements j
                       WHERE j.model = a.model AND j.prompt = a.prompt AND j.text = a.text)""",
                inputs={"arriving": pa.table(columns, schema=_ROWS)},
            )
            if self.count() > IN_FILE:
                self.trim(IN_FILE)


def digest(text: str) -> bytes:
    """What a text is known by, 16 bytes."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
