"""The command with a session that needs no models, for tests that run it in a process of its own."""

import importlib
import importlib.machinery
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])]


class Fakes:
    """Finds the fake session when the real one is asked for, so that nothing is loaded any earlier than else."""

    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name == "neuraldb.session" else None

    def create_module(self, spec):
        return importlib.import_module("shell.fakes").session_module()

    def exec_module(self, module):
        pass


if __name__ == "__main__":
    from neuraldb.shell.cli import main

    sys.meta_path.insert(0, Fakes())
    sys.exit(main())
