"""The training loop that every recipe shares: warm-up and linear decay, clipping, checkpoints, one progress line."""

from __future__ import annotations

import itertools
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor, nn

B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to learn; the run ends at ``steps`` or after ``minutes``, whichever comes first."""

    steps: int
    rate: float
    minutes: float = 120.0
    warm_up: float = 0.06
    dropout: float = 0.1
    report_every: int = 100
    save_every: int = 500
    mixed: bool = False
    """Multiply matrices in bfloat16: twice as fast on a processor that can."""

    def progress(self, step: int, seconds: float) -> float:
        """How far a run is, 1 where it is at its end."""
        return max(step / self.steps, seconds / 60 / self.minutes)

    def factor(self, progress: float) -> float:
        """The learning rate's factor at ``progress`` in [0, 1]."""
        if progress < self.warm_up:
            return progress / self.warm_up
        return max(0.02, (1.0 - progress) / (1.0 - self.warm_up))


def multiplies_bfloat16() -> bool:
    """Whether the processor has instructions for bfloat16; without them it is slower than float32."""
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def train(
    network: nn.Module,
    batches: Iterator[B],
    loss: Callable[[B], tuple[Tensor, dict[str, float]]],
    schedule: Schedule,
    checkpoint: Path,
) -> None:
    """Run the schedule; a checkpoint that exists is resumed from.

    What a resumed run does is what it had done without the interruption, as far as its rate depends on the steps and
    not on the minutes.

    Args:
        network: what learns.
        batches: the same ones in the same order at each start; those that a checkpoint has seen are passed over.
        loss: the loss of a batch, and figures to report.
        schedule: how long and how fast.
        checkpoint: the file that keeps weights, optimiser, step, minutes and the state of torch's random numbers.

    Raises:
        FloatingPointError: the loss is no finite number.
    """
    parameters = [p for p in network.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=schedule.rate, weight_decay=0.01, fused=True)
    step, spent = 0, 0.0
    if checkpoint.exists():
        step, spent, random = _restore(network, optimiser, checkpoint)
        if schedule.progress(step, spent) < 1.0:
            for _ in itertools.islice(batches, step):
                pass
        torch.set_rng_state(random)  # after the batches, which may draw random numbers too
    network.train()
    begun, sums, seen = time.monotonic(), dict[str, float](), 0
    for batch in batches:
        elapsed = spent + time.monotonic() - begun
        progress = schedule.progress(step, elapsed)
        if progress >= 1.0:
            break
        for group in optimiser.param_groups:
            group["lr"] = schedule.rate * schedule.factor(progress)
        with torch.autocast("cpu", torch.bfloat16, enabled=schedule.mixed):
            value, parts = loss(batch)
        if not math.isfinite(found := float(value.detach())):
            raise FloatingPointError(f"the loss became {found} at step {step}")
        torch.autograd.backward(value)
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        step, seen = step + 1, seen + 1
        for name, part in parts.items():
            sums[name] = sums.get(name, 0.0) + part
        if step % schedule.report_every == 0:
            text = " ".join(f"{k} {v / seen:.3f}" for k, v in sums.items())
            print(f"step {step} {100 * progress:.1f}% {elapsed / 60:.1f} min {text}", file=sys.stderr, flush=True)
            sums, seen = {}, 0
        if step % schedule.save_every == 0:
            _save(network, optimiser, step, spent + time.monotonic() - begun, checkpoint)
    _save(network, optimiser, step, spent + time.monotonic() - begun, checkpoint)


def _save(network: nn.Module, optimiser: torch.optim.Optimizer, step: int, spent: float, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    state = {
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
        "spent": spent,
        "random": torch.get_rng_state(),
    }
    torch.save(state, partial)
    partial.replace(path)


def _restore(network: nn.Module, optimiser: torch.optim.Optimizer, path: Path) -> tuple[int, float, Tensor]:
    state = torch.load(path, weights_only=True)
    network.load_state_dict(state["network"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["step"]), float(state["spent"]), state["random"]
