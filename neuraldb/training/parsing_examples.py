"""Examples for the question parser: generated questions with their marks, and human questions whose type is known.

Human questions come from Spider (the type read off their SQL), SQuAD and QAMR (sets), BoolQ (truth) and MetaQA (sets);
what is not known about a question is left out of its loss.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from neuraldb.models.minilm import CLS, PAD, SEP, load_tokenizer
from neuraldb.models.parser_network import OPS, SPANS, TAGS, TYPES
from neuraldb.training.queries import Query


@dataclass(frozen=True, slots=True)
class ParsingExample:
    """A question; ``spans`` None where its structure is not known (else a missing kind means there is none)."""

    question: str
    type: str
    op: str | None = None
    spans: dict[str, list[tuple[int, int]]] | None = None


@dataclass(frozen=True, slots=True)
class ParserBatch:
    """Tensors of B questions; -100 marks what is not known."""

    ids: Tensor
    mask: Tensor
    type: Tensor
    op: Tensor
    starts: Tensor  # (B, 5)
    ends: Tensor  # (B, 5)
    tags: Tensor  # (B, 5, T) float, -100 unknown


def from_query(query: Query) -> ParsingExample:
    """The example of a generated question: of nested descriptions only the outermost is a span."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for kind, a, b in query.phrase.marks:
        spans.setdefault(kind, []).append((a, b))
    for kind in ("inner", "within"):
        found = spans.get(kind, [])
        spans[kind] = [max(found, key=lambda s: s[1] - s[0])] if found else []
    # inside a bridge the outer question's own tags are what counts
    for kind in ("class", "value", "negation", "count"):
        spans[kind] = [s for s in spans.get(kind, []) if not any(_inside(s, i) for i in spans["inner"])]
    return ParsingExample(query.phrase.text, query.type, query.op, spans)


def _inside(span: tuple[int, int], outer: tuple[int, int]) -> bool:
    return outer[0] <= span[0] and span[1] <= outer[1]


AGGREGATE = re.compile(r"^select\s+(?:distinct\s+)?(count|max|min|avg|sum)\s*\(\s*([^)]*)\)\s*(from|$)", re.I)
SQL_OPS = {">": "gt", ">=": "ge", "<": "lt", "<=": "le", "between": "between"}


def spider(folder: Path) -> Iterator[ParsingExample]:
    """Spider's questions and their synonym variants whose SQL is of one of our types (Yu et al. 2018)."""
    with gzip.open(folder / "spider" / "train.json.gz", "rt") as file:
        rows = json.load(file)
    for row in rows:
        kind, op = sql_type(row["query"])
        if kind is None:
            continue
        for question in dict.fromkeys((row["question"], row["question_synonyms"])):
            yield ParsingExample(re.sub(r"\s+([?.,])", r"\1", question), kind, op)


def sql_type(sql: str) -> tuple[str | None, str | None]:
    """Our type and comparison of a simple SQL query; None where it mixes several or is none of them.

    >>> sql_type("SELECT count(*) FROM head WHERE age > 56")
    ('count', 'gt')
    >>> sql_type("SELECT name FROM t ORDER BY age DESC LIMIT 1")
    ('argmax', None)
    """
    flat = " ".join(sql.split())
    lower = flat.lower()
    if re.search(r"\b(intersect|except|union)\b", lower):
        return None, None
    tail = re.search(r"order by (count\s*\(.*?\)|sum\s*\(.*?\)|avg\s*\(.*?\)|[\w.]+)(?: (asc|desc))? limit \d+$", lower)
    if tail:
        grouped = "(" in tail[1]
        side = "max" if tail[2] == "desc" else "min"
        if grouped and not tail[1].startswith("count"):
            return None, None
        return f"{'group_' if grouped else 'arg'}{side}", None
    if "order by" in lower or "limit" in lower:
        return None, None
    found = AGGREGATE.match(flat)
    selected = lower[: lower.find(" from ")]
    if found and "group by" not in lower and selected.count("(") == 1:
        kind = found[1].lower()
        comparisons = _comparisons(lower)
        return kind, comparisons if kind == "count" else None
    if "(" in selected or "group by" in lower or "," in selected:
        return None, None
    return "set", _comparisons(lower)


