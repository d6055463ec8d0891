"""The soak in small: members and relays killed over a network that does its worst."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("storage", ["sqlite", "postgresql"])
def test_nothing_is_lost_nothing_comes_twice_and_nothing_before_its_cause(storage: str) -> None:
    script = Path(__file__).with_name("soak.py")
    options = ["--messages", "300", "--kills", "6", "--storage", storage, "--deadline", "240"]
    done = subprocess.run(
        [sys.executable, str(script), *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    figures = json.loads(done.stdout)
    assert figures["read_by_each"] == [300, 300, 300]
    kinds = {"member", "relay"} | ({"database"} if storage == "postgresql" else set())
    assert figures["killed"].keys() == kinds
    assert sum(figures["killed"].values()) == 6
    assert sum(figures["faults"].values()) > figures["faults"]["forwarded"]
