"""The command in a process of its own: exit codes, streams, scripts, files."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from neuraldb.bulk import BATCH
from neuraldb.shell import arguments
from neuraldb.shell.commands import FORMATS
from shell.fakes import ShellSession
from shell.helpers import COMMAND, Shell

GOLDEN = Path(__file__).parent / "golden"
ROWS = [("Anna", 2, 'says "hi", no'), ("Åse <b>", 1200, None), ("tab\tx", -5, "two\nlines")]


@pytest.fixture
def base(tmp_path, call):
    """A database of two facts."""
    call("add", "base.ndb", "Anna lives in Oslo.", "Nils maybe lives in Oslo.")
    return tmp_path / "base.ndb"


# ------------------------------------------------------------------------------------------------------------ start-up

HEAVY = ("torch", "transformers", "pandas", "sqlglot", "duckdb", "pyarrow", "numpy", "prompt_toolkit", "lark", "rdflib")


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["add", "--help"], ["bench", "--help"], ["ask"]])
def test_nothing_heavy_is_loaded_to_answer_at_once(arguments):
    program = (
        "import sys\nfrom neuraldb.shell.cli import main\nmain(sys.argv[1:])\n"
        f"print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        timeout=60,
    )
    assert done.stderr.splitlines()[-1] == "[]"


def test_version_and_help(call):
    code, out, err = call("--version")
    assert (code, err) == (0, "")
    assert out.startswith("neuraldb ")
    code, out, err = call("--help")
    assert (code, err) == (0, "")
    for name in arguments.COMMANDS:
        assert f"\n  {name} " in out
        code, own, err = call(name, "--help")
        assert (code, err) == (0, "")
        assert own.startswith(f"usage: neuraldb {name}")


# ------------------------------------------------------------------------------------------------------------- formats


@pytest.mark.parametrize("form", FORMATS)
def test_golden_output(call, form):
    code, out, err = call("-f", GOLDEN / "query.sql", "--format", form)
    assert (code, err) == (0, "")
    assert out == (GOLDEN / f"{form}.txt").read_text(encoding="utf-8")


def test_other_programs_read_the_output():
    read = {name: (GOLDEN / f"{name}.txt").read_text(encoding="utf-8") for name in ("csv", "tsv", "json", "jsonl")}
    names = ["name", "facts", "note"]
    for form, delimiter in (("csv", ","), ("tsv", "\t")):
        header, *rows = csv.reader(io.StringIO(read[form], newline=""), delimiter=delimiter)
        assert header == names
        assert rows == [[name, str(facts), note or ""] for name, facts, note in ROWS]
    objects = [dict(zip(names, row, strict=True)) for row in ROWS]
    assert json.loads(read["json"]) == objects
    assert [json.loads(line) for line in read["jsonl"].splitlines()] == objects


# ------------------------------------------------------------------------------------------------------------- scripts


def test_bare_words_on_a_pipe(run):
    code, out, err = run(stdin="help\nquit\nnot reached?\n", environment={"TERM": ""})
    assert (code, err) == (0, "")
    assert "\\facts [PATTERN]" in out


def test_the_standard_input_is_a_script(call, base):
    code, out, err = call(base, stdin="Who lives in Oslo?\n\nNils bakes.\nSELECT count(*) AS n\nFROM facts;\n")
    assert (code, out, err) == (0, "answer\nAnna\nNils maybe\nn\n3\n", "fact 3\n")


def test_statements_and_files_run_in_order(call, base, tmp_path):
    (tmp_path / "s.txt").write_text("SELECT 2 AS b;\n")
    code, out, _ = call(
        "-c", "SELECT 1 AS a", "-f", "s.txt", "-c", "SELECT 3 AS c; SELECT 4 AS d", "-f", "-", stdin="\\q"
    )
    assert (code, out) == (0, "a\n1\nb\n2\nc\n3\nd\n4\n")


def test_errors_stop_a_script_or_not(call, tmp_path):
    (tmp_path / "s.txt").write_text("SELECT 1 AS a;\nWhy?\nSELECT 2 AS b;\n")
    code, out, err = call("-f", "s.txt", "-c", "SELECT 3 AS c")
    assert (code, out) == (1, "a\n1\n")
    assert err == "s.txt:2: error: the question is not understood\n  Why?\n  ^^^^\n"
    code, out, again = call("-f", "s.txt", "-c", "SELECT 3 AS c", "--on-error", "continue")
    assert (code, out, again) == (1, "a\n1\nb\n2\nc\n3\n", err)


def test_bytes_that_are_no_text(run):
    code, out, err = run("--on-error", "continue", stdin=b"caf\xe9\nSELECT 1 AS a;\n")
    assert (code, out, err) == (1, "a\n1\n", "error: byte 0xe9 is not UTF-8\n")


def test_an_output_without_the_characters(run):
    environment = {"PYTHONIOENCODING": "ascii"}
    assert run("-c", "SELECT 'é' AS a", environment=environment)[:2] == (0, "a\n\\xe9\n")


def test_results_to_a_file_whose_ending_is_a_format(call, tmp_path):
    assert call("-c", "SELECT 1 AS a", "-o", "x.json") == (0, "", "")
    assert json.loads((tmp_path / "x.json").read_text()) == [{"a": 1}]
    code, _, err = call("-c", "SELECT 1 AS a", "-o", "gone/x.json")
    assert (code, err) == (1, "error: cannot write gone/x.json: No such file or directory\n")


def test_an_internal_error_is_one_line(call):
    assert call("-c", "Break?") == (1, "", "internal error: RuntimeError: a cog is loose (please report)\n")


def test_a_time_limit(call):
    code, out, err = call("-c", "Wait?", "--timeout", "0.2")
    assert (code, out) == (4, "")
    assert "took longer than" in err


def test_who_has_read_enough_closes_the_pipe(tmp_path):
    for query in ("SELECT i FROM range(200000) t(i);", "Break?"):
        process = subprocess.Popen(
            [*COMMAND, "-c", query, "-c", "SELECT 1;"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
        )
        process.stdout.readline()
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
        process.stderr.close()
        assert process.wait(30) in (0, 1)


def test_ctrl_c_in_a_script(tmp_path):
    process = subprocess.Popen(
        [*COMMAND, "-c", "SELECT 1 AS a", "-c", "Wait?", "-c", "SELECT 2 AS b"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    with process:
        assert [process.stdout.readline() for _ in range(2)] == [b"a\n", b"1\n"]
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"cancelled\n")


# ------------------------------------------------------------------------------------------------------------ commands


def test_asking(call, base):
    assert call("ask", base, "Who lives in Oslo?") == (0, "answer\nAnna\nNils maybe\n", "")
    assert call("ask", base, "Who", "lives", "in", "Oslo?", "--min-confidence", "0.95", "--format", "jsonl")[:2] == (
        0,
        '{"answer": "Anna"}\n',
    )
    # even a command is a question here
    assert call("ask", base, "quit")[0] == 1


def test_adding(call, base):
    assert call(
        "add", base, "Nils bakes.", "--about", "Nils", "--label", "a", "--label", "b", "--at", "2020-01-02"
    ) == (
        0,
        "3\n",
        "",
    )
    exported = json.loads(call("export", base)[1].splitlines()[-1])
    assert exported == {
        "text": "Nils bakes.",
        "about": "Nils",
        "labels": ["a", "b"],
        "at": "2020-01-02T00:00:00+00:00",
    }
    code, out, err = call("add", base, "good", " ")
    assert (code, out) == (1, "")
    assert "blank" in err
    assert len(call("export", base)[1].splitlines()) == 3


def test_loading_and_exporting(call, tmp_path):
    (tmp_path / "a.txt").write_text("Anna sings.\n\u200b\nNils bakes.\n")
    code, out, err = call("load", "new.ndb", "a.txt")
    assert (code, out) == (0, "")
    assert err == (
        "a.txt, line 2: the text is blank (a fact needs at least one word)\n"
        "a.txt: 2 added, 0 known already, 1 refused\n"
    )
    assert call("load", "new.ndb", "a.txt")[2] == (
        "a.txt: 0 added, 0 known already, 0 refused, 3 loaded before\n"
        "all of it was loaded before; --restart loads it again\n"
    )
    assert call("load", "new.ndb", "a.txt", "--restart", "--strict")[0] == 1
    assert (
        call("load", "new.ndb", "-", stdin="Ola reads.\n")[2] == "standard input: 1 added, 0 known already, 0 refused\n"
    )
    assert call("export", "new.ndb", "--as", "text") == (
        0,
        "Anna sings.\nNils bakes.\nOla reads.\n",
        "3 facts exported\n",
    )
    assert call("export", "new.ndb", "out/")[0] == 0
    assert call("load", "other.ndb", "out")[2] == "out: 3 added, 2 known already, 0 refused\n"
    code, _, err = call("load", "new.ndb", "a.txt", "gone.txt")
    assert (code, err.splitlines()[-1]) == (1, "error: cannot read gone.txt: No such file or directory")


def test_ctrl_c_while_the_database_is_opened(call, monkeypatch):
    opened = []

    class Slow(ShellSession):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            opened.append(self)
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)

    monkeypatch.setattr(sys.modules["neuraldb.session"], "Session", Slow)
    assert call("-c", "SELECT 1 AS a") == (130, "", "cancelled\n")
    assert opened[0].closed


def test_ctrl_c_stops_a_load_that_can_go_on_later(call, tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("".join(f"Fact {n}.\n" for n in range(2000)))
    add = ShellSession.add

    def press(self, facts, token, **rest):
        if len(self.batches) == 2:
            os.kill(os.getpid(), signal.SIGINT)
            while not token.cancelled:
                time.sleep(0.01)
        return add(self, facts, **rest)

    monkeypatch.setattr(ShellSession, "add", press)
    code, _, err = call("load", "new.ndb", "a.txt")
    monkeypatch.setattr(ShellSession, "add", add)
    assert code == 130
    assert "the same command goes on where it stopped" in err
    assert len(call("export", "new.ndb")[1].splitlines()) == 3 * BATCH
    code, _, err = call("load", "new.ndb", "a.txt")
    left = 2000 - 3 * BATCH
    assert err == f"a.txt: {left} added, 0 known already, 0 refused, {3 * BATCH} loaded before\n"


def test_progress_is_shown_on_a_terminal_once_it_takes_a_while(db, tmp_path, monkeypatch):
    from neuraldb.shell import transfer
    from neuraldb.shell.arguments import load_parser

    (tmp_path / "a.txt").write_text("Anna sings.\nNils bakes.\n")
    options = load_parser(for_shell=True).parse_args([str(tmp_path / "a.txt")])
    monkeypatch.setattr(transfer, "PATIENCE", 0)
    shell = Shell(db, terminal=True, environment={"TERM": "xterm"})
    assert transfer.load_files(db, shell.runner, shell.console, options) == 0
    told = shell.err()
    assert re.search(r"\r\x1b\[Ka\.txt: 100%.* 2/2 \[", told)
    assert told.endswith(f"{tmp_path}/a.txt: 2 added, 0 known already, 0 refused\n")
    monkeypatch.setattr(transfer, "PATIENCE", 60)
    transfer.load_files(db, shell.runner, shell.console, options)
    assert "%" not in shell.err()


def test_many_refusals_are_counted(call, tmp_path):
    (tmp_path / "a.jsonl").write_text("x\n" * 70)
    code, _, err = call("load", "new.ndb", "a.jsonl")
    lines = err.splitlines()
    assert code == 0
    assert lines[0].startswith("a.jsonl, line 1: not JSON")
    assert lines[50:] == ["a.jsonl: 20 more entries refused", "a.jsonl: 0 added, 0 known already, 70 refused"]


def test_arguments_that_are_no_text(run):
    code, out, err = run("add", "new.ndb", b"caf\xe9".decode("utf-8", "surrogateescape"))
    assert (code, out, err) == (2, "", "neuraldb: not UTF-8: caf\\udce9\n")
    assert run("-c", "SELECT '\udce9'")[2] == "error: byte 0xe9 is not UTF-8\n"


def test_a_file_as_a_table(call, tmp_path):
    (tmp_path / "a.csv").write_text("name,age\nAnna,42\n")
    code, _, err = call("load", "new.ndb", "a.csv")
    assert code == 1
    assert "--table NAME" in err
    assert call("load", "new.ndb", "a.csv", "--table", "people") == (0, "", "table people: 1 rows\n")
    assert call("new.ndb", "-c", "SELECT age + 1 AS a FROM people")[1] == "a\n43\n"


def test_explaining(call, base):
    assert call("explain", base, "Who", "sings?", "--verbose")[:2] == (0, "verbose of None: Who sings? with None\n")


def test_benchmarks_and_recipes_come_from_a_table(capsys, monkeypatch):
    from neuraldb.shell.benches import BENCHES, Tool
    from neuraldb.shell.cli import main

    monkeypatch.setitem(BENCHES, "toy", Tool("shell.toybench:command", "a toy"))
    assert main(["bench", "toy", "--times", "3"]) == 3
    assert capsys.readouterr().out == "toy toy toy\n"
    assert main(["bench", "--help"]) == 0
    assert "  toy              a toy" in capsys.readouterr().out
    assert main(["bench", "toy", "--help"]) == 0
    assert "--times" in capsys.readouterr().out
    assert main(["bench", "tyo"]) == 2
    assert "there is no tyo; choose from: " in capsys.readouterr().err
    assert main(["bench", "toy", "--tims", "3"]) == 2


def test_the_targets_of_the_tables_exist():
    from importlib import import_module

    from neuraldb.shell.benches import BENCHES, RECIPES

    for tool in [*BENCHES.values(), *RECIPES.values()]:
        module, _, function = tool.target.partition(":")
        assert callable(getattr(import_module(module), function))


# ---------------------------------------------------------------------------------------------- what cannot be opened


@pytest.mark.parametrize(
    "words",
    [
        ["--nonsense"],
        ["--format", "x"],
        ["--min-confidence", "2"],
        ["--budget", "0"],
        ["--timeout", "-1"],
        ["--timeout", "nan"],
        ["--limit", "x"],
        ["--on-error", "panic"],
        ["-f", "gone.txt"],
        ["-f", "."],
        ["ask"],
        ["ask", "base.ndb"],
        ["load", "base.ndb"],
        ["load", "base.ndb", "x", "--as", "latin"],
        ["base.ndb", "ask", "it"],
        ["bench", "nothing"],
    ],
)
def test_wrong_command_lines(words, capsys, tmp_path, monkeypatch):
    from neuraldb.shell.cli import main

    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("neuraldb: ")
    assert list(tmp_path.iterdir()) == []


def test_options_before_a_command_get_a_hint(capsys):
    from neuraldb.shell.cli import main

    assert main(["--format", "csv", "ask", "base.ndb", "Who?"]) == 2
    assert "options come after the command: neuraldb ask ..." in capsys.readouterr().err


def test_databases_that_cannot_be_opened(call, tmp_path):
    (tmp_path / "text.ndb").write_text("nothing of ours")
    for words in (["text.ndb"], ["ask", "text.ndb", "Who?"], ["gone/x.ndb"], ["--read-only", "gone.ndb"]):
        code, out, err = call(*words)
        assert (code, out) == (3, "")
        assert err.startswith("error: ")
    code, _, err = call("ask", "gone.ndb", "Who?")
    assert (code, err) == (3, "error: there is no database at gone.ndb\n")
    assert not (tmp_path / "gone.ndb").exists()


def test_a_database_that_another_process_holds(run, base, tmp_path):
    holder = subprocess.Popen([*COMMAND, base], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path)
    with holder:
        holder.stdin.write(b"SELECT 1 AS a;\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == b"a\n"
        code, _, err = run("ask", base, "Who lives in Oslo?")
        assert code == 3
        assert f"is in use by process {holder.pid}" in err
        holder.kill()
    assert run("ask", base, "Who lives in Oslo?")[0] == 0


def test_reading_only(call, base):
    code, _, err = call(base, "--read-only", "-c", "Nils bakes.")
    assert code == 1
    assert "reading only" in err


def test_what_is_not_committed_is_rolled_back(call, base):
    call(base, "-c", "BEGIN", "-c", "Nils bakes.")
    assert len(call("export", base)[1].splitlines()) == 2


def test_no_colours_without_a_terminal(run):
    for environment in ({}, {"NO_COLOR": "1"}, {"TERM": "xterm-256color"}):
        _, out, err = run("-c", "Why?", environment=environment)
        assert "\x1b" not in out + err


def test_a_closed_standard_input(tmp_path):
    program = f"exec {' '.join(COMMAND)} <&-"
    done = subprocess.run(["sh", "-c", program], capture_output=True, cwd=tmp_path, timeout=60, check=False)
    assert b"Traceback" not in done.stderr
    assert done.returncode == 0


def test_a_full_disk(tmp_path):
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("there is no /dev/full")
    with device.open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "-c", "SELECT 1 AS a"],
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"error: cannot write the output: No space left on device\n")
