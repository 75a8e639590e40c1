"""What is shown for statements and commands, without a terminal."""

import os
import re
import signal
import time

import pytest

from neuraldb.core.errors import Cancelled, CorruptDatabase, DatabaseLocked, ModelUnavailable, ParseError, Timeout
from neuraldb.shell import exits
from neuraldb.shell.endings import Leave
from neuraldb.shell.script import Entry, entries_of
from shell.helpers import Shell

FACTS = ("Anna lives in Oslo.", "Nils maybe lives in Oslo.", "Anna works for Equinor.")


@pytest.fixture
def told(shell):
    for text in FACTS:
        shell.connection.add(text, source="Ola")
    return shell


def say(shell, text):
    """Run a text; gives whether all went well, the data and the narration."""
    well = shell.run_all(entries_of([text]))
    return well, shell.out(), shell.err()


# ---------------------------------------------------------------------------------------------------------- statements


def test_a_sentence_is_acknowledged_with_its_id(shell):
    assert say(shell, "Anna lives in Oslo.\nNils bakes.") == (True, "", "fact 1\nfact 2\n")


def test_a_question_is_answered_with_rows(told):
    assert say(told, "Who lives in Oslo?") == (True, "answer\nAnna\nNils maybe\n", "")
    assert say(told, "Who lives in Bergen?") == (True, "answer\n", "")


def test_sql_and_retractions(told):
    assert say(told, "SELECT id FROM facts ORDER BY id; SELECT count(*) AS n FROM facts;")[1] == "id\n1\n2\n3\nn\n3\n"
    assert (
        say(told, "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2);")[2].splitlines()[-1] == "2 rows changed"
    )
    assert say(told, "Forget that Anna works for Equinor.") == (True, "", "1 fact forgotten\n")
    assert say(told, "Forget that Anna works for Equinor.") == (True, "", "no facts forgotten\n")


def test_an_empty_database(shell):
    assert say(shell, "Who lives in Paris?") == (True, "answer\n", "")
    assert say(shell, "SELECT count(*) AS n FROM facts;") == (True, "n\n0\n", "")


def test_a_terminal_gets_a_box_with_confidence_and_a_summary(db):
    shell = Shell(db, terminal=True)
    for text in FACTS:
        db.add(text)
    _, out, err = say(shell, "Who lives in Oslo?")
    assert out == (
        "┌────────────┬────────────┐\n"
        "│ answer     │ confidence │\n"
        "├────────────┼────────────┤\n"
        "│ Anna       │        1.0 │\n"
        "│ Nils maybe │        0.9 │\n"
        "└────────────┴────────────┘\n"
    )
    assert err == "2 rows, from 2 facts (\\why tells which), confidence 0.90 to 1.00\n"
    _, out, err = say(shell, "SELECT 1 AS a;")
    assert "confidence" not in out
    assert err == "1 row\n"
    assert say(shell, "Who sleeps?")[2] == "no rows\n"


def test_a_terminal_gets_some_rows_and_the_number_of_the_others(db):
    shell = Shell(db, terminal=True)
    query = "SELECT i FROM range(250) t(i) ORDER BY i;"
    _, out, err = say(shell, query)
    assert out.splitlines()[-1] == "150 more rows (250 in all)"
    assert err == "250 rows\n"
    say(shell, "\\limit 0")
    assert len(say(shell, query)[1].splitlines()) == 250 + 4
    say(shell, "\\limit 3")
    say(shell, "\\format csv")
    _, out, err = say(shell, query)
    assert out == "i\n0\n1\n2\n"
    assert err == "247 more rows (250 in all)\n250 rows\n"


def test_elsewhere_all_rows_come(shell):
    assert len(say(shell, "SELECT i FROM range(1000) t(i);")[1].splitlines()) == 1001


