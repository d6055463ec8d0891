"""What holds for every test."""

from __future__ import annotations

import pytest
from hypothesis import settings

import effort

# The machine may be busy: a slow example is no failure, and pytest-timeout ends a hang.
settings.register_profile("ci", deadline=None, max_examples=effort.examples(100))
settings.register_profile("soak", deadline=None)
settings.load_profile("soak" if effort.SOAK else "ci")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let the seed that pytest-randomly shows bring back what a run tried."""
    effort.seed(int(config.getoption("randomly_seed", 0)))
