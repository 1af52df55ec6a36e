"""The error tree: a type knows its code, its HTTP status and whether a retry can help.

Each message is one sentence that a lecturer would understand; it is shown to users as it stands.
"""

from __future__ import annotations

from typing import ClassVar


class LecternError(Exception):
    """Root of every error that Lectern raises on purpose."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = True

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class BadInput(LecternError):
    """What the user gave cannot be used; trying again with the same input cannot help."""

    code = "bad_input"
    status = 422
    retryable = False


class BadMedia(BadInput):
    """A recording or document that cannot be read."""

    code = "bad_media"


class MalformedRequest(BadInput):
    code = "malformed_request"
    status = 400


class UnsupportedContentType(BadInput):
    code = "unsupported_content_type"
    status = 415


class TooLarge(BadInput):
    code = "too_large"
    status = 413


class ForbiddenAddress(BadInput):
    """A URL that is, resolves or redirects to an address that is not public."""

    code = "forbidden_address"


class Unauthenticated(LecternError):
    code = "unauthenticated"
    status = 401
    retryable = False


class Forbidden(LecternError):
    """Known who asks, but not allowed."""

    code = "forbidden"
    status = 403
    retryable = False


class NotFound(LecternError):
    code = "not_found"
    status = 404
    retryable = False


class Conflict(LecternError):
    """The request is sound but the state of the thing forbids it."""

    code = "conflict"
    status = 409
    retryable = False


class IdempotencyMismatch(BadInput):
    """The same Idempotency-Key came with another request body."""

    code = "idempotency_key_reused"


class Unavailable(LecternError):
    """A server that Lectern depends on does not answer just now."""

    code = "unavailable"
    status = 503

    def __init__(self, message: str, *, field: str | None = None, retry_after_s: int = 5) -> None:
        super().__init__(message, field=field)
        self.retry_after_s = retry_after_s


class TooManyRequests(LecternError):
    """The client has used up what its tier, or its address, may ask in a minute."""

    code = "rate_limited"
    status = 429

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class StorageFull(Unavailable):
    """The disk of the files has no room: no fault of the job's, and over when there is room again."""

    code = "storage_full"


class QuotaExceeded(TooManyRequests):
    """More jobs than the tier allows in a day."""

    code = "quota_exceeded"


class BadConfiguration(LecternError):
    code = "bad_configuration"
    retryable = False
