"""The loop, with keys from a pipe and no screen."""

import stat

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from neuraldb.shell.memory import history_path, open_history
from neuraldb.shell.prompting import FullPrompt, is_finished
from neuraldb.shell.repl import IN_TRANSACTION, PROMPT, Repl
from neuraldb.shell.vocabulary import Vocabulary
from shell.helpers import Shell

ENTER, NEW_LINE, CTRL_C, CTRL_D = "\r", "\x1b\r", "\x03", "\x04"


@pytest.fixture
def typed(db, tmp_path):
    """Runs the loop on keys; gives the data and the narration."""

    def run(keys, **options):
        shell = Shell(db)
        environment = {"NEURALDB_HISTORY": str(tmp_path / "history"), "TERM": "xterm"}
        with create_pipe_input() as keyboard:
            prompt = FullPrompt(Vocabulary, lambda: "auto", environment, input=keyboard, output=DummyOutput())
            keyboard.send_text(keys)
            repl = Repl(shell, options.get("file", ":memory:"), options.get("fresh", False), prompt, environment)
            repl.run()
        repl.vocabulary.wait()
        return shell.out(), shell.err()

    return run


def test_greeting(db, typed):
    assert typed(CTRL_D)[1].splitlines()[0].endswith("a database in memory, gone when you leave")
    assert typed(CTRL_D, file="x.ndb", fresh=True)[1].splitlines()[0].endswith(": x.ndb, a new database")
    db.add("Anna sings.")
    greeting, advice = typed(CTRL_D, file="x.ndb")[1].splitlines()
    assert greeting.endswith(": x.ndb, 1 fact")
    assert advice == "\\help lists what can be typed, Ctrl-D leaves"


def test_sentences_and_questions(typed):
    out, err = typed(f"Anna sings.{ENTER}Who sings.{CTRL_C}Who sings.?{ENTER}{CTRL_D}")
    assert "fact 1\n" in err
    assert out == "answer\nAnna\n"


def test_enter_goes_on_where_the_language_wants_more(typed):
    assert typed(f"SELECT 1 AS a,{ENTER}2 AS b;{ENTER}{CTRL_D}")[0] == "a,b\n1,2\n"
    assert typed(f"SELECT 1 AS a{ENTER}{ENTER}{CTRL_D}")[0] == "a\n1\n"
    assert "Ann\nBerg" in typed(f"SELECT 'Ann{NEW_LINE}Berg' AS a;{ENTER}{CTRL_D}")[0]


def test_a_paste_runs_all_statements_and_reports_each(typed):
    pasted = "Anna sings.\nWhy?\nSELECT 1 AS a;\nSELECT 2 AS b;"
    out, err = typed(f"\x1b[200~{pasted}\x1b[201~{ENTER}{CTRL_D}")
    assert out == ""
    assert "fact 1\nerror: the question is not understood\n" in err


def test_ctrl_c_clears_the_line(typed):
    assert typed(f"SELECT 1 AS a;{CTRL_C}SELECT 2 AS b;{ENTER}{CTRL_D}")[0] == "b\n2\n"


@pytest.mark.parametrize("end", [f"quit{ENTER}", f"\\q{ENTER}", CTRL_D])
def test_leaving_rolls_back(db, typed, end):
    _, err = typed(f"BEGIN;{ENTER}Anna sings.{ENTER}{end}")
    assert err.endswith("what was not committed is rolled back\n")
    assert db.facts() == []


def test_the_prompt_tells_of_a_transaction(db, tmp_path):
    messages = []

    class Scripted:
        texts = iter(["BEGIN;", "ROLLBACK;"])

        def read(self, message):
            messages.append(message)
            text = next(self.texts, None)
            if text is None:
                raise EOFError
            return text

    repl = Repl(Shell(db), ":memory:", prompt=Scripted(), environment={})
    repl.run()
    repl.vocabulary.wait()
    assert messages == [PROMPT, IN_TRANSACTION, PROMPT]


@pytest.mark.parametrize(
    ("text", "finished"),
    [
        ("Who sings?", True),
        ("SELECT 1", False),
        ("SELECT 1\n", True),
        ("SELECT ';", False),
        ("SELECT ';';", True),
        ("ASK { ?x :p", False),
        ("ASK { ?x :p 1 }", True),
        ("\\facts", True),
    ],
)
def test_when_enter_runs(text, finished):
    assert is_finished(text, Vocabulary()) is finished


# ------------------------------------------------------------------------------------------------------------- history


def test_history_is_private_and_forgets_on_request(typed, tmp_path):
    typed(f"SELECT 1;{ENTER} SELECT 'secret';{ENTER}{CTRL_D}")
    path = tmp_path / "history"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "SELECT 1;" in path.read_text()
    assert "secret" not in path.read_text()
    path.chmod(0o644)
    typed(f"SELECT 2;{ENTER}{CTRL_D}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().count("SELECT") == 2


def test_where_history_is_kept(tmp_path):
    home = {"HOME": str(tmp_path)}
    assert history_path({"NEURALDB_HISTORY": "/x/h"}).as_posix() == "/x/h"
    assert history_path({"NEURALDB_HISTORY": ""}) is None
    assert history_path({"XDG_STATE_HOME": "/s"}).as_posix() == "/s/neuraldb/history"
    assert history_path(home).parts[-4:] == (".local", "state", "neuraldb", "history")
    _, problem = open_history({"NEURALDB_HISTORY": f"{tmp_path}/file/h"})
    assert problem == ""
    (tmp_path / "plain").touch()
    _, problem = open_history({"NEURALDB_HISTORY": f"{tmp_path}/plain/h"})
    assert problem.startswith("what is typed is not kept: cannot write")
