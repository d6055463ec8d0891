"""A sitting over a bad line: two folders, and a carrier between them that keeps to the line's pace.

`python bench/line.py [--megabits 20] [--milliseconds 50] [--issues 12] [--options 8]`
Each way has the whole rate; a message arrives half a round trip after its last byte was carried.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict
from pathlib import Path

from probe import SIDE, THREE, Sitting

PIECE = 1 << 16


def carry(source: Path, target: Path, rate: float, delay: float, over: threading.Event) -> None:
    """Carry messages that appear in `source`, in order, at `rate` bytes a second."""
    carried: set[str] = {path.name for path in target.glob("*.msg")}
    while not over.is_set():
        for path in sorted(source.glob("*.msg"), key=lambda path: path.stat().st_mtime_ns):
            if path.name in carried:
                continue
            carried.add(path.name)
            arriving = target / f".{path.name}.carried"
            start, sent = time.monotonic(), 0
            with path.open("rb") as reading, arriving.open("wb") as writing:
                while piece := reading.read(PIECE):
                    writing.write(piece)
                    sent += len(piece)
                    time.sleep(max(0.0, start + sent / rate - time.monotonic()))
            time.sleep(delay)
            arriving.replace(target / path.name)
        time.sleep(0.01)


def main() -> None:
    """Run both sides over the line and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabits", type=float, default=20)
    parser.add_argument("--milliseconds", type=float, default=50)
    parser.add_argument("--issues", type=int, default=12)
    parser.add_argument("--options", type=int, default=8)
    given = parser.parse_args()
    terms = json.dumps(asdict(Sitting("frontier", given.issues, given.options, THREE)))
    rate, delay, over = given.megabits * 1e6 / 8, given.milliseconds / 2000, threading.Event()
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch, f"folder-{side}") for side in "AB"]
        for folder in folders:
            folder.mkdir()
            (folder / "tracktwo-folder").write_text("0" * 32 + "\n")
        sides = [
            subprocess.Popen(
                [sys.executable, str(SIDE), side, str(folder), str(Path(scratch, side)), terms],
                stdout=subprocess.PIPE,
                text=True,
            )
            for side, folder in zip("AB", folders, strict=True)
        ]
        ways = [(folders[0], folders[1]), (folders[1], folders[0])]
        carriers = [
            threading.Thread(target=carry, args=(*way, rate, delay, over), daemon=True)
            for way in ways
        ]
        for carrier in carriers:
            carrier.start()
        rows = [json.loads(side.communicate()[0]) for side in sides]
        over.set()
        for carrier in carriers:
            carrier.join()
    seconds = max(row["seconds"] for row in rows)
    line = rows[0]["bytes"] / 2 / rate
    print(
        f"{given.issues} x {given.options} at {given.megabits:g} Mbit/s and"
        f" {given.milliseconds:g} ms: {seconds:.1f} s; the line alone needs {line:.1f} s each way"
    )


if __name__ == "__main__":
    main()
