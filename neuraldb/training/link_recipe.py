"""Trains a factorisation for link prediction: ComplEx with N3 (Lacroix et al. 2018) on the full softmax.

All triples of one (head, relation) share one row of scores, so each pair is scored once and the loss stays the same: an
epoch multiplies so many rows as there are pairs, not triples. Adagrad, reciprocal relations, and optionally the
prediction of relations from both ends (Chen et al. 2021).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from neuraldb.core.progress import CancelToken
from neuraldb.models.factorisation import Factorisation
from neuraldb.training.loop import multiplies_bfloat16

SCALE = 1e-3
"""Of the factors at the start."""
TINY = 1e-10


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train.

    Attributes:
        rank: complex dimensions.
        epochs: how often to see each pair of a head and a relation.
        rate: the learning rate of Adagrad.
        n3: the weight of the nuclear 3-norm.
        relation: the weight of predicting relations; 0 for none.
        batch: pairs of a head and a relation in one step.
        minutes: the end of the run, whatever the epochs.
        seed: of all that is drawn.
    """

    rank: int = 256
    epochs: int = 15
    rate: float = 0.1
    n3: float = 0.05
    relation: float = 0.0
    batch: int = 512
    minutes: float = 120.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Pairs:
    """Triples by (head, relation), relations and their reciprocals.

    Attributes:
        heads, relations: of each pair (p,).
        starts: where each pair's tails begin in ``tails``, and at last how many there are (p + 1,).
        tails: (t,).
    """

    heads: NDArray[np.int64]
    relations: NDArray[np.int64]
    starts: NDArray[np.int64]
    tails: NDArray[np.int64]

    @classmethod
    def of(cls, triples: NDArray[np.int64]) -> Pairs:
        """The distinct triples (n, 3) by their pairs."""
        rows = np.unique(triples, axis=0)
        new = np.flatnonzero(np.any(np.diff(rows[:, :2], axis=0, prepend=-1) != 0, axis=1))
        return cls(rows[new, 0], rows[new, 1], np.append(new, len(rows)), rows[:, 2])

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
        """Pairs in a new order: heads (b,), relations (b,), each tail's row (t,) and tails (t,)."""
        for chosen in np.array_split(rng.permutation(len(self.heads)), max(1, round(len(self.heads) / size))):
            counts = self.starts[chosen + 1] - self.starts[chosen]
            rows = np.repeat(np.arange(len(chosen)), counts)
            within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
            tails = self.tails[np.repeat(self.starts[chosen], counts) + within]
            parts = (self.heads[chosen], self.relations[chosen], rows, tails)
            yield tuple(torch.from_numpy(p) for p in parts)  # type: ignore[misc]


