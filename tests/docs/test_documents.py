"""What the documents show is what happens: their Python and their command lines are run, their links lead somewhere."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from docs.commands import ROOT, run
from docs.documents import DOCUMENTS, Example, console_examples, differs, python_examples

MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def _names(paths: list[Path]) -> list[object]:
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]


WITH_PYTHON = [path for path in DOCUMENTS if python_examples(path)]
WITH_CONSOLE = [path for path in DOCUMENTS if console_examples(path.read_text("utf-8"))]


def _run_python(path: Path) -> None:
    failed, attempted = doctest.testfile(
        str(path), module_relative=False, optionflags=doctest.ELLIPSIS, encoding="utf-8"
    )
    assert attempted == len(re.findall(r"^>>> ", path.read_text("utf-8"), re.MULTILINE))
    assert failed == 0


def test_the_tour_of_the_readme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    _run_python(ROOT / "README.md")


@pytest.mark.slow
@pytest.mark.parametrize("path", _names([path for path in WITH_PYTHON if path.name != "README.md"]))
def test_python(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    _run_python(path)


@pytest.mark.slow
@pytest.mark.parametrize("path", _names(WITH_CONSOLE))
def test_console(path: Path, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    wrong = []
    for example in console_examples(path.read_text("utf-8")):
        shown = run(example.command, tmp_path)
        if differs(example, shown):
            wrong.append(f"{path.name}:{example.line}: $ {example.command}\n{shown}--- and not\n{example.expected}")
    assert not wrong, "\n\n".join(wrong)


def test_there_is_something_to_run() -> None:
    assert {"README.md", "languages.md"} <= {path.name for path in WITH_PYTHON}
    assert {"README.md", "shell.md", "operations.md"} <= {path.name for path in WITH_CONSOLE}


def test_another_output_is_noticed(tmp_path: Path) -> None:
    example, other = console_examples("```console\n$ echo one; echo two\none\n...\n$ echo three\nfour\n```\n")
    assert (example.line, other.line) == (2, 5)
    assert not differs(example, run(example.command, tmp_path))
    assert differs(other, run(other.command, tmp_path))
    assert differs(Example("", "one\n", 1), "")


@pytest.mark.parametrize("path", _names(list(DOCUMENTS)))
def test_links(path: Path) -> None:
    text = path.read_text("utf-8")
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        file, _, anchor = target.partition("#")
        linked = path if not file else (path.parent / file).resolve()
        if not linked.exists() or (anchor and anchor not in _anchors(linked)):
            broken.append(target)
    assert not broken


def _anchors(path: Path) -> set[str]:
    """The names that a document's headings have as the ends of links."""
    headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", _names(list(DOCUMENTS)))
def test_verbs_of_make(path: Path) -> None:
    told = set(re.findall(r"(?:^|`)make (\w+)", path.read_text("utf-8"), re.MULTILINE))
    assert told <= set(re.findall(r"^(\w+):", MAKEFILE, re.MULTILINE))
