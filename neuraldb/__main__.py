"""``python -m neuraldb``: the same as the ``neuraldb`` command."""

from neuraldb.shell.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
