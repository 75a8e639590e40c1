"""No test module is longer than a module of the project may be."""

from pathlib import Path

from law.source import ROOT

MAX_LINES = 400


def lengths(folder: Path) -> dict[str, int]:
    """How many lines each module under a folder has."""
    return {
        str(path.relative_to(folder)): len(path.read_text(encoding="utf-8").splitlines())
        for path in sorted(folder.rglob("*.py"))
    }


def test_test_modules_are_short() -> None:
    found = lengths(ROOT / "tests")
    assert "law/test_sizes.py" in found
    assert {name: lines for name, lines in found.items() if lines > MAX_LINES} == {}


def test_a_long_module_is_seen(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "long.py").write_text("x = 1\n" * (MAX_LINES + 1))
    assert lengths(tmp_path) == {"deep/long.py": MAX_LINES + 1}
