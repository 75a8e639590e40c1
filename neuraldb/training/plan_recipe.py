"""Trains the ranker of plans that comes with NeuralDB: two matrices over the embedded encoder's vectors.

Examples and vectors are made once and kept beside the checkpoints, so a run that was cut off goes on where it stopped.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from neuraldb.core.frames import QuestionParser
from neuraldb.models.encoder import MiniLMEncoder
from neuraldb.models.plan_ranker import SimilarityRanker
from neuraldb.models.protocols import Encoder, PlanRanker, Vectors
from neuraldb.models.question_parser import MiniLMQuestionParser
from neuraldb.training.plan_examples import metaqa, property_names, simple_questions
from neuraldb.training.plan_ranking import Example, learn
from neuraldb.training.plan_worlds import examples as worlds
from neuraldb.training.vocabulary import HELD_OUT, load_lexicon

CHUNK = 1024
UNSEEN = ("record label", "occupation", "publisher", "cause of death", "composer")
"""Relations of SimpleQuestions that are held out."""
Parts = dict[str, list[Example]]


def run(
    data: Path, folder: Path, weights: Path, epochs: int = 8, minutes: float = 20, seed: int = 7
) -> dict[str, float]:
    """Train and save; figures are the shares of questions whose best plan is right, on what training never sees.

    Args:
        data: the folder of the corpora.
        folder: where examples and vectors are kept.
        weights: where the matrices go.
        epochs: how often all examples are gone through.
        minutes: after which no further epoch is begun.
        seed: of all that is drawn.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = _examples(data, folder / f"plan-examples-{seed}.json", seed)
    body = MiniLMEncoder.load()
    encoder = KeptVectors(body, folder / f"plan-vectors-{seed}.npz")
    encoder.keep([text for part in parts.values() for e in part for text in (e.question, *e.plans)])
    ranker = learn(
        [e for name, part in parts.items() if name.startswith("train") for e in part],
        encoder,
        epochs,
        3e-4,
        dropout=0.5,
        minutes=minutes,
    )
    figures: dict[str, float] = {}
    for name, part in parts.items():
        if not name.startswith("train"):
            figures[f"{name}, as it was"] = share(SimilarityRanker(encoder), part)
            figures[name] = share(ranker, part)
    card: dict[str, object] = {
        "version": "1",
        "encoder": body.name,
        "data": "worlds generated from the lexicon; MetaQA (CC BY 3.0); SimpleQuestions on Wikidata (CC BY 3.0)",
        "held out": f"domains {', '.join(HELD_OUT)}; relations {', '.join(UNSEEN)}",
        "figures": figures,
    }
    ranker.save(weights, card)
    return figures


def share(ranker: PlanRanker, examples: Sequence[Example]) -> float:
    """Of how many questions the best plan is right, in percent."""
    usable = [e for e in examples if e.right]
    hits = [int(np.argmax(ranker.score(e.question, e.plans))) in e.right for e in usable]
    return 100 * sum(hits) / max(1, len(hits))


class KeptVectors:
    """An encoder that keeps in a file what it has encoded.

    Args:
        encoder: gives the vectors.
        file: where they are kept, in half precision.
    """

    def __init__(self, encoder: Encoder, file: Path) -> None:
        self.name, self.width = encoder.name, encoder.width
        self._encoder, self._file = encoder, file
        self._known: dict[str, Vectors] = {}
        if file.exists():
            with np.load(file) as kept:
                self._known = dict(zip(kept["texts"].tolist(), kept["vectors"].astype(np.float32), strict=True))

    def keep(self, texts: Sequence[str]) -> None:
        """Encode texts and write them to the file."""
        missing = sorted({text for text in texts if text not in self._known}, key=lambda text: (len(text), text))
        for begin in range(0, len(missing), CHUNK):
            part = missing[begin : begin + CHUNK]
            self._known.update(zip(part, self._encoder.encode(part), strict=True))
            if begin // CHUNK % 8 == 7 or begin + CHUNK >= len(missing):
                self._save()
                print(f"encoded {begin + len(part)} of {len(missing)}", file=sys.stderr, flush=True)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors (n, width)."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known.update(zip(missing, self._encoder.encode(missing), strict=True) if missing else ())
        return np.stack([self._known[text] for text in texts])

    def _save(self) -> None:
        partial = self._file.with_suffix(".partial.npz")
        vectors = np.stack(list(self._known.values())).astype(np.float16)
        np.savez(partial, texts=np.array(list(self._known)), vectors=vectors)
        partial.replace(self._file)


def _examples(data: Path, file: Path, seed: int) -> Parts:
    """The examples, from the file if they were made before."""
    if not file.exists():
        made = _made(data, random.Random(seed), MiniLMQuestionParser.load())
        rows = {name: [[e.question, e.plans, sorted(e.right)] for e in part] for name, part in made.items()}
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(rows), encoding="utf-8")
        partial.replace(file)
    read = json.loads(file.read_text(encoding="utf-8"))
    return {name: [Example(q, tuple(p), frozenset(r)) for q, p, r in part] for name, part in read.items()}


def _made(data: Path, rng: random.Random, parser: QuestionParser) -> Parts:
    lexicon = load_lexicon()
    simple = list(simple_questions(data, parser, 7000, rng))
    names = set(property_names(data).values())
    assert names.issuperset(UNSEEN)
    unseen = [e for e in simple if any(name in e.plans[0] for name in UNSEEN)]
    films = list(metaqa(data, 300, rng))
    return {
        "train worlds": list(worlds([d for d in lexicon if d.name not in HELD_OUT], 14, 24, rng)),
        "train films": films,
        "train simple": [_without_unseen(e) for e in simple if e not in unseen],
        "unseen domains": list(worlds([d for d in lexicon if d.name in HELD_OUT], 8, 24, rng)),
        "unseen relations": unseen,
    }


def _without_unseen(example: Example) -> Example:
    """An example none of whose plans has a relation that is held out: they must not be learned to be wrong, either."""
    kept = [i for i, plan in enumerate(example.plans) if i in example.right or not any(name in plan for name in UNSEEN)]
    right = frozenset(new for new, i in enumerate(kept) if i in example.right)
    return Example(example.question, tuple(example.plans[i] for i in kept), right)
