"""The recipes: what they train on, what they keep aside, and that each runs from end to end, in small."""

from __future__ import annotations

import ast
import gzip
import itertools
import random
import re
import tarfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from neuraldb import training
from neuraldb.models import minilm, packing
from neuraldb.models.extractor import MiniLMExtractor
from neuraldb.models.extractor_network import ExtractorNetwork
from neuraldb.models.protocols import ReadRequest
from neuraldb.models.question_parser import MiniLMQuestionParser
from neuraldb.models.reader import MiniLMReader
from neuraldb.training import extraction_examples, extractor_recipe, loop, parser_recipe, reader_recipe
from neuraldb.training.commands import WEIGHTS
from neuraldb.training.loop import Schedule
from neuraldb.training.parsing_examples import spider
from neuraldb.training.vocabulary import FOLDER, Domain, load_domain
from neuraldb.training.worlds import World, make_world
from training import corpora
from training.made import lexicon

RECIPES = (reader_recipe, parser_recipe, extractor_recipe)
SOURCES = sorted(Path(training.__file__).parent.rglob("*.py"))
FORBIDDEN = re.compile(r"webnlg|factbench", re.IGNORECASE)


# ------------------------------------------------------------------------------------------------------------ licence


def test_no_recipe_names_a_corpus_that_may_not_be_trained_on() -> None:
    texts = {
        f"{path.name}:{node.lineno}": node.value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert any("squad" in text for text in texts.values())
    assert {place: text for place, text in texts.items() if FORBIDDEN.search(text)} == {}


def test_no_training_module_knows_the_benchmark() -> None:
    names = {
        alias.name if isinstance(node, ast.Import) else f"{node.module}.{alias.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert "neuraldb.training.loop.train" in names
    assert not [name for name in names if name.startswith("neuraldb.evaluation")]


@pytest.mark.parametrize("name", ["reader", "question_parser", "extractor"])
def test_the_cards_of_what_ships_say_what_it_was_trained_on(name: str) -> None:
    _, card = packing.load(WEIGHTS / f"{name}.safetensors")
    assert len(str(card["data"])) > 20
    assert not FORBIDDEN.search(str(card))


class AsManyAsThereAre(random.Random):
    """Draws no more from a small corpus than it has."""

    def sample(self, population: Sequence[Any], k: int, *, counts: Any = None) -> list[Any]:
        return super().sample(population, min(k, len(population)))


def test_only_corpora_that_may_be_trained_on_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = (corpora.squad, corpora.qamr, corpora.qasrl, corpora.fever, corpora.tekgen, corpora.parsing)
    for make in write:
        make(tmp_path)
    opened: set[str] = set()

    def noting(real: Callable[..., Any]) -> Callable[..., Any]:
        def opening(path: Path, *arguments: Any, **more: Any) -> Any:
            opened.add(path.relative_to(tmp_path).parts[0])
            return real(path, *arguments, **more)

        return opening

    monkeypatch.setattr(gzip, "open", noting(gzip.open))
    monkeypatch.setattr(tarfile, "open", noting(tarfile.open))
    rng = AsManyAsThereAre(0)
    reader_recipe.reading(tmp_path)
    list(reader_recipe.tekgen(tmp_path))
    parser_recipe.human(tmp_path, rng)
    list(parser_recipe.template_questions(tmp_path, rng))
    corpora.pararel(tmp_path)
    corpora.qasrl_asked(tmp_path)
    extractor_recipe.corpora(tmp_path, rng)
    assert opened == {
        "squad", "qamr", "qasrl", "fever", "tekgen", "spider", "boolq", "metaqa", "wikinldb-templates", "pararel",
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------------- what is kept


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes every recipe small: one layer, two steps, and few examples of made-up worlds."""
    monkeypatch.setattr(minilm, "LAYERS", 1)
    monkeypatch.setattr(loop.time, "monotonic", lambda: 0.0)
    for recipe in RECIPES:
        monkeypatch.setattr(recipe, "Schedule", two_steps)
    real = reader_recipe._worlds

    def few(domains: Sequence[Domain], count: int, rng: random.Random) -> Iterator[Any]:
        return itertools.islice(real(domains, count, rng), 60)

    monkeypatch.setattr(reader_recipe, "_worlds", few)
    # the shipped retriever does not fit a small body; what is mined with one is tested by itself
    monkeypatch.setattr(reader_recipe, "_mined", lambda domains, databases, rng: iter(()))
    monkeypatch.setattr(reader_recipe, "_confused", lambda network, domains, databases, rng: iter(()))


def test_the_last_stage_is_blended_with_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "LAYERS", 1)
    reader = reader_recipe.network()
    before = {name: torch.zeros_like(tensor) for name, tensor in reader.state_dict().items()}
    after = {name: tensor.clone() for name, tensor in reader.state_dict().items()}
    reader_recipe.blend(reader, before)
    for name, tensor in reader.state_dict().items():
        torch.testing.assert_close(tensor, after[name] * reader_recipe.NEW)


def two_steps(steps: int, rate: float, minutes: float, mixed: bool = False) -> Schedule:
    assert steps > 2
    return Schedule(2, rate, 1e9, save_every=1, mixed=mixed)


def test_what_is_held_out_is_in_the_lexicon_and_the_same_for_all() -> None:
    assert reader_recipe.HELD_OUT == parser_recipe.HELD_OUT == extractor_recipe.HELD_OUT
    names = {domain.name for domain in lexicon()}
    assert set(reader_recipe.HELD_OUT) < names
    assert len(reader_recipe.HELD_OUT) >= 3


def test_no_relation_of_a_held_out_domain_is_one_that_is_trained_on() -> None:
    shared = load_domain(FOLDER / "common.toml")

    def known(held_out: bool) -> set[tuple[str, str, str]]:
        return {
            (relation.name, relation.subject, relation.object)
            for domain in lexicon()
            if (domain.name in reader_recipe.HELD_OUT) is held_out
            for relation in domain.relations
        }

    assert not shared.relations
    assert len(known(True)) > 20
    assert not known(True) & known(False)


class Recorder:
    """Notes the domains of the worlds that are made."""

    def __init__(self) -> None:
        self.domains: list[str] = []

    def __call__(self, domain: Domain, rng: random.Random, size: int) -> World:
        self.domains.append(domain.name)
        return make_world(domain, rng, size)


def test_the_reader_is_not_trained_on_held_out_domains(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []

    def note(domains: Sequence[Domain], count: int, rng: random.Random) -> Iterator[Any]:
        calls.append([domain.name for domain in domains])
        return iter(())

    monkeypatch.setattr(reader_recipe, "_worlds", note)
    monkeypatch.setattr(reader_recipe, "tekgen", lambda data: [])
    mined: list[str] = []
    monkeypatch.setattr(reader_recipe, "mistakes", lambda domains, *_: mined.extend(d.name for d in domains) or ())
    reader_recipe.deriving(Path("nowhere"), 60, random.Random(0))
    seen, held_out = calls
    assert mined
    assert not set(mined) & set(held_out)
    assert not set(seen) & set(held_out)
    assert set(held_out) == set(reader_recipe.HELD_OUT)
    assert {domain.name for domain in lexicon()} == set(seen) | set(held_out)


@pytest.mark.parametrize("recipe", [parser_recipe, extractor_recipe])
def test_parser_and_extractor_are_not_trained_on_held_out_domains(
    recipe: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[list[str]] = []

    def note(domains: list[Domain], count: int, rng: random.Random) -> Iterator[object]:
        calls.append([domain.name for domain in domains])
        return iter(())

    class Enough(Exception):
        """Both sets have been made."""

    def stop() -> None:
        raise Enough

    monkeypatch.setattr(recipe, "generated", note)
    monkeypatch.setattr(minilm.MiniLM, "pretrained", stop)
    for name, nothing in (("human", []), ("template_questions", []), ("corpora", []), ("sentences", {})):
        if hasattr(recipe, name):
            monkeypatch.setattr(recipe, name, lambda *_, nothing=nothing, **__: nothing)
    with pytest.raises(Enough):
        recipe.run(tmp_path, tmp_path / "c.pt", tmp_path / "w", 1.0)  # type: ignore[attr-defined]
    seen, held_out = calls
    assert not set(seen) & set(held_out)
    assert set(held_out) == set(reader_recipe.HELD_OUT)
    assert {domain.name for domain in lexicon()} == set(seen) | set(held_out)


# ------------------------------------------------------------------------------------------------------ from end to end


def weights(path: Path) -> dict[str, torch.Tensor]:
    return packing.load(path)[0]


def same(one: Path, other: Path) -> bool:
    a, b = weights(one), weights(other)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.slow
def test_the_reader_from_end_to_end(tmp_path: Path, small: None) -> None:
    for write in (corpora.qamr, corpora.qasrl, corpora.fever, corpora.tekgen):
        write(tmp_path)
    corpora.squad(tmp_path, articles=40)
    out = [tmp_path / f"{name}.safetensors" for name in "abc"]
    figures = reader_recipe.run(tmp_path, tmp_path / "one", out[0], (1.0, 1.0, 1.0), worlds=3)
    assert set(figures) >= {"derive verdict", "derive span", "squad verdict", "squad span"}
    assert all(0.0 <= value <= 100.0 for value in figures.values())
    _, card = packing.load(out[0])
    assert card["figures"] == figures
    assert 0.5 <= float(str(card["temperature"])) <= 3.0
    # the same again, from the checkpoints and from nothing
    reader_recipe.run(tmp_path, tmp_path / "one", out[1], (1.0, 1.0, 1.0), worlds=3)
    reader_recipe.run(tmp_path, tmp_path / "two", out[2], (1.0, 1.0, 1.0), worlds=3)
    assert same(out[0], out[1])
    assert same(out[0], out[2])
    (reading,) = MiniLMReader.load(out[0]).read([ReadRequest("Who?", ("Anna lives in Oslo.",), "verdict")])
    assert reading.yes + reading.no + reading.nothing == pytest.approx(1.0)


@pytest.mark.slow
def test_the_parser_from_end_to_end(tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    corpora.parsing(tmp_path)
    monkeypatch.setattr(parser_recipe, "template_questions", lambda *_, **__: [])
    monkeypatch.setattr(parser_recipe, "human", lambda data, rng: list(spider(data)))
    out = [tmp_path / f"{name}.safetensors" for name in "ab"]
    real = parser_recipe.generated

    def few(domains: list[Domain], count: int, rng: random.Random) -> Iterator[object]:
        return real(domains, 60, rng)

    monkeypatch.setattr(parser_recipe, "generated", few)
    figures = parser_recipe.run(tmp_path, tmp_path / "c.pt", out[0], 1.0)
    parser_recipe.run(tmp_path, tmp_path / "d.pt", out[1], 1.0)
    assert set(figures) >= {"type", "op", "spans", "all", "human type"}
    assert same(*out)
    (frame,) = MiniLMQuestionParser.load(out[0]).parse(["Who wrote Winter?"])
    assert frame.question == "Who wrote Winter?"


def extraction_corpora(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the extractor is trained on, and few texts of it."""
    for write in (corpora.tekgen, corpora.pararel, corpora.qasrl_asked):
        write(folder)
    monkeypatch.setattr(extractor_recipe, "PARAREL", 20)


@pytest.mark.slow
def test_the_extractor_from_end_to_end(tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    extraction_corpora(tmp_path, monkeypatch)
    recorder = Recorder()
    monkeypatch.setattr(extraction_examples, "make_world", recorder)
    out = [tmp_path / f"{name}.safetensors" for name in "ab"]
    figures = extractor_recipe.run(tmp_path, tmp_path / "c.pt", out[0], 1.0, worlds=3)
    assert set(figures) == {"mention tokens", "pair F1", "denied pairs", "relation word", "class word"}
    assert not set(recorder.domains[:3]) & set(extractor_recipe.HELD_OUT)
    assert set(recorder.domains[3:]) <= set(extractor_recipe.HELD_OUT)
    extractor_recipe.run(tmp_path, tmp_path / "d.pt", out[1], 1.0, worlds=3)
    assert same(*out)
    extractor = MiniLMExtractor.load(out[0])
    (extraction,) = extractor.extract(["Anna lives in Oslo."])
    assert all(m.text in "Anna lives in Oslo." for m in extraction.mentions)
    # what goes on from other weights begins with them
    network = ExtractorNetwork(minilm.MiniLM())
    extractor_recipe.go_on(network, out[0])
    assert torch.equal(network.share.weight, weights(out[0])["share.weight"])


@pytest.mark.slow
def test_an_interrupted_recipe_ends_with_the_same_weights(
    tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    extraction_corpora(tmp_path, monkeypatch)
    real, saved = loop._save, []

    def once(*arguments: Any) -> None:
        real(*arguments)
        saved.append(arguments)
        if len(saved) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "_save", once)
    out = [tmp_path / f"{name}.safetensors" for name in "ab"]
    with pytest.raises(KeyboardInterrupt):
        extractor_recipe.run(tmp_path, tmp_path / "c.pt", out[0], 1.0, worlds=3)
    assert not out[0].exists()
    for path, checkpoint in zip(out, ("c.pt", "d.pt"), strict=True):
        extractor_recipe.run(tmp_path, tmp_path / checkpoint, path, 1.0, worlds=3)
    assert same(*out)
