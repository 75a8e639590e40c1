"""The sub-commands of the command."""

import json
import os
import re
import signal
import sys
import time
from pathlib import Path

from neuraldb.bulk import BATCH
from shell.fakes import ShellSession
from shell.helpers import Shell

GOLDEN = Path(__file__).parent / "golden"
ROWS = [("Anna", 2, 'says "hi", no'), ("Åse <b>", 1200, None), ("tab\tx", -5, "two\nlines")]


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
    assert call("load", "new.ndb", "a.csv", "--table", "people") == (0, "", "table people: 1 row\n")
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
