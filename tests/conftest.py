from __future__ import annotations

import functools
import signal

import pytest
from golden.runner import Check, run_script
from hypothesis import settings

# how long an example takes says more about what else the machine does than about the example
settings.register_profile("neuraldb", deadline=None)
settings.load_profile("neuraldb")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden-update", action="store_true", help="rewrite what golden scripts expect")


def pytest_configure() -> None:
    """Ctrl-C works in the tests of it, also where the tests themselves were started in the background."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Check:
    """Checks a golden script; rewrites it under --golden-update."""
    return functools.partial(run_script, update=request.config.getoption("--golden-update"))
