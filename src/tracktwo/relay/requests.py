"""Reading requests: nothing is believed, and nothing is read beyond what may be there."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.requests import HTTPConnection, Request

from tracktwo.relay.answers import BadRequest, NotFound, Refused
from tracktwo.relay.capability import auth_of, hash_in, identifier
from tracktwo.relay.limits import Limits
from tracktwo.relay.store import Store

_JSON_LIMIT = 4096  # bytes


@dataclass(frozen=True, slots=True)
class Relay:
    """All that an endpoint needs."""

    store: Store
    limits: Limits
    operator_digest: bytes | None = field(default=None, repr=False)


def relay_of(connection: HTTPConnection) -> Relay:
    """The relay that serves this connection."""
    relay = connection.app.state.relay
    if not isinstance(relay, Relay):
        raise TypeError("the application has no relay")
    return relay


def named(connection: HTTPConnection, name: str) -> bytes:
    """The 16 bytes that a part of the path says. Raises NotFound."""
    found = identifier(connection.path_params[name])
    if found is None:
        raise NotFound
    return found


def authority(connection: HTTPConnection) -> bytes:
    """The hash of the capability that came with a request. Raises NotFound."""
    auth = auth_of(connection.headers.get("authorization"))
    if auth is None:
        raise NotFound
    return auth


def number(connection: HTTPConnection, name: str, default: int, least: int, most: int) -> int:
    """A number of the query. Raises BadRequest."""
    text = connection.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
        raise BadRequest(f"{name} is a whole number from {least} to {most}.")
    return int(text)


async def body_of(request: Request, most: int) -> bytes:
    """The body of a request, if it has at most so many bytes. Raises Refused."""
    declared = request.headers.get("content-length", "0")
    if declared.isascii() and declared.isdigit() and int(declared[:20]) > most:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        parts.append(part)
    return b"".join(parts)


async def object_of(request: Request, keys: set[str]) -> dict[str, Any]:
    """The JSON object that a request carries, with just these keys. Raises Refused."""
    advice = f"The body is a JSON object of {', '.join(sorted(keys))}."
    try:
        value = json.loads(await body_of(request, _JSON_LIMIT))
    except (ValueError, RecursionError):
        raise BadRequest(advice) from None
    if not isinstance(value, dict) or set(value) != keys:
        raise BadRequest(advice)
    return value


def whole(value: object, name: str, least: int, most: int) -> int:
    """A whole number of a JSON object; 5.0 is one, as JSON has it. Raises BadRequest."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadRequest(f"{name} is a whole number from {least} to {most}.")
    return value


def hashed(value: object, name: str) -> bytes:
    """A SHA-256 of a JSON object. Raises BadRequest."""
    found = hash_in(value) if isinstance(value, str) else None
    if found is None:
        raise BadRequest(f"{name} is 64 lower-case hexadecimal digits.")
    return found


def require_operator(request: Request, relay: Relay) -> None:
    """Let only those make things whom the operator lets, if the operator minds. Raises Refused."""
    if relay.operator_digest is None:
        return
    token = request.headers.get("operator-token", "").encode("latin-1")
    if not hmac.compare_digest(hashlib.sha256(token).digest(), relay.operator_digest):
        raise Refused(HTTPStatus.FORBIDDEN)
