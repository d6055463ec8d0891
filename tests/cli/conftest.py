"""A place to run commands in."""

from __future__ import annotations

from pathlib import Path

import pytest

from commands import AGENDA, NORTH, SOUTH, Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A place with the small case: agenda.toml, north.toml, south.toml and the folder."""
    for name, text in (("agenda", AGENDA), ("north", NORTH), ("south", SOUTH)):
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    (tmp_path / "shared").mkdir()
    return Place(tmp_path)
