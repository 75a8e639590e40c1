"""The wheel and the source distribution: complete, equal, and at work without the checkout and without a network."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("pyproject.toml", "README.md", "LICENSE", "grammar", "neuraldb")

pytestmark = pytest.mark.slow

AT_WORK = """if True:
    import socket, sys
    from importlib import resources
    from pathlib import Path

    class Closed(OSError):
        pass

    def refuse(*arguments, **options):
        raise Closed("the network was used")

    socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
    try:
        socket.create_connection(("localhost", 1))
    except Closed:
        pass
    else:
        raise AssertionError("the network is open")
    import neuraldb
    assert Path(neuraldb.__file__).is_relative_to(sys.argv[1]), neuraldb.__file__
    assert "query" in resources.files("neuraldb.grammar").joinpath("sparql.lark").read_text(encoding="utf-8")
    with neuraldb.connect(sys.argv[2]) as db:
        db.add("Anna Berg lives in Oslo.")
        assert db.ask("Where does Anna Berg live?").fetchall() == [("Oslo",)]
        assert db.sql("SELECT text FROM facts").fetchall() == [("Anna Berg lives in Oslo.",)]
        assert db.sparql("ASK { ?s ?p ?o }").fetchall() == [(True,)]
    print("works")"""


def run(*command: object, cwd: Path, **environment: str) -> str:
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | environment
    ran = subprocess.run([str(c) for c in command], capture_output=True, text=True, cwd=cwd, env=variables, check=False)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
    return ran.stdout


def build(source: Path, out: Path, *kinds: str) -> None:
    run(sys.executable, "-m", "build", "--no-isolation", *kinds, "--outdir", out, source, cwd=source)


def copied(place: Path) -> Path:
    """The project's sources at another place: what is built from them must not depend on this one."""
    place.mkdir()
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, place / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, place / part)
    return place


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as opened:
        return {n: opened.read(n) for n in opened.namelist() if not n.endswith("/") and "/RECORD" not in n}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist, built from a copy, since a build writes beside its sources."""
    out = tmp_path_factory.mktemp("dist")
    source = copied(tmp_path_factory.mktemp("source") / "tree")
    build(source, out, "--wheel", "--sdist")
    return out


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    return next(dist.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a fresh environment that has the wheel; the libraries it needs are those of this one."""
    home = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", home, cwd=home)
    python = home / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=home)
    site = next(home.glob("lib/python*/site-packages"))
    libraries = Path(pytest.__file__).parents[1]
    (site / "libraries.pth").write_text(f"{libraries}\n", encoding="utf-8")
    return python


def test_the_wheel_has_every_file(wheel: Path) -> None:
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "neuraldb").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    expected |= {f"neuraldb/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "grammar").glob("*.lark")}
    assert len(expected) > 200
    assert not expected - set(contents(wheel))
    assert {"neuraldb/models/weights/reader.safetensors", "neuraldb/training/lexicon/common.toml"} <= expected


def test_the_sdist_gives_the_same_wheel(dist: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(next(dist.glob("*.tar.gz"))) as opened:
        opened.extractall(tmp_path / "sdist", filter="data")
    (source,) = (tmp_path / "sdist").iterdir()
    build(source, tmp_path, "--wheel")
    again, once = contents(next(tmp_path.glob("*.whl"))), contents(wheel)
    assert again.keys() == once.keys()
    assert not [name for name, data in once.items() if again[name] != data]


def test_the_command_and_the_api_work_from_the_wheel(python: Path, tmp_path: Path) -> None:
    said = run(python.with_name("neuraldb"), "--version", cwd=tmp_path)
    asked = run(python, "-c", "import importlib.metadata as m; print(m.version('neuraldb'))", cwd=tmp_path)
    assert said.split()[-1] == asked.strip()
    home = python.parents[1]
    assert run(python, "-W", "error", "-c", AT_WORK, home, tmp_path / "a.ndb", cwd=tmp_path) == "works\n"
    rows = run(python.with_name("neuraldb"), "ask", tmp_path / "a.ndb", "Where does Anna Berg live?", cwd=tmp_path)
    assert "Oslo" in rows


def test_an_editable_installation_works(tmp_path: Path) -> None:
    source = copied(tmp_path / "source")
    home = tmp_path / "environment"
    run(sys.executable, "-m", "venv", home, cwd=tmp_path)
    site = next(home.glob("lib/python*/site-packages"))
    (site / "libraries.pth").write_text(f"{Path(pytest.__file__).parents[1]}\n", encoding="utf-8")
    inside = home / "bin" / "python"
    run(inside, "-m", "pip", "install", "-q", "--no-deps", "-e", source, cwd=tmp_path)
    assert run(inside, "-W", "error", "-c", AT_WORK, source, tmp_path / "b.ndb", cwd=tmp_path) == "works\n"