class Trainer:
    """Factors and the state of Adagrad.

    Args:
        entities, relations: how many there are, relations with reciprocals.
        settings: how to train.
    """

    def __init__(self, entities: int, relations: int, settings: Settings) -> None:
        generator = torch.Generator().manual_seed(settings.seed)
        shapes = (entities, 2 * settings.rank), (relations, 2 * settings.rank)
        self.settings = settings
        self.factors = [torch.randn(shape, generator=generator) * SCALE for shape in shapes]
        self.squares = [torch.zeros(shape) for shape in shapes]
        self.epoch, self.spent = 0, 0.0
        self._type = torch.bfloat16 if multiplies_bfloat16() else torch.float32

    def step(self, heads: Tensor, relations: Tensor, rows: Tensor, tails: Tensor) -> float:
        """One step of Adagrad; gives the loss of a triple."""
        entities, kinds = self.factors
        h, r = entities[heads].requires_grad_(), kinds[relations].requires_grad_()
        t = entities[tails].requires_grad_()
        queries = product(h, r)
        loss, at_queries, at_entities = self._softmax(queries.detach(), rows, tails)
        side = self.settings.n3 * (cubes(h)[rows] + cubes(r)[rows] + cubes(t)).sum() / len(tails)
        every = None
        if self.settings.relation:
            every = kinds.clone().requires_grad_()
            logits = relation_queries(h[rows], t) @ every.T
            side = side + self.settings.relation * F.cross_entropy(logits, relations[rows])
        torch.autograd.backward([queries, side], [at_queries, None])
        for numbers, factors in ((heads, h), (tails, t)):
            at_entities.index_add_(0, numbers, gradient(factors))
        at_kinds = torch.zeros_like(kinds) if every is None else gradient(every)
        at_kinds.index_add_(0, relations, gradient(r))
        for values, squares, change in zip(self.factors, self.squares, (at_entities, at_kinds), strict=True):
            squares.addcmul_(change, change)
            values.addcdiv_(change, squares.sqrt().add_(TINY), value=-self.settings.rate)
        return loss

    def _softmax(self, queries: Tensor, rows: Tensor, tails: Tensor) -> tuple[float, Tensor, Tensor]:
        """The loss of a triple, and its gradients at the queries and at the entities.

        Written out, since autograd would keep several matrices of (batch, entities).
        """
        entities = self.factors[0].to(self._type)
        narrow = queries.to(self._type)
        scores = (narrow @ entities.T).float()
        log = scores.log_softmax(1)
        loss = -float(log[rows, tails].mean())
        counts = torch.bincount(rows, minlength=len(queries)).float()
        error = log.exp_().mul_(counts[:, None])
        error[rows, tails] -= 1.0
        error = error.div_(len(tails)).to(self._type)
        return loss, (error @ entities).float(), (error.T @ narrow).float()

    def save(self, path: Path) -> None:
        """Write a checkpoint, atomically."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        torch.save(
            {"factors": self.factors, "squares": self.squares, "epoch": self.epoch, "spent": self.spent}, partial
        )
        partial.replace(path)

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, weights_only=True)
        self.factors, self.squares = state["factors"], state["squares"]
        self.epoch, self.spent = int(state["epoch"]), float(state["spent"])


def on_stderr(line: str) -> None:
    """Tell how far something is."""
    print(line, file=sys.stderr, flush=True)


def train(
    triples: NDArray[np.int64],
    entities: int,
    relations: int,
    settings: Settings,
    checkpoint: Path | None = None,
    token: CancelToken | None = None,
    tell: Callable[[str], None] = on_stderr,
) -> Factorisation:
    """Train on triples (n, 3) of head, relation and tail; a checkpoint that exists is resumed from.

    ``tell`` is given a line after each epoch.

    Raises:
        Cancelled, Timeout: when ``token`` says so; the checkpoint keeps all whole epochs.
    """
    partners = inverses(triples, relations)
    if (partners < 0).any():  # where each relation has its inverse in the data, reciprocals would say all twice
        triples = np.concatenate([triples, triples[:, ::-1] + np.array([0, relations, 0])])
        partners = np.arange(relations, 2 * relations)
    pairs = Pairs.of(triples)
    trainer = Trainer(entities, max(int(partners.max()) + 1, relations), settings)
    if checkpoint is not None and checkpoint.exists():
        trainer.restore(checkpoint)
    while trainer.epoch < settings.epochs and trainer.spent < 60 * settings.minutes:
        begun, losses = time.monotonic(), []
        rng = np.random.default_rng((settings.seed, trainer.epoch))
        for batch in pairs.batches(settings.batch, rng):
            if token is not None:
                token.check()
            losses.append(trainer.step(*batch))
        trainer.epoch += 1
        trainer.spent += time.monotonic() - begun
        loss = sum(losses) / len(losses)
        tell(f"epoch {trainer.epoch} of {settings.epochs} {trainer.spent / 60:.1f} min loss {loss:.3f}")
        if checkpoint is not None:
            trainer.save(checkpoint)
    card: dict[str, object] = {"settings": asdict(settings), "triples": len(triples), "minutes": trainer.spent / 60}
    values, kinds = (factors.numpy() for factors in trainer.factors)
    return Factorisation("complex", values, kinds[:relations], kinds[partners], card)


def inverses(triples: NDArray[np.int64], relations: int) -> NDArray[np.int64]:
    """For each relation the one whose triples are exactly its own read backwards (relations,); -1 for none."""
    ends: list[set[tuple[int, int]]] = [set() for _ in range(relations)]
    for head, relation, tail in triples.tolist():
        ends[relation].add((head, tail))
    numbers = {frozenset(pairs): number for number, pairs in reversed(list(enumerate(ends)))}
    return np.array([numbers.get(frozenset((t, h) for h, t in pairs), -1) for pairs in ends], np.int64)


def gradient(leaf: Tensor) -> Tensor:
    """What a backward pass left at a leaf."""
    assert leaf.grad is not None
    return leaf.grad


def product(left: Tensor, right: Tensor) -> Tensor:
    """Products of complex numbers (n, 2k), real parts first."""
    a, b = left.chunk(2, -1)
    c, d = right.chunk(2, -1)
    return torch.cat([a * c - b * d, a * d + b * c], -1)


def relation_queries(heads: Tensor, tails: Tensor) -> Tensor:
    """What the inner product of a relation's factors with is the score of the triple (n, 2k)."""
    a, b = heads.chunk(2, -1)
    c, d = tails.chunk(2, -1)
    return torch.cat([a * c + b * d, a * d - b * c], -1)


def cubes(factors: Tensor) -> Tensor:
    """The sum of the cubes of the moduli of each row (n,)."""
    a, b = factors.chunk(2, -1)
    return (a * a + b * b + TINY).pow(1.5).sum(-1)
