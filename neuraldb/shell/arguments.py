"""The command line: its commands, their arguments and help."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import Any, NoReturn

from neuraldb.core.argument_types import positive
from neuraldb.shell import exits
from neuraldb.shell.commands import FORMATS
from neuraldb.shell.settings import LANGUAGES, Settings

MEMORY = ":memory:"

COMMANDS = {
    "ask": "answer a question",
    "add": "remember sentences",
    "load": "load files: sentences, documents, JSON, CSV, RDF",
    "export": "write facts, triples or everything",
    "explain": "tell how a statement is carried out",
    "bench": "run a benchmark",
    "train": "train a model",
}
"""The commands that may follow ``neuraldb``, and what they do."""

_EXITS = "exit codes: " + "; ".join(f"{code} {meaning}" for code, meaning in exits.MEANINGS.items())


class Parser(argparse.ArgumentParser):
    """A parser that raises instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments.

        Raises:
            UsageError: always.
        """
        raise exits.UsageError(f"{message}\n{self.format_usage().rstrip()}")


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *arguments: Any) -> None:
        print(f"neuraldb {version()}")
        parser.exit()


class _Script(argparse.Action):
    """Collects what is to be run, ``-c`` and ``-f`` together in their order."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        namespace.scripts = [
            *namespace.scripts,
            ("statement" if option_string in ("-c", "--command") else "file", values),
        ]


def version() -> str:
    """The version of the installed package."""
    from importlib import metadata

    try:
        return metadata.version("neuraldb")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} does not lie between 0 and 1")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds")
    return value


