"""Coming in from the page: the charter is read before anything is said."""

from __future__ import annotations

from pathlib import Path

from nodes import channel_of, opened
from tracktwo.channel import invite as invites
from tracktwo.channel.charter import Charter
from tracktwo.channel.handing import to_file
from visits import Visit


def test_the_charter_of_a_file_is_shown_whole_and_agreed_to_before_coming_in(
    tmp_path: Path,
) -> None:
    agreed = Charter("The talks", goal="A truce", retention="archive", custodians=("Owl",))
    (wren,) = channel_of("", tmp_path, charter=agreed, pseudonyms=("Wren",))
    with opened(wren) as replica:
        invitation = invites.invite(replica, role="delegate", side="East", now=replica.now)
    visit = Visit.at(tmp_path)
    typed = {"name": "east", "pseudonym": "Stork", "code": "", "relay": ""}
    shown = visit.goes(visit.post("/join", typed, file=to_file(invitation)))
    text = visit.get(shown).text
    for part in (
        "Wren",
        "delegate",
        "East",
        "Stork",
        "A truce",
        "sealed for the custodians",
        "Owl",
    ):
        assert part in text
    with visit.house.node() as node:
        assert node.names() == []
    assert visit.goes(visit.post(shown, {"do": "come in"})) == "/"
    with visit.house.node() as node:
        assert node.names() == ["east"]
    assert visit.goes(visit.get(shown)) == "/"
