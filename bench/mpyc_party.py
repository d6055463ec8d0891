"""The same question by MPyC: three parties of whom two must be honest. Run by bench/peers.py.

`python mpyc_party.py N exists|best -M3`; the first two parties hold the gains, the third helps.
"""

import json
import sys
import time

import numpy as np
from mpyc.runtime import mpc

count, asked = int(sys.argv[1]), sys.argv[2]
secint = mpc.SecInt(20)


def own_gains() -> np.ndarray:
    """The gains the sides of bench/side.py draw."""
    rng = np.random.default_rng(65 + min(mpc.pid, 1))
    return rng.integers(1, 251, count) * (rng.random(count) < 0.5)


async def main() -> None:
    """Answer, and let party 0 print the seconds and the bytes it sent."""
    await mpc.start()
    start = time.perf_counter()
    gains = own_gains()
    accepted = (gains > 0).astype(int)
    a = mpc.input(secint.array(accepted), senders=0)
    b = mpc.input(secint.array(accepted), senders=1)
    joint = a * b
    if asked == "exists":
        await mpc.output(mpc.np_sum(joint) != 0)
    else:
        logs = np.floor(1024 * np.log2(np.maximum(gains, 1))).astype(int)
        log_a = mpc.input(secint.array(logs), senders=0)
        log_b = mpc.input(secint.array(logs), senders=1)
        key = joint * (log_a + log_b + 1)
        index = secint.array(np.arange(count))
        while len(key) > 1:
            half = len(key) // 2
            x, y, left = key[:half], key[half : 2 * half], key[2 * half :]
            i, j, rest = index[:half], index[half : 2 * half], index[2 * half :]
            later = x < y
            key = mpc.np_concatenate((x + later * (y - x), left))
            index = mpc.np_concatenate((i + later * (j - i), rest))
        await mpc.output(index)
    seconds = time.perf_counter() - start
    sent = sum(peer.protocol.nbytes_sent for peer in mpc.parties if peer.pid != mpc.pid)
    if mpc.pid == 0:
        print(json.dumps({"seconds": seconds, "bytes_sent_by_one": sent}), flush=True)
    await mpc.shutdown()


mpc.run(main())