def test_cells_that_are_cut_to_the_width_say_so(db, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    shell = Shell(db, terminal=True)
    _, out, _ = say(shell, f"SELECT '{'x' * 100}' AS a;")
    assert max(map(len, out.splitlines())) == 40
    assert "x…" in out


def test_why_and_echo_and_timing(db):
    db.add("Anna lives in Oslo.")
    shell = Shell(db, why=True, echo=True, timing=True)
    assert say(shell, "Who lives in Oslo?")[2] == (
        "> Who lives in Oslo?\n"
        "answer: Anna\n"
        "confidence: 1.00\n"
        "rests on 1 fact:\n"
        "  [1] Anna lives in Oslo.\n"
        "time: 3.5 ms (parse 1.5 ms, read 2.0 ms)\n"
    )


def test_confidence_and_budget_are_for_questions(db):
    for text in FACTS:
        db.add(text)
    shell = Shell(db, min_confidence=0.95, budget=10)
    assert say(shell, "Who lives in Oslo?")[1] == "answer\nAnna\n"
    assert say(shell, "SELECT 1 AS a;")[1] == "a\n1\n"


# -------------------------------------------------------------------------------------------------------------- errors


def test_errors_show_the_place_and_what_would_be_right(shell):
    well, out, err = say(shell, "Why?")
    assert (well, out) == (False, "")
    assert err == "error: the question is not understood\n  Why?\n  ^^^^\n"
    assert shell.code == exits.FAILED


def test_whatever_happens_is_one_line(db):
    shell = Shell(db)
    assert say(shell, "Break?")[2] == "internal error: RuntimeError: a cog is loose (please report)\n"
    shell = Shell(db, environment={"NEURALDB_DEBUG": "1"})
    first, *others = say(shell, "Break?")[2].splitlines()
    assert first == "internal error: RuntimeError: a cog is loose (please report)"
    assert others[0] == "Traceback (most recent call last):"


def test_a_script_stops_at_an_error_or_goes_on(db):
    shell = Shell(db)
    assert say(shell, "SELECT 1 AS a; Why?\nSELECT 2 AS b;")[:2] == (False, "a\n1\n")
    shell.go_on = True
    assert say(shell, "SELECT 1 AS a; Why?\nSELECT 2 AS b;")[:2] == (False, "a\n1\nb\n2\n")


def test_ctrl_c_ends_a_script_even_where_the_statement_came_to_its_end(db):
    shell = Shell(db)
    shell.go_on = True
    execute = db.execute

    def press(*arguments, **rest):
        result = execute(*arguments, **rest)
        # nothing runs any more that could be stopped
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.3)
        return result

    db.execute = press
    assert say(shell, "SELECT 1 AS a; SELECT 2 AS b;")[:2] == (False, "a\n1\n")
    assert shell.code == 130
    db.execute = execute
    assert say(shell, "\\lang auto\nSELECT 2 AS b;")[:2] == (True, "b\n2\n")


def test_errors_name_the_place_in_the_script(shell):
    shell.run_all(entries_of(["\n\nWhy?\n"], "tour.txt"))
    assert shell.err().startswith("tour.txt:3: error: the question is not understood\n")


def test_errors_are_told_in_every_format(db):
    for form in ("csv", "json", "none"):
        shell = Shell(db, form=form)
        _, out, err = say(shell, "Why?")
        assert out == ""
        assert err.startswith("error: ")


def test_bytes_that_are_no_text_are_an_error(shell):
    assert say(shell, "caf\udce9")[2] == "error: byte 0xe9 is not UTF-8\n"


def test_a_time_limit(db):
    shell = Shell(db, timeout=0.1)
    well, _, err = say(shell, "Wait?")
    assert not well
    assert "took longer than" in err
    assert shell.code == exits.TIMED_OUT


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ParseError("x"), 1),
        (RuntimeError("x"), 1),
        (exits.UsageError("x"), 2),
        (DatabaseLocked("x"), 3),
        (CorruptDatabase("x"), 3),
        (ModelUnavailable("x"), 3),
        (Timeout("x"), 4),
        (Cancelled("x"), 130),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_codes(error, code):
    assert exits.exit_code(error) == code


# ------------------------------------------------------------------------------------------------------------ commands


def test_facts(told):
    assert say(told, "\\facts equinor")[1] == "id,text,about,sources\n3,Anna works for Equinor.,,Ola\n"
    assert len(say(told, ".facts")[1].splitlines()) == 4
    assert say(told, "\\facts Bergen") == (True, "", "no fact contains that\n")


