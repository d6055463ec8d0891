"""The interface for programs, as the relay serves it: OpenAPI 3.1. Words: `docs/spec/relay.md`."""

from __future__ import annotations

from typing import Any

from tracktwo.relay.limits import BUCKETS, FETCH, PIECE, WAIT, Limits

_Json = dict[str, Any]

_ID: _Json = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
_HASH: _Json = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_LAST = 2**63 - 1


def _in_path(name: str) -> _Json:
    return {"name": name, "in": "path", "required": True, "schema": _ID}


def _in_query(name: str, least: int, most: int) -> _Json:
    schema = {"type": "integer", "minimum": least, "maximum": most}
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _object(**properties: _Json) -> _Json:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def _whole(least: int, most: int) -> _Json:
    return {"type": "integer", "minimum": least, "maximum": most}


def _json(schema: _Json) -> _Json:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _octets(*sizes: tuple[int, int]) -> _Json:
    kinds = [
        {"type": "string", "format": "binary", "minLength": least, "maxLength": most}
        for least, most in sizes
    ]
    schema = {"anyOf": kinds}
    return {"required": True, "content": {"application/octet-stream": {"schema": schema}}}


def _said(description: str, schema: _Json | None = None, *headers: str) -> _Json:
    answer: _Json = {"description": description}
    if schema is not None:
        answer["content"] = {"application/json": {"schema": schema}}
    if headers:
        answer["headers"] = {name: {"schema": {"type": "string"}} for name in headers}
    return answer


def _bytes(description: str, *headers: str) -> _Json:
    return {
        **_said(description, None, *headers),
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }


_ERROR = _object(error={"type": "string"})
_PROGRESS = ("Upload-Offset", "Upload-Length")
_REFUSALS = {
    "400": _said("It cannot be read.", _ERROR),
    "403": _said("The operator's token is needed.", _ERROR),
    "404": _said("Unknown, expired, or not yours.", _ERROR),
    "409": _said("The name, or the offset, is taken by something else.", _ERROR, "Upload-Offset"),
    "413": _said("Not of a size that is taken.", _ERROR),
    "416": _said("There are no such bytes.", _ERROR, "Content-Range", *_PROGRESS),
    "429": _said("Too much at once.", _ERROR, "Retry-After"),
    "503": _said("The store does not answer.", _ERROR, "Retry-After"),
    "507": _said("There is no room.", _ERROR),
}
_MADE = {"expires_hour": {"type": "integer", "description": "hours since 1970"}}
_OPERATOR: _Json = {
    "name": "Operator-Token",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[!-~]*$"},
}


def _refusals(*statuses: int) -> _Json:
    return {str(status): _REFUSALS[str(status)] for status in (*statuses, 503)}


def _operation(summary: str, responses: _Json, **more: Any) -> _Json:  # noqa: ANN401 - JSON
    secured: _Json = {"security": [{"capability": []}]} if "404" in responses else {"security": []}
    return {"summary": summary, "responses": responses, **secured, **more}


def _make(summary: str, there: str, schema: _Json, made: _Json) -> _Json:
    responses = {
        "201": _said("Made.", made),
        "200": _said(there, made),
        **_refusals(400, 403, 409, 413, 507),
    }
    return _operation(summary, responses, requestBody=_json(schema), parameters=[_OPERATOR])


