"""Blobs over HTTP: large bytes in pieces, resumed where they broke off, read while they grow."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from functools import partial
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tracktwo.relay.answers import BadRequest, NotFound, Refused
from tracktwo.relay.bells import patiently
from tracktwo.relay.capability import blob_id
from tracktwo.relay.limits import PIECE, WAIT
from tracktwo.relay.mailboxes import LAST, OCTETS
from tracktwo.relay.requests import (
    authority,
    body_of,
    hashed,
    named,
    number,
    object_of,
    relay_of,
    require_operator,
    whole,
)
from tracktwo.relay.store import NewBlob, Progress, Store, Unavailable

_OFFSET, _LENGTH = "Upload-Offset", "Upload-Length"
_CHUNK = 1 << 18  # bytes read and sent at a time: what a slow reader makes the relay hold
_FROM = re.compile(r"bytes=([0-9]{1,19})-")


async def make(request: Request) -> Response:
    """POST /v1/blobs."""
    relay = relay_of(request)
    require_operator(request, relay)
    asked = await object_of(request, {"read_hash", "write_hash", "total", "ttl_hours"})
    read = hashed(asked["read_hash"], "read_hash")
    write = hashed(asked["write_hash"], "write_hash")
    total = whole(asked["total"], "total", 0, relay.limits.blob_bytes)
    ttl = whole(asked["ttl_hours"], "ttl_hours", 1, relay.limits.ttl_hours)
    new = NewBlob(blob_id(read, write), read, write, total, ttl)
    made = await relay.store.blobs.make(new)
    if made.status >= HTTPStatus.BAD_REQUEST:
        raise Refused(made.status)
    return JSONResponse({"id": new.id.hex(), "expires_hour": made.expires_hour}, made.status)


async def append(request: Request) -> Response:
    """PATCH /v1/b/{id}: the next piece, at the offset the blob has."""
    text = request.headers.get(_OFFSET, "")
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise BadRequest(f"{_OFFSET} is the number of bytes that are there already.")
    piece = await body_of(request, PIECE)
    if not piece:
        raise BadRequest("A piece has at least one byte.")
    blob, auth = named(request, "id"), authority(request)
    done = await relay_of(request).store.blobs.append(blob, auth, int(text), piece)
    if done.status is HTTPStatus.NOT_FOUND:
        raise NotFound
    headers = {_OFFSET: str(done.offset)}
    if done.status >= HTTPStatus.BAD_REQUEST:
        raise Refused(done.status, headers=headers)
    return Response(status_code=done.status, headers=headers)


async def progress(request: Request) -> Response:
    """HEAD /v1/b/{id}: how far it is."""
    found = await relay_of(request).store.blobs.progress(named(request, "id"), authority(request))
    if found is None:
        raise NotFound
    headers = {**_headers(found), "Content-Length": str(found.offset)}
    return Response(headers=headers, media_type=OCTETS)


async def read(request: Request) -> Response:
    """GET /v1/b/{id}: the bytes from an offset; with follow=1, also those that come."""
    follow = number(request, "follow", 0, 0, 1) == 1
    header = request.headers.get("range")
    matched = None if header is None else _FROM.fullmatch(header)
    if header is not None and matched is None:
        raise BadRequest("Range is bytes=N- for the bytes from N on.")
    start = 0 if matched is None else int(matched[1])
    blob, auth = named(request, "id"), authority(request)
    store = relay_of(request).store
    if start > LAST or await store.blobs.read(blob, auth, 0, 0) is None:
        raise NotFound
    found = await store.blobs.progress(blob, auth)
    if found is None:
        raise NotFound
    end = found.total if follow else found.offset
    headers = _headers(found)
    if matched is not None:
        if start >= end:
            unsatisfied = {**headers, "Content-Range": f"bytes */{found.total}"}
            raise Refused(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=unsatisfied)
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.total}"
    status = HTTPStatus.OK if matched is None else HTTPStatus.PARTIAL_CONTENT
    stream = _stream(store, blob, auth, start, end)
    return StreamingResponse(stream, status, headers, media_type=OCTETS)


async def _stream(
    store: Store, blob: bytes, auth: bytes, start: int, end: int
) -> AsyncIterator[bytes]:
    """The bytes as they are there. Ends early if none come for a while, or the blob goes."""
    while start < end and not store.bells.closing:
        look = partial(store.blobs.read, blob, auth, start, min(_CHUNK, end - start))
        try:
            part = await patiently(store.bells, blob, WAIT, look)
        except Unavailable:
            return
        if not part:
            return
        yield part
        start += len(part)


async def delete(request: Request) -> Response:
    """DELETE /v1/b/{id}."""
    store = relay_of(request).store
    if not await store.blobs.delete(named(request, "id"), authority(request)):
        raise NotFound
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _headers(found: Progress) -> dict[str, str]:
    return {_OFFSET: str(found.offset), _LENGTH: str(found.total), "Cache-Control": "no-store"}


ROUTES = [
    Route("/v1/blobs", make, methods=["POST"]),
    Route("/v1/b/{id}", append, methods=["PATCH"]),
    Route("/v1/b/{id}", progress, methods=["HEAD"]),
    Route("/v1/b/{id}", read, methods=["GET"]),
    Route("/v1/b/{id}", delete, methods=["DELETE"]),
]