def test_entity(told):
    graph = told.connection.session.stores.graph
    from neuraldb.stores.graph import Mention, NewTriple
    from neuraldb.stores.terms import Alias, Term

    anna, works, equinor = graph.ensure_terms(
        [Term("entity", "Anna Berg"), Term("relation", "works for"), Term("entity", "Equinor")]
    )
    graph.add_aliases([Alias(anna, "Annie")])
    graph.add_triples([NewTriple(anna, works, equinor, 0.75, 3)])
    graph.add_mentions([Mention(3, 0, 4, "Anna", anna)])
    assert say(told, "\\entity anna berg")[1] == (
        "Anna Berg\n  also: Annie\n  Anna Berg · works for · Equinor (0.75)\n  [3] Anna works for Equinor.\n"
    )
    assert say(told, "\\relations")[1] == "relation,triples\nworks for,1\n"
    well, _, err = say(told, "\\entity Anna Burgh")
    assert not well
    assert err == "error: nothing is known about Anna Burgh\ndid you mean: Anna Berg?\n"
    assert "needs a name" in say(told, "\\entity")[2]


def test_tables(told):
    say(told, 'CREATE TABLE "my table" (a INTEGER, b VARCHAR);')
    assert 'my table,"a, b",\n' in say(told, "\\tables")[1]
    assert say(told, "\\relations") == (True, "", "no relations yet\n")


def test_explain(told):
    assert say(told, "\\explain Who sings?")[1] == "plan of None: Who sings? with None\n"
    assert say(told, "\\explain analyze SELECT 1")[1] == "analyze of None: SELECT 1 with None\n"
    say(told, "\\lang sparql")
    assert say(told, "\\explain verbose ASK {}")[1] == "verbose of sparql: ASK {} with None\n"
    assert "needs a statement" in say(told, "\\explain analyze")[2]


def test_why(told):
    assert "no result yet" in say(told, "\\why")[2]
    say(told, "Who lives in Oslo?")
    assert say(told, "\\why 2")[1] == (
        "answer: Nils maybe\nconfidence: 0.90\nrests on 1 fact:\n  [2] Nils maybe lives in Oslo.\n"
    )
    assert say(told, "\\why")[1].startswith("answer: Anna\n")
    assert "there is no row 3: the last result has 2" in say(told, "\\why 3")[2]
    assert "0 is no number of a row" in say(told, "\\why 0")[2]
    say(told, "Who sleeps?")
    assert "no rows" in say(told, "\\why")[1]


def test_history(told):
    told.connection.forget(2)
    lines = say(told, "\\history 2")[1].splitlines()
    assert lines[0] == "when,action,fact,replaced by,text"
    assert [re.sub(r"^[\d :-]+", "", line) for line in lines[1:]] == [
        ",add,2,,Nils maybe lives in Oslo.",
        ",forget,2,,Nils maybe lives in Oslo.",
    ]
    told.connection.add_many(f"Fact {n}." for n in range(60))
    _, out, err = say(told, "\\history")
    assert len(out.splitlines()) == 51
    assert err == "14 older entries; SELECT * FROM history; has them all\n"
    assert "no id of a fact" in say(told, "\\history x")[2]


def test_settings(shell):
    assert say(shell, "\\lang")[2] == "language: auto\n"
    assert say(shell, "\\lang SQL")[2] == "language: sql\n"
    assert "did you mean: auto, question, sql, sparql?" in say(shell, "\\lang latin")[2]
    assert say(shell, "\\format")[2] == "format: csv\n"
    assert say(shell, "\\format json")[2] == "format: json\n"
    assert say(shell, "SELECT 1 AS a;")[1] == '[\n  {"a": 1}\n]\n'
    assert "no output format" in say(shell, "\\format x")[2]
    assert say(shell, "\\timing")[2] == "timing: on\n"
    assert say(shell, "\\timing")[2] == "timing: off\n"
    assert say(shell, "\\timing on")[2] == "timing: on\n"
    assert say(shell, "\\limit")[2] == "limit: no limit\n"
    assert say(shell, "\\limit 5")[2] == "limit: 5 rows\n"
    assert "-1 is no number of rows" in say(shell, "\\limit -1")[2]


