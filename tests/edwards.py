"""edwards25519 in Python integers, from RFC 8032 section 5.1; slow, for tests only."""

from __future__ import annotations

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
ORDER = 2**252 + 27742317777372353535851937790883648493
ROOT = pow(2, (P - 1) // 4, P)  # of -1

Point = tuple[int, int]
NEUTRAL: Point = (0, 1)


def square_root(value: int) -> int | None:
    """A root of `value` modulo P, or None."""
    root = pow(value, (P + 3) // 8, P)
    if root * root % P != value % P:
        root = root * ROOT % P
    return root if root * root % P == value % P else None


def on_curve(point: Point) -> bool:
    """Whether -x^2 + y^2 = 1 + d x^2 y^2."""
    x, y = point
    return (-x * x + y * y - 1 - D * x * x * y * y) % P == 0


def with_y(y: int, sign: int) -> Point | None:
    """The point with this y whose x has this lowest bit, if there is one."""
    x = square_root((y * y - 1) * pow(D * y * y + 1, -1, P))
    if x is None:
        return None
    return (x if x % 2 == sign else -x % P), y % P


def plus(first: Point, second: Point) -> Point:
    """The sum, by the complete law."""
    (x1, y1), (x2, y2) = first, second
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P)
    return x % P, y % P


def times(factor: int, point: Point) -> Point:
    """`factor` times a point, bit by bit."""
    total = NEUTRAL
    while factor:
        if factor & 1:
            total = plus(total, point)
        point = plus(point, point)
        factor >>= 1
    return total


def encode(point: Point) -> bytes:
    """32 bytes: y, and the lowest bit of x on top."""
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, "little")


def decode(data: bytes) -> Point:
    """The point of a canonical encoding."""
    number = int.from_bytes(data, "little")
    point = with_y(number % 2**255, number >> 255)
    if point is None:
        raise ValueError("no point has this y")
    return point


def small_order() -> list[Point]:
    """The eight points whose order divides 8: ORDER times a point of full order, and multiples."""
    for y in range(2, 100):
        point = with_y(y, 0)
        if point is None:
            continue
        generator = times(ORDER, point)
        if times(4, generator) != NEUTRAL:
            return [times(factor, generator) for factor in range(8)]
    raise ValueError("no generator found")


BASE = with_y(4 * pow(5, -1, P) % P, 0) or NEUTRAL
