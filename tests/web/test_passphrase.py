"""A passphrase that is soon guessed is refused on the page, beside its field."""

from __future__ import annotations

from pathlib import Path

import pytest

from visits import Visit, faults_in


@pytest.mark.parametrize("short", ["a", "1234567", "e\u0301" * 7])
def test_a_short_one_is_refused_at_changing(tmp_path: Path, short: str) -> None:
    visit = Visit.at(tmp_path)
    form = {"passphrase": visit.passphrase, "new": short, "again": short}
    refused = visit.post("/settings/passphrase", form)
    assert refused.status_code == 422
    assert "fewer than 8 characters" in faults_in(refused)["new"]
    assert "At least 8 characters." in refused.text
    long = "a longer passphrase"
    visit.goes(visit.post("/settings/passphrase", {**form, "new": long, "again": long}))
    visit.passphrase = long
    visit.comes_in()
