"""A backup from the page where a channel is damaged: its person is told, the rest goes along."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path

from tracktwo.channel import backup
from tracktwo.channel.charter import Charter
from visits import Visit


def test_what_is_missing_in_a_backup_is_named_before_it_is_taken(tmp_path: Path) -> None:
    visit = Visit.at(tmp_path)
    home = tmp_path / "node"
    with visit.house.node() as node:
        for name in ("one, two", "talks", "zebras"):
            node.found(name, Charter("C"), relay="", pseudonym="A", side="", role="convener")
        for ident, name in node.idents().items():
            if name != "talks":
                (home / f"channel-{ident}.db").write_bytes(b"noise" * 2000)
    told = visit.post("/settings/backup", {})
    assert told.status_code == 200
    assert all(f"<bdi>{name}</bdi>" in told.text for name in ("one, two", "zebras"))
    assert "<bdi>talks</bdi>" not in told.text
    (without,) = re.findall(r'name="without" value="([^"]*)"', told.text)
    taken = visit.post("/settings/backup", {"without": html.unescape(without)})
    assert taken.headers["content-type"] == "application/octet-stream"
    back = backup.restore(tmp_path / "again", io.BytesIO(taken.content), visit.passphrase)
    assert back == backup.Contents(1, ("one, two", "zebras"))
