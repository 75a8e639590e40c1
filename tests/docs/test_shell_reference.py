"""``docs/shell.md`` tells of every option, command, format, exit code and variable that exists, and of no other."""

from __future__ import annotations

import argparse
import importlib
import re
from collections.abc import Iterator

import pytest

from docs.commands import ROOT
from neuraldb.loading.export import ENDINGS
from neuraldb.loading.formats import FORMATS as READABLE
from neuraldb.shell import arguments, console, exits, memory
from neuraldb.shell.benches import BENCHES, RECIPES
from neuraldb.shell.commands import COMMANDS, FORMATS

TEXT = (ROOT / "docs" / "shell.md").read_text("utf-8")


def sections(text: str) -> dict[str, str]:
    """What stands under each heading, down to the next."""
    parts = re.split(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {heading.strip("`"): body for heading, body in zip(parts[1::2], parts[2::2], strict=True)}


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the table whose first column has a heading."""
    table = re.search(rf"^\| {heading} \|.*\n\|[-:|]+\|\n((?:\|.*\n?)*)", text, re.MULTILINE)
    lines = table[1].splitlines() if table else []
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def spelt(cell: str) -> list[str]:
    """What a cell has in backquotes."""
    return re.findall(r"`([^`]*)`", cell)


SECTIONS = sections(TEXT)


# --------------------------------------------------------------------------------------------------- the command line


def parsers() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every parser there is, with the command that it reads."""
    yield "neuraldb", arguments.shell_parser()
    for name, make in arguments.PARSERS.items():
        yield f"neuraldb {name}", make()
    for kind, tools in (("bench", BENCHES), ("train", RECIPES)):
        for name, tool in tools.items():
            module, _, function = tool.target.partition(":")
            parser = argparse.ArgumentParser(prog=f"neuraldb {kind} {name}")
            getattr(importlib.import_module(module), function)(parser)
            yield f"neuraldb {kind} {name}", parser


PARSERS = dict(parsers())


def options(parser: argparse.ArgumentParser) -> list[list[str]]:
    """The spellings of each option with its argument, as the help has them."""
    return [
        [f"{spelling} {argument}".rstrip() for spelling in action.option_strings]
        for action in parser._actions
        if action.option_strings
        for argument in ["" if action.nargs == 0 else _argument(action)]
    ]


def _argument(action: argparse.Action) -> str:
    if action.metavar is not None:
        return str(action.metavar)
    return "{" + ",".join(action.choices) + "}" if action.choices else action.dest.upper()


@pytest.mark.parametrize("command", PARSERS)
def test_options(command: str) -> None:
    told = [spelt(row[0]) for row in rows(SECTIONS.get(command, ""), "option")]
    assert sorted(told) == sorted(options(PARSERS[command]))


@pytest.mark.parametrize("command", [name for name in PARSERS if " " in name])
def test_arguments_without_a_name(command: str) -> None:
    named = [str(action.metavar) for action in PARSERS[command]._actions if not action.option_strings]
    usages = [text for text in spelt(SECTIONS[command]) if text.startswith(f"{command} ")]
    assert all(name in (usages[0] if usages else "") for name in named)


def test_commands() -> None:
    told = {heading for heading in SECTIONS if re.fullmatch(r"neuraldb [\w-]+", heading)}
    assert told == {f"neuraldb {name}" for name in arguments.COMMANDS}
    assert set(arguments.COMMANDS) == {*arguments.PARSERS, "bench", "train"}


def test_benchmarks_and_recipes() -> None:
    told = {heading for heading in SECTIONS if re.fullmatch(r"neuraldb [\w-]+ [\w-]+", heading)}
    assert told == {name for name in PARSERS if name.count(" ") == 2}


@pytest.mark.parametrize("recipe", RECIPES)
def test_minutes_of_recipes(recipe: str) -> None:
    (told,) = [row[1] for row in rows(SECTIONS[f"neuraldb train {recipe}"], "option") if "--minutes" in row[0]]
    assert f"{PARSERS[f'neuraldb train {recipe}'].get_default('minutes'):g} by default" in told


def test_formats_of_files() -> None:
    told = [(spelt(row[0])[0], tuple(spelt(row[1]))) for row in rows(SECTIONS["neuraldb load"], "format")]
    assert told == [(each.name, each.endings) for each in READABLE.values()]


def test_forms_of_exports() -> None:
    told = [(spelt(row[0])[0], "".join(spelt(row[1]))) for row in rows(SECTIONS["neuraldb export"], "form")]
    assert told == list(ENDINGS.items())


# ---------------------------------------------------------------------------------------------------------- the shell


def test_commands_of_the_shell() -> None:
    told = [
        (spelt(row[0])[0].replace("\\|", "|"), tuple(spelt(row[1])))
        for row in rows(SECTIONS["Commands of the shell"], "command")
    ]
    assert told == [(each.usage, tuple(f"\\{alias}" for alias in each.aliases)) for each in COMMANDS.values()]


def test_the_readme_has_the_same_commands() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    told = [(spelt(row[0])[0].replace("\\|", "|"), row[1]) for row in rows(readme, "command")]
    assert told == [(each.usage, each.help) for each in COMMANDS.values()]


def test_output_formats() -> None:
    assert [spelt(row[0]) for row in rows(SECTIONS["Output formats"], "format")] == [[name] for name in FORMATS]


def test_exit_codes() -> None:
    told = {int(spelt(row[0])[0]): row[1] for row in rows(SECTIONS["Streams and exit codes"], "exit code")}
    assert told.keys() == exits.MEANINGS.keys()
    assert [code for code, meaning in exits.MEANINGS.items() if not told[code].startswith(meaning)] == []


def test_variables() -> None:
    told = {spelt(row[0])[0] for row in rows(SECTIONS["Environment"], "variable")}
    read: set[str] = {memory.VARIABLE, console.DEBUG}
    for path in (ROOT / "neuraldb" / "shell").glob("*.py"):
        read |= set(re.findall(r"environment(?:\.get\(|\[)\"(\w+)\"", path.read_text("utf-8")))
    assert told == read


# ------------------------------------------------------------------------------------------------ that these can fail


def test_what_is_missing_or_made_up_is_noticed() -> None:
    text = "## `neuraldb x`\n\n| option | |\n|---|---|\n| `-a N`, `--all N` | … |\n| `--none` | … |\n"
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("-a", "--all", metavar="N")
    told = [spelt(row[0]) for row in rows(sections(text)["neuraldb x"], "option")]
    assert told != options(parser)
    assert told[:1] == options(parser)
    parser.add_argument("--none", action="store_true")
    assert told == options(parser)
    parser.add_argument("--new", choices=("a", "b"))
    assert [each for each in options(parser) if each not in told] == [["--new {a,b}"]]