def _rows(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is less than 0")
    return value


for _type, _name in ((_share, "share"), (_seconds, "number of seconds"), (_rows, "number")):
    _type.__name__ = _name


def shell_parser() -> Parser:
    """``neuraldb [FILE]``: the shell and scripts."""
    commands = "\n".join(f"  {name:<10} {help}" for name, help in COMMANDS.items())
    parser = Parser(
        prog="neuraldb",
        usage="neuraldb [options] [FILE]\n       neuraldb COMMAND ...",
        description="A database that needs no schema: sentences in; questions, SQL and SPARQL out.\n\n"
        "With FILE alone it opens a shell, or runs what comes on the standard input.\n"
        "Without FILE the database lives in memory and is gone at the end.",
        epilog=f"commands (neuraldb COMMAND --help tells of each):\n{commands}\n\n{_EXITS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="the database; made where there is none")
    parser.set_defaults(scripts=[])
    parser.add_argument(
        *("-c", "--command"), action=_Script, metavar="STATEMENT", help="run a statement (repeatable) and leave"
    )
    parser.add_argument("-f", "--file", action=_Script, dest="script", metavar="SCRIPT", help="run a file; - is stdin")
    parser.add_argument("--lang", choices=LANGUAGES, default="auto", help="the language of the statements")
    parser.add_argument(
        "--on-error", choices=("stop", "continue"), default="stop", help="what a script does after an error"
    )
    parser.add_argument("--echo", action="store_true", help="tell each statement before its result")
    _add_output(parser)
    _add_question(parser)
    _add_reader(parser)
    _add_common(parser, read_only=True)
    parser.add_argument("--version", action=_Version, nargs=0, help="the version")
    return parser


def ask_parser() -> Parser:
    """``neuraldb ask FILE QUESTION``."""
    parser = Parser(prog="neuraldb ask", description="Answers a question in plain language.", epilog=_EXITS)
    parser.add_argument("file", metavar="FILE", help="the database")
    parser.add_argument("question", nargs="+", metavar="QUESTION", help="in one argument or as several words")
    _add_output(parser)
    _add_question(parser)
    _add_reader(parser)
    _add_common(parser)
    return parser


def add_parser() -> Parser:
    """``neuraldb add FILE TEXT...``."""
    parser = Parser(
        prog="neuraldb add", description="Remembers sentences, and writes the ids of their facts.", epilog=_EXITS
    )
    parser.add_argument("file", metavar="FILE", help="the database; made where there is none")
    parser.add_argument("texts", nargs="+", metavar="TEXT", help="a sentence; quote it")
    parser.add_argument("--about", metavar="NAME", help="whom or what they are about, where they do not say so")
    parser.add_argument("--source", metavar="NAME", help="who or what says so")
    parser.add_argument("--label", action="append", default=[], metavar="WORD", help="to group facts by (repeatable)")
    parser.add_argument("--at", metavar="TIME", help="when it was said (ISO 8601)")
    parser.add_argument("--valid-from", metavar="TIME", help="when it begins to hold")
    parser.add_argument("--valid-to", metavar="TIME", help="when it ceases to hold")
    _add_common(parser)
    return parser


def explain_parser() -> Parser:
    """``neuraldb explain FILE STATEMENT``."""
    parser = Parser(prog="neuraldb explain", description="Tells how a statement is carried out.", epilog=_EXITS)
    parser.add_argument("file", metavar="FILE", help="the database")
    parser.add_argument("statement", nargs="+", metavar="STATEMENT", help="in one argument or as several words")
    level = parser.add_mutually_exclusive_group()
    level.add_argument("--verbose", dest="level", action="store_const", const="verbose", help="after each stage")
    level.add_argument(
        "--analyze", dest="level", action="store_const", const="analyze", help="run it, and tell what each step took"
    )
    parser.set_defaults(level="plan")
    parser.add_argument("--lang", choices=LANGUAGES, default="auto", help="the language of the statement")
    _add_reader(parser)
    _add_common(parser)
    return parser


_LOAD = """Loads files. What is loaded already is passed over: after an interruption the same command goes on where it
stopped, and facts that are known already get one more source.

{formats}

text        A fact is a line. With --documents (and in .md files) text is split into sentences; a sentence that begins
            with a pronoun or with "The <noun>" is about the document's "# Title", else about the name with which the
            document begins.
JSON        Fields: text (or fact, sentence), about (or subject), source or sources, labels, at, valid_from, valid_to.
            An object without a text is remembered as a list of its fields: "name: Anna; born: 1982".
CSV, TSV    The same fields as columns. --text names the column of sentences. A file without sentences is a table:
            --table NAME loads it (also JSON) as a table for SQL, beside the facts, and makes no facts of it.
RDF         becomes triples, while it is read; only JSON-LD is read as a whole. Nothing is fetched from the network.
edges       A row is a triple of names (with --as edges). A header names the columns head, relation, tail and graph (or
            subject, predicate, object); without one, the first three are meant, or those of --columns. Names become
            entities and relations, <http://...> IRIs; with --base all become IRIs.
A folder    that neuraldb export has written is loaded with all it holds. Files may be packed with gzip; - is the
            standard input."""


def load_parser(for_shell: bool = False) -> Parser:
    r"""``neuraldb load FILE PATH...``, or ``\import PATH...``."""
    from neuraldb.loading.formats import FORMATS as READABLE

    rows = [f"  {each.name:<10} {', '.join(each.endings) or '-':<18} {each.holds}" for each in READABLE.values()]
    parser = Parser(
        prog="\\import" if for_shell else "neuraldb load",
        description=_LOAD.format(formats="\n".join(["formats (the ending decides, or --as):", *rows])),
        epilog=None if for_shell else _EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if not for_shell:
        parser.add_argument("file", metavar="FILE", help="the database; made where there is none")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file, a folder, or - for the standard input")
    parser.add_argument("--as", dest="form", choices=tuple(READABLE), metavar="FORMAT", help="the format")
    parser.add_argument("--documents", action="store_true", help="text is running text, not one fact a line")
    parser.add_argument("--text", dest="column", metavar="COLUMN", help="the column of sentences")
    parser.add_argument("--table", metavar="NAME", help="load as a table for SQL")
    parser.add_argument("--database", type=positive, metavar="N", help="of a WikiNLDB file, the Nth database only")
    parser.add_argument(
        "--columns",
        metavar="H,R,T[,G]",
        help="of an edge list: names or numbers of head, relation, tail, graph",
    )
    parser.add_argument(
        "--header", action=argparse.BooleanOptionalAction, help="whether an edge list has one, where it can't be seen"
    )
    parser.add_argument("--base", metavar="IRI", help="makes IRIs of the names of an edge list")
    parser.add_argument("--restart", action="store_true", help="load again what was loaded before")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if an entry is refused")
    if not for_shell:
        _add_common(parser)
    return parser


def export_parser(for_shell: bool = False) -> Parser:
    r"""``neuraldb export FILE [PATH]``, or ``\export [PATH]``."""
    from neuraldb.loading.export import ENDINGS

    rows = [f"  {form:<10} {ending or 'a folder'}" for form, ending in ENDINGS.items()]
    parser = Parser(
        prog="\\export" if for_shell else "neuraldb export",
        description="Writes what is stored. Facts (text, jsonl, csv, tsv), triples (ntriples, nquads, turtle, trig,\n"
        "rdfxml, jsonld, edges), or everything, as a folder or as one file of JSON lines. All but text can be\n"
        "loaded again; what a form cannot hold is told.\n\n"
        + "\n".join(["forms (the ending decides, or --as):", *rows]),
        epilog=None if for_shell else _EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if not for_shell:
        parser.add_argument("file", metavar="FILE", help="the database")
    parser.add_argument("path", nargs="?", metavar="PATH", help="where to; the standard output by default")
    parser.add_argument("--as", dest="form", choices=tuple(ENDINGS), metavar="FORM", help="what to write")
    parser.add_argument("--evidence", action="store_true", help="of triples, also confidence and the facts that say so")
    if not for_shell:
        _add_common(parser)
    return parser


def _add_output(parser: Parser) -> None:
    parser.add_argument(
        "--format", choices=FORMATS, metavar="NAME", help=f"{', '.join(FORMATS)}; a box on a terminal, else csv"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write results to a file; its ending may be a format")
    parser.add_argument("--limit", type=_rows, metavar="N", help="show at most N rows, 0 for all")
    parser.add_argument("--why", action="store_true", help="tell each result's facts")
    parser.add_argument("--timing", action="store_true", help="tell how long each stage takes")


def _add_question(parser: Parser) -> None:
    parser.add_argument("--min-confidence", type=_share, metavar="P", help="leave out answers less sure than this")
    parser.add_argument("--budget", type=positive, metavar="N", help="facts that may be read for a question")
    parser.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="give up a statement after so long")


def _add_reader(parser: Parser) -> None:
    parser.add_argument(
        "--reader", metavar="READER", help="another reader: seq2seq:FOLDER, causal:FOLDER or URL#MODEL (an endpoint)"
    )
    parser.add_argument("--token-budget", type=positive, metavar="N", help="tokens that an endpoint may cost in all")


def _add_common(parser: Parser, read_only: bool = False) -> None:
    if read_only:
        parser.add_argument("--read-only", action="store_true", help="change nothing; others may read meanwhile")
    parser.add_argument("--no-color", action="store_true", help="no colours, as with NO_COLOR in the environment")


_BY_ENDING = {".md": "markdown", ".htm": "html", ".txt": "box", **{f".{form}": form for form in FORMATS}}


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings that the options ask for."""
    form = options.format
    if form is None and options.output:
        form = _BY_ENDING.get("." + options.output.lower().rpartition(".")[2])
    return Settings(
        form=form,
        limit=options.limit,
        timing=options.timing,
        language=getattr(options, "lang", "auto"),
        why=options.why,
        echo=getattr(options, "echo", False),
        min_confidence=options.min_confidence,
        budget=options.budget,
        timeout=options.timeout,
    )


PARSERS: dict[str, Any] = {
    "ask": ask_parser,
    "add": add_parser,
    "load": load_parser,
    "export": export_parser,
    "explain": explain_parser,
}
"""The parser of each command but those that have a table of their own."""


def shell_options(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of ``neuraldb [FILE]``.

    Raises:
        UsageError: they are wrong.
    """
    parser = shell_parser()
    options, others = parser.parse_known_args(arguments)
    if others and options.file in COMMANDS:
        raise exits.UsageError(f"options come after the command: neuraldb {options.file} ...")
    if others:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    return options