def test_help(shell):
    assert "\\facts [PATTERN]" in say(shell, "help")[1]
    assert say(shell, "\\help mode")[1] == "\\format [NAME]\n  the output format\nalso: \\mode\n"
    assert say(shell, "\\help \\why")[1].startswith("\\why [ROW]\n")
    assert "there is no command \\x" in say(shell, "\\help x")[2]


@pytest.mark.parametrize("line", ["\\quit", "exit", ".q"])
def test_leaving(shell, line):
    with pytest.raises(Leave):
        say(shell, line)


def test_output_to_a_file_and_back(shell, tmp_path):
    path = tmp_path / "my results.csv"
    say(shell, f'\\o "{path}"')
    assert say(shell, "SELECT 'é' AS a;\nSELECT 2 AS b;")[1] == ""
    say(shell, "\\o")
    assert say(shell, "SELECT 3 AS c;")[1] == "c\n3\n"
    assert path.read_text(encoding="utf-8") == "a\né\nb\n2\n"
    assert "cannot write" in say(shell, f"\\o {tmp_path}")[2]


def test_files_of_statements(shell, tmp_path):
    script = tmp_path / "a.txt"
    script.write_text(f"SELECT 1 AS a;\n\\i {tmp_path}/b.txt\nSELECT 4 AS d;\n")
    (tmp_path / "b.txt").write_text("SELECT 2 AS b;\nWhy?\nSELECT 3 AS c;\n")
    well, out, err = say(shell, f"\\i {script}\nSELECT 5 AS e;")
    assert (well, out) == (False, "a\n1\nb\n2\n")
    assert err.startswith(f"{tmp_path}/b.txt:2: error: ")
    assert "cannot read" in say(shell, f"\\i {tmp_path}/gone.txt")[2]
    assert "needs a file" in say(shell, "\\i")[2]


def test_a_file_that_reads_itself_comes_to_an_end(shell, tmp_path):
    script = tmp_path / "a.txt"
    script.write_text(f"\\i {script}\n")
    assert "from within 16 other files" in say(shell, f"\\i {script}")[2]
    assert shell.depth == 0


def test_import_and_export(shell, tmp_path):
    path = tmp_path / "my facts.txt"
    path.write_text("Anna sings.\nNils bakes.\n")
    well, out, err = say(shell, f'\\import "{path}"')
    assert (well, out) == (True, "")
    assert err == f"{path}: 2 added, 0 known already, 0 refused\n"
    assert say(shell, "\\export --as text") == (True, "Anna sings.\nNils bakes.\n", "2 facts exported\n")
    assert say(shell, f"\\export {tmp_path}/out.csv")[2] == "2 facts exported\n"
    assert (tmp_path / "out.csv").exists()
    well, out, err = say(shell, f"\\import --as latin '{path}'")
    assert (well, out) == (False, "")
    assert "invalid choice: 'latin'" in err
    assert "the quotes do not match" in say(shell, '\\import "x')[2]
    assert say(shell, f"\\import --strict --as jsonl '{path}'")[0] is False


def test_an_entry_runs_in_another_thread(shell, monkeypatch):
    import threading

    seen = []
    execute = shell.connection.execute

    def note(*arguments, **rest):
        seen.append(threading.current_thread())
        return execute(*arguments, **rest)

    monkeypatch.setattr(shell.connection, "execute", note)
    assert shell.run(Entry("SELECT 1;"))
    assert seen != [threading.main_thread()]
    assert len(seen) == 1


def test_stored_texts_do_not_steer_the_terminal(db):
    shell = Shell(db, terminal=True, environment={"TERM": "xterm"})
    _, out, err = say(shell, "SELECT chr(27) || '[2J' AS a;\n\\why\n\\format vertical\nSELECT chr(27) || '[2J' AS a;")
    assert out.count("\\x1b[2J") == 3
    assert "\x1b[2J" not in out + err
    shell.console.tell("file \x1b[2J")
    shell.console.error(ParseError("no", source="a \x9b b", span=(2, 3)))
    err = shell.err()
    assert "\\x1b[2J" in err
    assert "\\x9b" in err
    assert "\x1b[2J" not in err
    assert "\x9b" not in err
