"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# The machine may be busy: a slow example is no failure, and pytest-timeout ends a hang.
settings.register_profile("tracktwo", deadline=None)
settings.load_profile("tracktwo")
