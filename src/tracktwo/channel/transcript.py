"""What was said in a channel, as a file anybody can read.

It proves nothing: no talk is signed, and of a signed text it tells what this machine found, without
the signature (signed_text.py has the file that proves).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from tracktwo.channel import view
from tracktwo.channel.replica import Replica
from tracktwo.said import Said


def transcript(
    replica: Replica,
    hour_text: Callable[[int], str],
    more: Mapping[bytes, Said],
    *,
    as_json: bool,
) -> tuple[int, bytes]:
    """How many lines, and all of them: as text, or as JSON.

    `hour_text` says an hour in words; `more` is as in view.lines.
    """
    charter = replica.charter.plain()
    lines = list(view.lines(replica, 0, more))
    authors = {line.author.id: line.author for line in lines}
    names = {ident: view.name_of(replica, author) for ident, author in authors.items()}
    if as_json:
        rows = [
            {
                "place": line.place,
                "hour": line.hour,
                "from": names[line.author.id],
                "kind": line.kind,
                "text": line.text,
                "signature": line.signature or None,
            }
            for line in lines
        ]
        whole = {"charter": charter, "lines": rows}
        return len(lines), (json.dumps(whole, ensure_ascii=False, indent=2) + "\n").encode()
    text = [f"{charter['title']}", f"Rule of use: {charter['rule']}", ""]
    hours = {hour: hour_text(hour) for hour in {line.hour for line in lines}}
    for line in lines:
        text.append(f"{line.place}  {hours[line.hour]}  {names[line.author.id]}")
        text += [f"    {part}" for part in line.text.splitlines()]
        text += [f"    [{line.note}]"] if line.note else []
    return len(lines), ("\n".join(text) + "\n").encode()
