"""Command lines that are wrong, databases that cannot be opened, streams that are closed."""

import subprocess
from pathlib import Path

import pytest

from shell.helpers import COMMAND

GOLDEN = Path(__file__).parent / "golden"
ROWS = [("Anna", 2, 'says "hi", no'), ("Åse <b>", 1200, None), ("tab\tx", -5, "two\nlines")]


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
