"""What saying and hearing cost one member, by the number of members: no relay, no network.

`python bench/channel.py [--json]`

An event said to n members is one durable commit with the event, n sealed envelopes and n sessions
moved; hearing is opening, deciphering and placing, in batches. Goals (research: channel.md 9): 15
ms to say something to 29 others, five seconds to hear 1,000 events of 30 days.
"""

from __future__ import annotations

import argparse
import json
import secrets
import tempfile
import time
from pathlib import Path
from typing import Any

from tracktwo import keyfile
from tracktwo.channel.charter import Charter
from tracktwo.channel.invite import invite, join, welcome_in
from tracktwo.channel.keys import Keys
from tracktwo.channel.replica import TALK, Replica
from tracktwo.channel.store import Store

SIZES = (2, 3, 10, 30)
HEARD = 1000


def channel(folder: Path, members: int) -> list[Replica]:
    """A channel of so many, all let in."""

    def store(number: int) -> Store:
        return Store(folder / f"{members}-{number}.db", secrets.token_bytes(32))

    keys = Keys.draw()
    card = keys.card(relay="r", pseudonym="0", side="", role="convener")
    all_ = [Replica.found(store(0), Charter("A measurement"), keys, card)]
    for number in range(1, members):
        invitation = invite(all_[0], role="observer", side="")
        all_.append(join(store(number), invitation, str(number), "r"))
        for _ in range(3):
            carry(all_)
    return all_


def carry(replicas: list[Replica]) -> None:
    """Take every envelope where it goes, and read it."""
    boxes = {Keys.load(replica.store).send: replica for replica in replicas}
    for replica in replicas:
        while letters := replica.mail().letters():
            for letter in letters:
                boxes[letter.send].accept(letter.data)
            with replica.store.transaction():
                replica.mail().posted(letters, replica.now())
    for replica in replicas:
        replica.read_mail(lambda frame, replica=replica: welcome_in(replica, frame))  # type: ignore[misc]


def measure(folder: Path, members: int) -> dict[str, Any]:
    """Milliseconds to say one thing, and to hear one, and bytes posted for it."""
    replicas = channel(folder, members)
    speaker, hearer = replicas[0], replicas[1]
    count = 20 if members > 3 else 200
    waiting = "SELECT coalesce(sum(length(bytes)), 0) FROM outbox"
    before = speaker.store.one(waiting)
    start = time.perf_counter()
    for number in range(count):
        speaker.say(TALK, {"text": f"Something that is said, {number}."})
    said = time.perf_counter() - start
    sizes = speaker.store.one(waiting) - before
    carry(replicas)
    for number in range(HEARD):
        speaker.store.do("PRAGMA synchronous=OFF")
        speaker.say(TALK, {"text": f"Something that is heard, {number}."})
    box = Keys.load(hearer.store).send
    while letters := speaker.mail().letters(1000):
        for letter in letters:
            if letter.send == box:
                hearer.accept(letter.data)
        with speaker.store.transaction():
            speaker.mail().posted(letters, speaker.now())
    start = time.perf_counter()
    hearer.read_mail()
    heard = time.perf_counter() - start
    for replica in replicas:
        replica.store.close()
    return {
        "members": members,
        "say_milliseconds": 1000 * said / count,
        "posted_bytes": sizes // count,
        "hear_milliseconds": 1000 * heard / HEARD,
    }


def unlock(folder: Path) -> float:
    """Seconds to unlock a node at the default cost."""
    keyfile.make(folder / "node.key", "a passphrase")
    start = time.perf_counter()
    keyfile.unlock(folder / "node.key", "a passphrase")
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        rows = [measure(Path(scratch), members) for members in SIZES]
        seconds = unlock(Path(scratch))
    if asked.json:
        print(json.dumps({"rows": rows, "unlock_seconds": seconds}, indent=2))
        return
    print("| members | say, ms | posted, bytes | hear, ms |\n|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['members']} | {row['say_milliseconds']:.1f} | {row['posted_bytes']:,} "
            f"| {row['hear_milliseconds']:.2f} |"
        )
    print(f"\nUnlocking a node: {seconds:.2f} s.")


if __name__ == "__main__":
    main()
