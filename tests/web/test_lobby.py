"""Before the page: what cannot be opened, or put back, is said as a sentence at its field."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from tracktwo.channel import backup
from tracktwo.web.app import application
from tracktwo.web.house import House
from visits import Visit, faults_in


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit.at(tmp_path)


def test_a_damaged_node_is_told_and_locked_again(visit: Visit) -> None:
    visit.house.lock()
    (visit.house.home / "node.db").write_bytes(b"nonsense" * 1000)
    for path in visit.house.home.glob("node.db-*"):
        path.unlink()
    left = visit.house.leave("/begin", {"goal": "To see."})
    answer = visit.outside("/unlock", {"passphrase": visit.passphrase, "left": left})
    assert answer.status_code == 403
    assert "The node cannot be opened" in faults_in(answer)[""]
    assert "passphrase" not in faults_in(answer)
    assert visit.house.is_locked
    assert "What you typed is kept." in answer.text


def test_after_a_wrong_passphrase_the_right_one_leads_to_the_channels(visit: Visit) -> None:
    visit.house.lock()
    wrong = visit.outside("/unlock", {"passphrase": "wrong", "left": ""})
    assert "This is not the passphrase." in faults_in(wrong)["passphrase"]
    assert 'name="left" value=""' in wrong.text
    right = visit.outside("/unlock", {"passphrase": visit.passphrase, "left": ""})
    assert right.headers["location"].count("/") == 2
    visit.leaves()


def elsewhere(visit: Visit, tmp_path: Path) -> Visit:
    """A visit to a page that has no node yet."""
    other = Visit(House(tmp_path / "other"), visit.passphrase)
    other._app = application(other.house, 8000)
    other._session = other.house.come_in()
    return other


def backed_up(visit: Visit) -> bytes:
    written = BytesIO()
    with visit.house.node() as node:
        backup.write(node, written)
    return written.getvalue()


def test_what_is_wrong_with_a_backup_is_said_at_the_file_or_at_the_passphrase(
    visit: Visit, tmp_path: Path
) -> None:
    other = elsewhere(visit, tmp_path)
    data = backed_up(visit)
    right = {"passphrase": visit.passphrase, "sure": "yes"}
    for file in (b"nonsense" * 1000, b"", data[:2048]):
        answer = other.post("/restore", right, file)
        assert set(faults_in(answer)) - {""} == {"file"}, file[:8]
    answer = other.post("/restore", right | {"passphrase": "wrong"}, data)
    assert set(faults_in(answer)) - {""} == {"passphrase"}
    answer = other.post("/restore", right | {"sure": ""}, data)
    assert set(faults_in(answer)) - {""} == {"sure"}, "two would speak as one"
    assert not other.house.is_made
    other.post("/restore", right, data)
    assert other.house.is_made
    assert not other.house.is_locked
    other.leaves()
