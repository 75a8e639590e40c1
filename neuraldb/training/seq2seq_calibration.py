"""How sure a generative reader is, and how often it is right, on development files.

The temperature brings the two together (Guo et al. 2017).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from neuraldb.models import folders
from neuraldb.models.confidence import fitted
from neuraldb.models.protocols import Derivation, Reader, Reading, ReadRequest
from neuraldb.models.serialisation import FALSE, TRUE, fields
from neuraldb.training.seq2seq_examples import TypedExample, examples, read_files

MODES = {"bool": "verdict", "argmin": "pair", "argmax": "pair", "min": "pair", "max": "pair"}
"""The reader's mode for a type of query; ``answer`` for the others."""
LIKELY = 0.5
MOST = 2000
"""Examples that are read, drawn from all."""
Outcome = tuple[float, bool]


def request(example: TypedExample) -> ReadRequest:
    """An example as the engine would ask it."""
    return ReadRequest(example.question, example.facts, MODES.get(example.kind, "answer"))


def development(paths: Sequence[Path], seed: int = 1) -> list[TypedExample]:
    """Examples of development files, with noise, at most :data:`MOST`.

    Raises:
        ImportFailed: a file is none, or has no derivations.
    """
    rng = random.Random(seed)
    made = list(examples(read_files(paths), rng))
    return rng.sample(made, MOST) if len(made) > MOST else made


def gold(example: TypedExample) -> set[tuple[str, ...]]:
    """What a reader is to derive, folded: keys, or keys with values where the mode is ``pair``."""
    found = set()
    for each in (each for derivation in example.derivations for each in fields(derivation)):
        key = each[2] if len(each) > 2 else each[0]
        pair = (key, each[1] if len(each) > 1 else key)
        found.add(tuple(part.casefold() for part in (pair if request(example).mode == "pair" else pair[:1])))
    return found


def outcomes(example: TypedExample, reading: Reading) -> Iterator[Outcome]:
    """How sure the reader was of each thing that it says of an example, and whether it is so."""
    right = gold(example)
    if request(example).mode == "verdict":
        sure, said = max((reading.yes, TRUE), (reading.no, FALSE))
        if sure > 0:
            yield sure, (said.casefold(),) in right
        return
    for derivation in reading.derivations:
        yield derivation.confidence, _said(derivation) in right


def _said(derivation: Derivation) -> tuple[str, ...]:
    spans = (derivation.key, derivation.value)
    return tuple(span.text.casefold() for span in spans if span is not None)


def exact(example: TypedExample, reading: Reading) -> bool:
    """Whether what the reader is sure of is just what follows."""
    if request(example).mode == "verdict":
        said = (
            {(TRUE.casefold(),)} if reading.yes >= LIKELY else {(FALSE.casefold(),)} if reading.no >= LIKELY else set()
        )
        return said == gold(example)
    sure = {_said(d) for d in reading.derivations if d.confidence >= LIKELY}
    return sure == gold(example)


def measured(reader: Reader, held_out: Sequence[TypedExample]) -> tuple[dict[str, float], float]:
    """Percentages of held-out examples read exactly, by type and in all; and the temperature that fits.

    Args:
        reader: its confidences must not be scaled yet.
        held_out: examples of :func:`development`.
    """
    readings = reader.read([request(example) for example in held_out])
    counts: dict[str, list[bool]] = {}
    found: list[Outcome] = []
    for example, reading in zip(held_out, readings, strict=True):
        for name in ("all", example.kind if example.derivations else "nothing"):
            counts.setdefault(name, []).append(exact(example, reading))
        found += outcomes(example, reading)
    return {name: 100 * sum(right) / len(right) for name, right in sorted(counts.items())}, fitted(found)


def calibrate_folder(reader: Reader, folder: Path, paths: Sequence[Path]) -> float:
    """Find the temperature of a folder's reader on development files, and keep it there (``neuraldb_reader.json``).

    Args:
        reader: the folder's, made with ``temperature=1.0``.
        folder: the model's folder.
        paths: WikiNLDB files.

    Raises:
        ImportFailed: a file is none, or has no derivations.
    """
    _, temperature = measured(reader, development(paths))
    folders.save_settings(folder, temperature=temperature)
    return temperature
