"""The undominated among many: exactly those that nothing dominates."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracktwo.deal.room_listed import undominated


@given(
    st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5), st.booleans()), max_size=60),
    st.sampled_from([1, 2**59, -(2**59)]),
)
def test_undominated_keeps_exactly_what_nothing_dominates(
    triples: list[tuple[int, int, bool]], scale: int
) -> None:
    x, y = (np.array([t[i] * scale for t in triples], np.int64) for i in (0, 1))
    among = np.array([t[2] for t in triples], np.bool_)
    if not triples:
        return
    points = [(t[0] * scale, t[1] * scale) for t in triples]
    kept = [
        n
        for n, p in enumerate(points)
        if among[n]
        and not any(
            among[m] and q[0] >= p[0] and q[1] >= p[1] and q != p for m, q in enumerate(points)
        )
    ]
    found = undominated(x, y, among).tolist()
    assert sorted(found) == kept
    assert [points[n] for n in found] == sorted((points[n] for n in found), reverse=True)


@pytest.mark.parametrize("seed", range(12))
def test_undominated_among_many_equals_a_plain_sweep(seed: int) -> None:
    rng = np.random.default_rng(seed)
    reach, dtype = [(9, np.int32), (250, np.int32), (10**6, np.int32), (2**61, np.int64)][seed % 4]
    count = int(rng.integers(600, 20_000))
    x = rng.integers(-reach, reach, count).astype(dtype)
    lean = [-x // 2, x // 2, np.zeros_like(x)][seed % 3]  # opposed, alike, unrelated
    y = (lean + rng.integers(-reach // 3, reach // 3, count)).astype(dtype)
    among = rng.random(count) < (0.9 if seed % 2 else 0.2)
    best, kept = None, []
    for u, v, n in sorted((-int(x[n]), -int(y[n]), n) for n in np.flatnonzero(among)):
        if best is None or v < best[1] or (u, v) == best:
            best = (u, v)
            kept.append(int(n))
    assert sorted(undominated(x, y, among).tolist()) == sorted(kept)
