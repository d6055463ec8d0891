"""Give a fault found in a value the file and the line it was read from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tracktwo.deal.toml_reading import BadPart, Place
from tracktwo.errors import BadInput


@contextmanager
def located(where: str, lines: Mapping[Place, int]) -> Iterator[None]:
    """Turn a BadPart raised inside into a BadInput of the file `where`.

    Its line is that of the part in `lines`, or of the nearest part around it that has one.
    """
    try:
        yield
    except BadPart as error:
        part = error.part
        while part and part not in lines:
            part = part[:-1]
        line = lines.get(part)
        raise BadInput(error.what, where=where, line=line, advice=error.advice) from None