def _comparisons(lower: str) -> str | None:
    where = lower.partition(" where ")[2]
    if "select" in where or not where:
        return None if "select" in where else "none"
    found = re.findall(r"(>=|<=|>|<|between)\s*['\"]?[\d.]+", where)
    if len(found) == 1 and " or " not in where:
        return SQL_OPS[found[0]]
    return None if found or "!=" in where else "none"


def human(folder: Path, rng: random.Random) -> list[ParsingExample]:
    """Human questions whose type is known from where they come from."""
    out = list(spider(folder))
    with gzip.open(folder / "squad" / "train-v1.1.json.gz", "rt") as file:
        squad = [q["question"].strip() for a in json.load(file)["data"] for p in a["paragraphs"] for q in p["qas"]]
    out += [ParsingExample(q, "set", None) for q in rng.sample(squad, 6000) if not q.lower().startswith("how many")]
    with gzip.open(folder / "boolq" / "train.jsonl.gz", "rt") as file:
        out += [ParsingExample(json.loads(line)["query"], "bool", None) for line in file]
    for name in ("1hop_dev", "2hop_dev", "3hop_dev"):
        with gzip.open(folder / "metaqa" / f"{name}.txt.gz", "rt") as file:
            questions = [line.split("\t")[0].replace("[", "").replace("]", "") for line in file]
        out += [ParsingExample(q, "set", "none") for q in rng.sample(questions, 700)]
    return out


@dataclass
class ParsingSet:
    """Tokenised examples."""

    rows: list[dict[str, object]] = field(default_factory=list)

    def extend(self, examples: Iterable[ParsingExample], longest: int = 64) -> None:
        """Tokenise and add; questions that are too long are left out."""
        tokenizer = load_tokenizer()
        batch = list(examples)
        for example, encoding in zip(
            batch, tokenizer.encode_batch([e.question for e in batch], add_special_tokens=False), strict=True
        ):
            if 0 < len(encoding.ids) <= longest:
                self.rows.append(_row(example, encoding.ids, encoding.offsets))

    def batches(self, size: int, seed: int) -> Iterator[ParserBatch]:
        """Shuffled batches of like length."""
        rng = random.Random(seed)
        order = sorted(range(len(self.rows)), key=lambda i: (len(self.rows[i]["ids"]) // 4, rng.random()))  # type: ignore[arg-type]
        groups = [order[i : i + size] for i in range(0, len(order), size)]
        rng.shuffle(groups)
        for group in groups:
            yield collate([self.rows[i] for i in group])


def _row(e: ParsingExample, ids: Sequence[int], offsets: Sequence[tuple[int, int]]) -> dict[str, object]:
    def tokens(span: tuple[int, int]) -> tuple[int, int] | None:
        covered = [i + 1 for i, (a, b) in enumerate(offsets) if a < span[1] and b > span[0]]
        return (covered[0], covered[-1]) if covered else None

    starts, ends = [-100] * len(SPANS), [-100] * len(SPANS)
    tags = None
    if e.spans is not None:
        tags = [[0.0] * (len(ids) + 2) for _ in TAGS]
        for i, kind in enumerate(SPANS):
            found = [t for s in e.spans.get(kind, []) if (t := tokens(s))]
            starts[i], ends[i] = found[0] if found else (0, 0)
        for i, kind in enumerate(TAGS):
            for at in filter(None, map(tokens, e.spans.get(kind, []))):
                for position in range(at[0], at[1] + 1):
                    tags[i][position] = 1.0
    return {
        "ids": [CLS, *ids, SEP],
        "type": TYPES.index(e.type),
        "op": OPS.index(e.op) if e.op is not None else -100,
        "starts": starts,
        "ends": ends,
        "tags": tags,
    }


def collate(rows: Sequence[dict[str, object]]) -> ParserBatch:
    """Pad rows into a batch."""
    width = max(len(r["ids"]) for r in rows)  # type: ignore[arg-type]
    ids = torch.full((len(rows), width), PAD)
    tags = torch.full((len(rows), len(TAGS), width), -100.0)
    for i, row in enumerate(rows):
        length = len(row["ids"])  # type: ignore[arg-type]
        ids[i, :length] = torch.tensor(row["ids"])
        if row["tags"] is not None:
            tags[i, :, :length] = torch.tensor(row["tags"])
    return ParserBatch(
        ids,
        ids != PAD,
        torch.tensor([r["type"] for r in rows]),
        torch.tensor([r["op"] for r in rows]),
        torch.tensor([r["starts"] for r in rows]),
        torch.tensor([r["ends"] for r in rows]),
        tags,
    )
