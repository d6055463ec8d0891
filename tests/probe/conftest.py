"""What the tests of sittings share."""

from __future__ import annotations

from pathlib import Path

import pytest

from sides import Side, packages_of, program_of, two_sides


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Side, Side]:
    """Two sides that ask whether there is a room, and there is."""
    return two_sides(tmp_path, program_of(packages_of(3), "exists"), [2, 0, 1], [0, 3, 1])
