"""Links that are missing but likely, from a connection: a predictor trained beside the work, and kept in the file."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING

from neuraldb.core.errors import InterfaceError, ReadOnly
from neuraldb.core.progress import CancelToken
from neuraldb.transactions import TransactionalSession

if TYPE_CHECKING:
    from collections.abc import Callable

    from neuraldb.stores.links import Links, Vectors


class Training:
    """A training under way; it ends by itself, and what it learned is used from then on.

    Args:
        work: trains, and gives the number of the training.
    """

    def __init__(self, work: Callable[[Training], int]) -> None:
        self._token = CancelToken()
        self._error: BaseException | None = None
        self._number: int | None = None
        self.state = "begun"
        """How far it is, in words."""
        self._thread = threading.Thread(target=self._run, args=(work,), name="train_links", daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[Training], int]) -> None:
        try:
            self._number = work(self)
            self.state = f"done: training {self._number}"
        except BaseException as error:  # noqa: BLE001 - it is raised where somebody waits for it
            self._error = error
            self.state = f"ended: {error}"

    @property
    def done(self) -> bool:
        """Whether it has ended, in whatever way."""
        return not self._thread.is_alive()

    def cancel(self) -> None:
        """End it; nothing of it is kept."""
        self._token.cancel()

    def wait(self, seconds: float | None = None) -> int | None:
        """Wait for its end.

        Args:
            seconds: at most so long; None for as long as it takes.

        Returns:
            The number of the training, or None if it goes on.

        Raises:
            Cancelled: it was cancelled.
            Error: it failed.
        """
        self._thread.join(seconds)
        if self._thread.is_alive():
            return None
        if self._error is not None:
            raise self._error
        return self._number


class LinkSession(TransactionalSession):
    """A session that can learn which edges are missing but likely."""

    def train_links(
        self, *, rank: int = 128, epochs: int = 30, minutes: float = 120.0, rules: bool = True, seed: int = 1
    ) -> Training:
        """Train a link predictor on the current triples, beside the work: statements run meanwhile.

        ``PREDICT`` in SPARQL uses the newest one; before the first, things that are alike in what is said of them speak
        for each other. The training becomes part of the file when it ends.

        Args:
            rank: complex dimensions of the factors.
            epochs: how often all edges are seen.
            minutes: the end of it, whatever the epochs.
            rules: mine rules as well, which serve what comes after the training and say why.
            seed: of all that is drawn.

        Returns:
            The training: ``wait()`` for it, look at its ``state``, or ``cancel()`` it.

        Raises:
            InterfaceError: there are no triples to learn from, or an argument is out of range.
            ReadOnly: the database is open for reading only.
        """
        if rank < 1 or epochs < 1 or minutes <= 0:
            raise InterfaceError("rank, epochs and minutes are more than 0")
        if self.session.stores.database.read_only:
            raise ReadOnly("the database is open for reading only, and a training is kept in it")
        links = self._read(lambda token: self.session.stores.links.links())
        if not len(links.triples):
            raise InterfaceError("there are no edges to learn from", hint="add facts, or load triples")

        def work(training: Training) -> int:
            parts = _trained(links, rank, epochs, minutes, rules, seed, training)
            return self._change(lambda token: self.session.stores.links.put(*parts))

        return Training(work)


def _trained(
    links: Links, rank: int, epochs: int, minutes: float, rules: bool, seed: int, training: Training
) -> tuple[list[int], list[int], dict[str, Vectors], bytes, str]:
    import numpy as np

    from neuraldb.models.link_files import rules_as_bytes
    from neuraldb.training import link_recipe, rule_mining

    entities, flat = np.unique(links.triples[:, [0, 2]], return_inverse=True)
    relations, kinds = np.unique(links.triples[:, 1], return_inverse=True)
    ends = flat.reshape(-1, 2)
    triples = np.stack([ends[:, 0], kinds.reshape(-1), ends[:, 1]], axis=1)

    def tell(line: str) -> None:
        training.state = line

    mined = None
    if rules:
        mined = rule_mining.mine(triples, len(entities), rule_mining.Settings(seed=seed), training._token, tell)
    batch = max(16, min(512, len(triples) // 10))
    settings = link_recipe.Settings(rank=rank, epochs=epochs, minutes=minutes, batch=batch, seed=seed)
    factors = link_recipe.train(triples, len(entities), len(relations), settings, token=training._token, tell=tell)
    vectors = {"entity": factors.entities, "forward": factors.forward, "backward": factors.backward}
    card = json.dumps({"settings": asdict(settings), "triples": len(triples), **factors.card})
    return entities.tolist(), relations.tolist(), vectors, rules_as_bytes(mined) if mined else b"", card
