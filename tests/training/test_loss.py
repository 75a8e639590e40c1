"""The losses, by hand and by what they reward."""

from __future__ import annotations

import math

import pytest
import torch
from models.bodies import tiny_body

from neuraldb.models.parser_network import ParserNetwork
from neuraldb.models.reader_network import ReaderNetwork, Reading
from neuraldb.training.examples import ReadingExample, collate, tokenise
from neuraldb.training.parser_recipe import parser_loss
from neuraldb.training.parsing_examples import ParsingExample, ParsingSet
from neuraldb.training.reader_loss import at, further_loss, reader_loss, spread

ANNA = "Anna wrote Winter and Moon."
KEY, WINTER, MOON = (0, 0, 4), (0, 11, 17), (0, 22, 26)


def test_a_pointer_at_several_tokens_is_right_when_it_is_even() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.5, 1e-12, 1e-12]]))
    assert float(spread(logits, torch.tensor([[0, 1]]))) == pytest.approx(math.log(2), abs=1e-4)
    assert float(spread(logits, torch.tensor([[0, -1]]))) == pytest.approx(math.log(2), abs=1e-4)
    # twice the same target is one target
    assert float(spread(logits, torch.tensor([[1, 1]]))) == pytest.approx(math.log(2), abs=1e-4)
    uneven = torch.log(torch.tensor([[0.9, 0.1, 1e-12, 1e-12]]))
    assert float(spread(uneven, torch.tensor([[0, 1]]))) > math.log(2)
    assert float(spread(logits, torch.tensor([[-1, -1]]))) == 0.0


def test_targets_below_zero_are_left_out() -> None:
    logits = torch.log(torch.tensor([[[0.2, 0.8], [0.5, 0.5]]]))
    assert float(at(logits, torch.tensor([[1, -1]]))) == pytest.approx(-math.log(0.8), abs=1e-5)
    both = (-math.log(0.8) - math.log(0.5)) / 2
    assert float(at(logits, torch.tensor([[1, 0]]))) == pytest.approx(both, abs=1e-5)


def reader() -> ReaderNetwork:
    body = tiny_body(4)
    with torch.random.fork_rng():
        torch.manual_seed(4)
        return ReaderNetwork(body)


EXAMPLES = [
    ReadingExample("Who wrote?", (ANNA,), "answer", "span", ((KEY, ()),)),
    ReadingExample("Who wrote what?", (ANNA,), "pair", "span", ((KEY, (WINTER, MOON)),)),
    ReadingExample("people: age", (ANNA,), "pair", "span", ((KEY, ()),)),
    ReadingExample("Did Anna write Winter?", (ANNA,), "verdict", "yes"),
    ReadingExample("Who sings?", (ANNA,)),
]


@pytest.mark.parametrize(
    ("chosen", "parts"),
    [
        (EXAMPLES, {"verdict", "start", "end", "further", "value"}),
        (EXAMPLES[:1], {"verdict", "start", "end", "further"}),
        (EXAMPLES[2:3], {"verdict", "start", "end", "further", "value"}),
        (EXAMPLES[3:], {"verdict"}),
    ],
)
def test_the_parts_of_the_readers_loss(chosen: list[ReadingExample], parts: set[str]) -> None:
    batch = collate(tokenise(chosen))
    assert len(batch.ids) == len(chosen)
    total, said = reader_loss(reader(), batch, dropout=0.0)
    assert set(said) == parts
    assert float(total.detach()) == pytest.approx(sum(said.values()), abs=1e-4)
    assert all(math.isfinite(part) and part >= 0 for part in said.values())


def test_further_spans_are_told_from_the_likeliest_others() -> None:
    network = reader()
    facts = torch.tensor([[False, True, True, True, True]])
    start = torch.tensor([[0.0, 3.0, 2.0, 1.0, 0.0]]).masked_fill(~facts, float("-inf"))
    reading = Reading(torch.randn(1, 5, 384), torch.zeros(1, 4), start)

    def loss(logits: list[float], starts: list[int]) -> float:
        network.others = lambda *_: torch.tensor([[logits]])  # type: ignore[method-assign]
        return float(further_loss(network, reading, torch.tensor([starts]), facts))

    surely, never = 20.0, -20.0
    # the likeliest right one is given, whatever is said of it; places outside the facts don't count
    assert loss([surely, never, surely, never, never], [1, 2, -1]) == pytest.approx(0.0, abs=1e-6)
    assert loss([never, surely, never, never, never], [1, -1, -1]) == pytest.approx(0.0, abs=1e-6)
    assert loss([never, never, surely, never, never], [1, -1, -1]) == pytest.approx(20.0, abs=1e-3)
    assert loss([never, never, never, never, never], [2, 3, 1]) == pytest.approx(40.0, abs=1e-3)


def test_learning_makes_the_loss_small() -> None:
    network, batch = reader(), collate(tokenise(EXAMPLES))
    network.body.words.requires_grad_(False)
    optimiser = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], lr=3e-3)
    first = float(reader_loss(network, batch, 0.0)[0].detach())
    for _ in range(60):
        total, _ = reader_loss(network, batch, 0.0)
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
    last, parts = reader_loss(network, batch, 0.0)
    # two values are pointed at evenly, which costs the logarithm of two where there are two
    assert float(last.detach()) < min(2.0, first / 3)
    assert parts["verdict"] < 0.2


def parser() -> ParserNetwork:
    body = tiny_body(5)
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return ParserNetwork(body, rank=2)


def test_the_parts_of_the_parsers_loss() -> None:
    unknown = ParsingExample("Who wrote it?", "set")
    known = ParsingExample("Who wrote Winter?", "set", "none", {"entity": [(10, 16)]})
    for examples, parts in (([unknown], {"type"}), ([unknown, known], {"type", "op", "spans", "tags"})):
        rows = ParsingSet()
        rows.extend(examples)
        (batch,) = rows.batches(4, seed=0)
        total, said = parser_loss(parser(), batch, dropout=0.0)
        assert set(said) == parts
        weights = {"type": 1.0, "op": 1.0, "spans": 2.0, "tags": 3.0}
        assert float(total.detach()) == pytest.approx(sum(weights[k] * v for k, v in said.items()), abs=1e-4)


def test_only_adapters_and_heads_of_the_parser_learn() -> None:
    network = parser()
    rows = ParsingSet()
    rows.extend([ParsingExample("Who wrote Winter?", "set", "none", {"entity": [(10, 16)]})])
    (batch,) = rows.batches(4, seed=0)
    parser_loss(network, batch, 0.0)[0].backward()
    moved = {name.split(".")[0] for name, p in network.named_parameters() if p.grad is not None and p.grad.any()}
    assert {"type_head", "op", "starts", "ends", "tags", "pool", "body"} == moved
    assert all(p.grad is None for name, p in network.named_parameters() if "words" in name or "inner" in name)
