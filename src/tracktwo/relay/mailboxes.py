"""Mailboxes over HTTP: make, post, read, acknowledge, delete."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tracktwo.relay.answers import NotFound, Refused
from tracktwo.relay.bells import patiently
from tracktwo.relay.capability import recv_id, send_id
from tracktwo.relay.frames import pack_frames
from tracktwo.relay.limits import BUCKETS, CREDIT, FETCH, WAIT
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
from tracktwo.relay.store import NewMailbox, Post

OCTETS = "application/octet-stream"
LAST = 2**63 - 1  # the greatest seq there could be


async def make(request: Request) -> Response:
    """POST /v1/mailboxes."""
    relay = relay_of(request)
    require_operator(request, relay)
    asked = await object_of(request, {"recv_hash", "send_hash", "ttl_hours"})
    recv = hashed(asked["recv_hash"], "recv_hash")
    send = hashed(asked["send_hash"], "send_hash")
    ttl = whole(asked["ttl_hours"], "ttl_hours", 1, relay.limits.ttl_hours)
    new = NewMailbox(recv_id(recv), send_id(send), recv, send, ttl)
    made = await relay.store.make_mailbox(new)
    if made.status >= HTTPStatus.BAD_REQUEST:
        raise Refused(made.status)
    named_so = {"rid": new.rid.hex(), "sid": new.sid.hex(), "expires_hour": made.expires_hour}
    return JSONResponse(named_so, made.status)


async def put(request: Request) -> Response:
    """PUT /v1/s/{sid}/{mid}."""
    body = await body_of(request, BUCKETS[-1])
    if len(body) not in BUCKETS:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    post = Post(named(request, "sid"), authority(request), named(request, "mid"), body)
    status = await relay_of(request).store.put(post)
    if status >= HTTPStatus.BAD_REQUEST:
        raise Refused(status)
    return Response(status_code=status)


async def read(request: Request) -> Response:
    """GET /v1/r/{rid}: what is there after a seq, or what comes within a while."""
    after = number(request, "after", 0, 0, LAST)
    most = number(request, "max", CREDIT, 1, FETCH)
    wait = number(request, "wait", 0, 0, WAIT)
    rid, auth = named(request, "rid"), authority(request)
    store = relay_of(request).store
    frames = await patiently(store.bells, rid, wait, lambda: store.fetch(rid, auth, after, most))
    if frames is None:
        raise NotFound
    return Response(pack_frames(frames), media_type=OCTETS)


async def ack(request: Request) -> Response:
    """POST /v1/r/{rid}/ack."""
    asked = await object_of(request, {"upto"})
    upto = whole(asked["upto"], "upto", 0, LAST)
    status = await relay_of(request).store.ack(named(request, "rid"), authority(request), upto)
    if status is HTTPStatus.NOT_FOUND:
        raise NotFound
    return Response(status_code=status)


async def delete(request: Request) -> Response:
    """DELETE /v1/r/{rid}."""
    store = relay_of(request).store
    if not await store.delete_mailbox(named(request, "rid"), authority(request)):
        raise NotFound
    return Response(status_code=HTTPStatus.NO_CONTENT)


ROUTES = [
    Route("/v1/mailboxes", make, methods=["POST"]),
    Route("/v1/s/{sid}/{mid}", put, methods=["PUT"]),
    Route("/v1/r/{rid}", read, methods=["GET"]),
    Route("/v1/r/{rid}", delete, methods=["DELETE"]),
    Route("/v1/r/{rid}/ack", ack, methods=["POST"]),
]
