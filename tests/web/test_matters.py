"""What the node keeps of agendas: what is removed leaves nothing, not even what was not sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from canal import AGENDA, POSITION, laid_out
from tracktwo.deal.formats import dump_position
from visits import Visit, hidden_in


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit.at(tmp_path)


def drafts(visit: Visit, path: str) -> list[str]:
    """Type at the screens of an agenda and send nothing; where."""
    mark = visit.house.mark("gate")
    found = [f"{path}/issue/{mark}"]
    for whose in ("own", "supposed"):
        found += [f"{path}/{whose}/{at}" for at in ("line", "swings", f"issue/{mark}", "judging")]
    for at in found:
        assert visit.post(at, {"keep": "1", "notes": "the minister's"}).status_code == 204
    return found


def still(visit: Visit, paths: list[str]) -> list[str]:
    """Where there is still what was typed."""
    with visit.house.node() as node:
        return [path for path in paths if node.kept(f"draft {path}") is not None]


def test_what_was_typed_about_an_agenda_goes_with_it(visit: Visit) -> None:
    path, other = laid_out(visit, AGENDA, POSITION), laid_out(visit, AGENDA, POSITION)
    typed, elsewhere = drafts(visit, path), drafts(visit, other)
    visit.goes(visit.post(f"{path}/forget", {"sure": "yes"}))
    assert still(visit, typed) == []
    assert still(visit, elsewhere) == elsewhere


def test_what_was_typed_about_a_position_goes_with_it_and_no_other(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION, POSITION)
    typed = drafts(visit, path)
    visit.goes(visit.post(f"{path}/own/forget", {"sure": "yes"}))
    assert still(visit, typed) == [at for at in typed if "/own/" not in at]


def test_a_position_that_is_brought_in_is_hidden_by_nothing_typed_before(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    typed = drafts(visit, path)
    visit.goes(visit.post(f"{path}/own", {"sure": "yes"}, dump_position(POSITION, AGENDA, "toml")))
    assert still(visit, typed) == [at for at in typed if "/own/" not in at]


def test_a_position_that_is_taken_is_hidden_by_nothing_typed_before(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    judging = f"{path}/own/judging"
    answer = {"package-0": "gate=both,water=half", "verdict-0": "yes"}
    visit.goes(visit.post(judging, answer))
    take = visit.get(judging).text.partition('value="take-')[2].partition('"')[0]
    typed = drafts(visit, path)
    visit.goes(visit.post(judging, {"do": f"take-{take}"}))
    assert still(visit, typed) == [at for at in typed if "/own/" not in at]


def test_of_a_changed_agenda_what_was_typed_stays_where_it_still_fits(visit: Visit) -> None:
    path = laid_out(visit, AGENDA, POSITION)
    typed = drafts(visit, path)
    head = {"title": "Canal", "note": "", "points": "100"}
    visit.goes(visit.post(path, {**head, "do": "up-gate"}))
    assert still(visit, typed) == typed
    water = {"name": "Water", "had": "half,turns", "rows": "1", "option-0-id": "half"}
    one = f"{path}/issue/{visit.house.mark('water')}"
    asked = visit.post(one, {**water, "option-0-name": "Half"})
    assert still(visit, typed) == typed, "nothing was done yet"
    visit.goes(visit.post(one, {**hidden_in(asked), "sure": "yes"}))
    assert still(visit, typed) == [at for at in typed if "/own/" not in at]


def test_what_was_typed_about_an_issue_goes_with_it(visit: Visit) -> None:
    path = laid_out(visit, AGENDA)
    typed = drafts(visit, path)
    head = {"title": "Canal", "note": "", "points": "100"}
    visit.goes(visit.post(path, {**head, "do": "remove-gate"}))
    assert still(visit, typed) == [at for at in typed if "/issue/" not in at]
