"""The command in a process of its own: start-up, formats, scripts."""

import csv
import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from neuraldb.shell import arguments
from neuraldb.shell.commands import FORMATS
from shell.helpers import COMMAND

GOLDEN = Path(__file__).parent / "golden"
ROWS = [("Anna", 2, 'says "hi", no'), ("Åse <b>", 1200, None), ("tab\tx", -5, "two\nlines")]


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
