"""What the relay says. Unknown, forbidden and expired are one answer, equal to the last byte."""

from __future__ import annotations

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tracktwo.relay.store import Full, Unavailable

_SENTENCES = {
    HTTPStatus.NOT_FOUND: "There is nothing here for you.",
    HTTPStatus.CONFLICT: "This name is taken by something else.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "This is not of a size that is taken.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too much at once; come back.",
    HTTPStatus.INSUFFICIENT_STORAGE: "There is no room for this.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The store does not answer; come back.",
    HTTPStatus.FORBIDDEN: "The operator's token is needed for this.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This cannot be done here.",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "There are no such bytes.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "This is a fault of the relay.",
}
_RETRY_AFTER = {"Retry-After": "1"}
_RETRIED = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class Refused(Exception):
    """A request that ends with an answer of this status; `headers` go with it."""

    def __init__(
        self, status: HTTPStatus, sentence: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(status)
        self.status, self.sentence, self.headers = status, sentence, headers or {}


class NotFound(Refused):
    """Unknown, expired, or not yours: which of them is not told."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.NOT_FOUND)


class BadRequest(Refused):
    """A request that cannot be read; `sentence` says what should have been there."""

    def __init__(self, sentence: str) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, sentence)


def refusal(
    status: HTTPStatus, sentence: str = "", headers: dict[str, str] | None = None
) -> Response:
    """The answer of a status that is no success."""
    more = _RETRY_AFTER if status in _RETRIED else {}
    said = {"error": sentence or _SENTENCES[status]}
    return JSONResponse(said, status, headers={**more, **(headers or {})})


def status_of_fault(error: Exception) -> HTTPStatus:
    """What a fault of the store is to whoever asked."""
    if isinstance(error, Full):
        return HTTPStatus.INSUFFICIENT_STORAGE
    return HTTPStatus.SERVICE_UNAVAILABLE


async def on_refused(request: Request, error: Exception) -> Response:
    """Answer what an endpoint refused."""
    if not isinstance(error, Refused):
        raise error
    return refusal(error.status, error.sentence, error.headers)


async def on_store_fault(request: Request, error: Exception) -> Response:
    """Answer when the store does not."""
    return refusal(status_of_fault(error))


async def on_routing(request: Request, error: Exception) -> Response:
    """Answer for a path or a method there is not."""
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    allowed = status is HTTPStatus.METHOD_NOT_ALLOWED
    return refusal(status, headers=dict(error.headers or {}) if allowed else None)


async def on_fault(request: Request, error: Exception) -> Response:
    """Answer for a defect; what it was is logged elsewhere, by its kind alone."""
    return refusal(HTTPStatus.INTERNAL_SERVER_ERROR)


HANDLERS = {
    Exception: on_fault,
    Refused: on_refused,
    Full: on_store_fault,
    Unavailable: on_store_fault,
    HTTPException: on_routing,
}
