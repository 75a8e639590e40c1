"""The training loop: its schedule, its checkpoints, and what it stops at."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from neuraldb.training import loop
from neuraldb.training.loop import Schedule, train

LONG = 1e9
"""Minutes: so that the steps decide how far it is."""


@pytest.fixture(autouse=True)
def no_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rate depends on the minutes spent; here on the steps alone."""
    monkeypatch.setattr(loop.time, "monotonic", lambda: 0.0)


def network() -> nn.Linear:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Linear(4, 2)


def batches() -> Iterator[Tensor]:
    """Endless, each another one."""
    for seed in itertools.count():
        yield torch.randn(8, 4, generator=torch.Generator().manual_seed(seed))


def run(made: nn.Module, stream: Iterator[Tensor], checkpoint: Path, steps: int = 6, save_every: int = 2) -> None:
    def loss(batch: Tensor) -> tuple[Tensor, dict[str, float]]:
        value = (made(batch) - batch[:, :2]).square().mean()
        return value, {"error": float(value.detach())}

    train(made, stream, loss, Schedule(steps=steps, rate=0.05, minutes=LONG, save_every=save_every), checkpoint)


def repeated() -> Iterator[Tensor]:
    """Endless, always the same one, so that it does not matter where a run begins."""
    return itertools.repeat(next(batches()))


def interrupted(stream: Iterator[Tensor], after: int) -> Iterator[Tensor]:
    yield from itertools.islice(stream, after)
    raise KeyboardInterrupt


def same(one: nn.Module, other: nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


# ---------------------------------------------------------------------------------------------------------- schedule


def test_the_rate_rises_and_falls() -> None:
    schedule = Schedule(steps=100, rate=1.0)
    assert schedule.factor(0.0) == 0.0
    assert schedule.factor(schedule.warm_up / 2) == pytest.approx(0.5)
    assert schedule.factor(schedule.warm_up) == pytest.approx(1.0)
    falling = [schedule.factor(p / 100) for p in range(6, 101)]
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] == 0.02


def test_it_ends_after_its_steps(tmp_path: Path) -> None:
    seen = []
    made = network()
    run(made, (seen.append(1) or b for b in batches()), tmp_path / "c.pt", steps=5)  # type: ignore[func-returns-value]
    assert torch.load(tmp_path / "c.pt", weights_only=True)["step"] == 5
    # one more was taken, and not used
    assert len(seen) == 6
    assert not same(made, network())


def test_it_ends_after_its_minutes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(0.0, 20.0)
    monkeypatch.setattr(loop.time, "monotonic", lambda: next(clock))
    made = network()
    train(
        made,
        batches(),
        lambda b: (made(b).sum() * 0.0 + made.weight.sum(), {}),
        Schedule(10**6, 0.1, 1.0),
        tmp_path / "c.pt",
    )
    # twenty seconds a look at the clock: sixty are over after two steps
    assert torch.load(tmp_path / "c.pt", weights_only=True)["step"] == 2


def test_it_learns(tmp_path: Path) -> None:
    @torch.no_grad()
    def error(made: nn.Module) -> float:
        batch = next(batches())
        return float((made(batch) - batch[:, :2]).square().mean())

    made = network()
    run(made, batches(), tmp_path / "c.pt", steps=150)
    assert error(made) < error(network()) / 10


def test_a_loss_that_is_no_number_stops_it(tmp_path: Path) -> None:
    made = network()
    with pytest.raises(FloatingPointError, match="at step 0"):
        train(made, batches(), lambda b: (made(b).sum() * float("nan"), {}), Schedule(5, 0.1, LONG), tmp_path / "c.pt")
    assert same(made, network())


# -------------------------------------------------------------------------------------------------------- checkpoints


def test_a_checkpoint_holds_everything(tmp_path: Path) -> None:
    made = network()
    run(made, batches(), tmp_path / "deep" / "c.pt")
    state = torch.load(tmp_path / "deep" / "c.pt", weights_only=True)
    assert set(state) == {"network", "optimiser", "step", "spent", "random"}
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["c.pt"]
    other = network()
    # nothing is left to do: the weights are those of the checkpoint, and no batches are made to be passed over
    stream = batches()
    run(other, stream, tmp_path / "deep" / "c.pt")
    assert same(other, made)
    assert torch.equal(next(stream), next(itertools.islice(batches(), 1, None)))


def test_an_interrupted_run_goes_on_from_its_last_checkpoint(tmp_path: Path) -> None:
    made = network()
    with pytest.raises(KeyboardInterrupt):
        run(made, interrupted(repeated(), after=3), tmp_path / "c.pt")
    assert torch.load(tmp_path / "c.pt", weights_only=True)["step"] == 2
    resumed, whole = network(), network()
    run(resumed, repeated(), tmp_path / "c.pt")
    run(whole, repeated(), tmp_path / "other.pt")
    assert torch.load(tmp_path / "c.pt", weights_only=True)["step"] == 6
    assert same(resumed, whole)


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(network(), interrupted(batches(), after=2), tmp_path / "c.pt")
    resumed, whole = network(), network()
    # as the recipes do: the stream is the same one, from its beginning
    run(resumed, batches(), tmp_path / "c.pt")
    run(whole, batches(), tmp_path / "other.pt")
    assert same(resumed, whole)


def test_dropout_goes_on_where_it_stopped(tmp_path: Path) -> None:
    def dropping(checkpoint: Path, stream: Iterator[Tensor]) -> nn.Module:
        torch.manual_seed(3)
        made = network()

        def loss(batch: Tensor) -> tuple[Tensor, dict[str, float]]:
            return nn.functional.dropout(made(batch), 0.5, training=True).square().mean(), {}

        try:
            train(made, stream, loss, Schedule(6, 0.05, LONG, save_every=2), checkpoint)
        except KeyboardInterrupt:
            return made
        return made

    with torch.random.fork_rng():
        dropping(tmp_path / "c.pt", interrupted(repeated(), after=2))
        resumed = dropping(tmp_path / "c.pt", repeated())
        assert same(resumed, dropping(tmp_path / "other.pt", repeated()))


def test_progress_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = network()
    schedule = Schedule(4, 0.05, LONG, report_every=2)
    train(made, batches(), lambda b: (made(b).square().mean(), {"error": 0.25}), schedule, tmp_path / "c.pt")
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split()[:2] for line in err.splitlines()] == [["step", "2"], ["step", "4"]]
    assert all("error 0.250" in line for line in err.splitlines())
