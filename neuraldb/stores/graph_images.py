"""When the image of a graph is made, and how it follows changes.

After a change the image is not made anew: the triples that have come and gone are put in and taken out. What all
triples hash to, before and after, tells whether that is all that has changed: a merge of entities changes triples in
place, and another process may have done anything.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from neuraldb.stores.account import Account
from neuraldb.stores.database import Database
from neuraldb.stores.graph_image import TERMS, TRIPLES, GraphImage, columns_of

MOST = 5_000_000
"""The number of triples up to which an image is worth its memory."""
SECONDS = 0.25e-6
"""What a triple costs to put into an image."""
SECONDS_AFTER_CHANGE = 0.03e-6
"""What a triple costs that is in it when the image follows a change."""
MOST_CHANGED = 20_000
"""Triples that come and go up to which an image follows; beyond it is made anew."""

_IN_IMAGE = "fact IS NULL AND graph IS NULL"
# hashed twice: DuckDB combines hashes by xor, and two triples that exchange their objects would leave no trace
_HASH = "hash(hash(id, subject, relation, object))"
_STATE = f"""SELECT count(*), coalesce(bit_xor({_HASH}), 0), coalesce(max(id), 0),
        (SELECT max(recorded_to) FROM store.triples), (SELECT count(*) FROM store.terms),
        (SELECT coalesce(max(id), 0) FROM store.terms)
    FROM store.triples WHERE recorded_to IS NULL AND {_IN_IMAGE}"""
_COME = f"""SELECT subject, relation, object, {_HASH} AS mark FROM store.triples
    WHERE id > $last AND recorded_to IS NULL AND {_IN_IMAGE} LIMIT {MOST_CHANGED + 1}"""
_GONE = f"""SELECT subject, relation, object, {_HASH} AS mark FROM store.triples
    WHERE recorded_to > coalesce($ended, TIMESTAMP '-infinity') AND id <= $last AND {_IN_IMAGE}
    LIMIT {MOST_CHANGED + 1}"""


class State(NamedTuple):
    """What was stored when an image was made.

    Attributes:
        triples, mark, last: of the triples in it how many, what they hash to together, and the last id.
        ended: when the last triple became past.
        terms, last_term: how many terms, and the last id.
    """

    triples: int
    mark: int
    last: int
    ended: object
    terms: int
    last_term: int


class GraphImages:
    """Makes images, and keeps the last one.

    Args:
        database: holds the triples.
        account: pays for images.
    """

    def __init__(self, database: Database, account: Account) -> None:
        self._database = database
        self._account = account
        self._held: tuple[GraphImage, State] | None = None
        self._version = -1
        self._stored = 0

    def image(self) -> GraphImage | None:
        """The image of this moment, if the account has paid for it; never in a transaction, which may be undone."""
        with self._database.lock:
            if self._database.in_transaction:
                return None
            if self._version != self._database.version and self._is_due():
                self._renew()
            return self._held[0] if self._held and self._version == self._database.version else None

    def _is_due(self) -> bool:
        """Whether the account pays for as many triples as were stored when they were last counted."""
        return self._account.pays((SECONDS_AFTER_CHANGE if self._held else SECONDS) * self._stored)

    def _renew(self) -> None:
        version = self._database.version
        self._held = self._followed(*self._held) if self._held else None
        if self._held is None:
            ((self._stored,),) = self._database.rows("SELECT count(*) FROM store.triples")
            if self._stored <= MOST and self._account.pays(SECONDS * self._stored):
                state = State(*self._database.rows(_STATE)[0])
                self._held = GraphImage.of(self._database.query(TRIPLES), self._database.query(TERMS)), state
                self._account.pay(SECONDS * self._stored)
        # what another connection changed meanwhile may be in it or not
        if self._held is None or self._database.version == version:
            self._version = version if self._held else -1
        else:
            self._held = None

    def _followed(self, image: GraphImage, before: State) -> tuple[GraphImage, State] | None:
        """The image after what has changed since; None where it must be made anew."""
        self._account.pay(SECONDS_AFTER_CHANGE * self._stored)
        state = State(*self._database.rows(_STATE)[0])
        come = self._database.query(_COME, {"last": before.last})
        gone = self._database.query(_GONE, {"last": before.last, "ended": before.ended})
        terms = self._database.query(f"{TERMS} WHERE id > $last", {"last": before.last_term})
        is_all = (
            before.triples + come.num_rows - gone.num_rows == state.triples
            and before.mark ^ _mark(come) ^ _mark(gone) == state.mark
            and before.terms + terms.num_rows == state.terms
        )
        if not is_all or max(come.num_rows, gone.num_rows) > MOST_CHANGED:
            return None
        self._stored += come.num_rows
        following = image.following(columns_of(come), columns_of(gone), terms)
        return None if following is None else (following, state)


def _mark(triples: pa.Table) -> int:
    return int(np.bitwise_xor.reduce(np.asarray(triples.column("mark").to_numpy(), np.uint64), initial=np.uint64(0)))