_MAILBOXES: _Json = {
    "/v1/s/{sid}/{mid}": {
        "put": _operation(
            "Post a message once.",
            {
                "201": _said("It is on the disk."),
                "200": _said("It was there already."),
                **_refusals(404, 409, 413, 429, 507),
            },
            parameters=[_in_path("sid"), _in_path("mid")],
            requestBody=_octets(*((size, size) for size in BUCKETS)),
        )
    },
    "/v1/r/{rid}": {
        "parameters": [_in_path("rid")],
        "get": _operation(
            "Read messages, or wait for one.",
            {"200": _bytes("Frames."), **_refusals(400, 404)},
            parameters=[
                _in_query("after", 0, _LAST),
                _in_query("max", 1, FETCH),
                _in_query("wait", 0, WAIT),
            ],
        ),
        "delete": _operation(
            "Forget a mailbox.", {"204": _said("It is gone."), **_refusals(404, 507)}
        ),
    },
    "/v1/r/{rid}/ack": {
        "post": _operation(
            "Drop the bodies up to a seq.",
            {"204": _said("They are gone."), **_refusals(400, 404, 413, 507)},
            parameters=[_in_path("rid")],
            requestBody=_json(_object(upto=_whole(0, _LAST))),
        )
    },
}
_BLOBS: _Json = {
    "/v1/b/{id}": {
        "parameters": [_in_path("id")],
        "patch": _operation(
            "Add a piece at the offset the blob has.",
            {
                "204": _said("It is on the disk.", None, "Upload-Offset"),
                **_refusals(400, 404, 409, 413, 507),
            },
            parameters=[
                {
                    "name": "Upload-Offset",
                    "in": "header",
                    "required": True,
                    "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
                }
            ],
            requestBody=_octets((1, PIECE)),
        ),
        "head": _operation(
            "How far the blob is.",
            {
                "200": _said("It is there.", None, *_PROGRESS),
                "404": _said("Unknown, expired, or not yours."),
                "503": _said("The store does not answer."),
            },
        ),
        "get": _operation(
            "The bytes from an offset; with follow=1, also those that come.",
            {
                "200": _bytes("From the first byte.", *_PROGRESS),
                "206": _bytes("From the offset.", "Content-Range", *_PROGRESS),
                **_refusals(400, 404, 416),
            },
            parameters=[
                _in_query("follow", 0, 1),
                {
                    "name": "Range",
                    "in": "header",
                    "required": False,
                    "schema": {"type": "string", "pattern": "^bytes=[0-9]{1,18}-$"},
                },
            ],
        ),
        "delete": _operation(
            "Forget a blob.", {"204": _said("It is gone."), **_refusals(404, 507)}
        ),
    },
}
_ITSELF: _Json = {
    "/v1/info": {
        "get": _operation(
            "Which relay this is, and what it takes.",
            {"200": _said("So.", {"type": "object"})},
        )
    },
    "/healthz": {
        "get": _operation(
            "Whether the store answers.",
            {"200": _said("It does.", _object(ok={"const": True})), **_refusals()},
        )
    },
    "/openapi.json": {
        "get": _operation("This document.", {"200": _said("So.", {"type": "object"})}),
    },
}


def document(limits: Limits) -> dict[str, Any]:
    """The description of a relay with these limits."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "TrackTwo relay",
            "version": "1",
            "description": "WebSockets at /v1/s/{sid} and /v1/r/{rid} are not described here.",
        },
        "paths": {**_making(limits), **_MAILBOXES, **_BLOBS, **_ITSELF},
        "components": {"securitySchemes": {"capability": _CAPABILITY}},
    }


_CAPABILITY = {"type": "http", "scheme": "bearer", "description": "base64url of 32 bytes"}


def _making(limits: Limits) -> _Json:
    ttl = _whole(1, limits.ttl_hours)
    mailbox = _object(recv_hash=_HASH, send_hash=_HASH, ttl_hours=ttl)
    total = _whole(0, limits.blob_bytes)
    blob = _object(read_hash=_HASH, write_hash=_HASH, total=total, ttl_hours=ttl)
    made = _object(rid=_ID, sid=_ID, **_MADE), _object(id=_ID, **_MADE)
    longer = "It was there, and lasts as long as if it were made now, or longer."
    same = "It was there, and ends when it was going to."
    return {
        "/v1/mailboxes": {
            "post": _make("Make a mailbox, or make it last longer.", longer, mailbox, made[0])
        },
        "/v1/blobs": {"post": _make("Make an empty blob.", same, blob, made[1])},
    }
