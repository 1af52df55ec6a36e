"""The HTTP side of the command: one call, repeated with patience where a repeat can do no harm."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import requests
from requests.auth import AuthBase
from urllib3.exceptions import NewConnectionError

from app.cli.config import Target
from app.cli.exits import CommandError, Exit

Json = dict[str, Any]

CONNECT_TIMEOUT_S = 5.0  # a server that does not accept a connection within this is not there
READ_TIMEOUT_S = 30.0
UPLOAD_TIMEOUT_S = 600.0  # the answer comes when the file has been stored and its digest is known
FIRST_PATIENCE_S = 5.0  # it may just be starting; a wrong address should be told soon
LATER_PATIENCE_S = 60.0  # it did answer before, so it is being restarted or the network has a hiccup
_BACKOFF_S, _LONGEST_BACKOFF_S = 0.25, 8.0

_BUSY = frozenset({429, 503})  # the server did nothing: any call may be repeated
_GATEWAY = frozenset({502, 504})  # it may have done something: only calls that bear a repeat


class Body(Protocol):
    """A request's body of known length that is read bit by bit."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[bytes]: ...
    def read(self, size: int = ...) -> bytes: ...
    def close(self) -> None: ...


class _Key(AuthBase):
    """Bearer key; as an auth object, because requests drops those on a redirect to another host."""

    def __init__(self, key: str | None) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key:
            request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class Api:
    """Calls to one server. Every failure is a CommandError with the exit code that belongs to it."""

    def __init__(
        self,
        target: Target,
        *,
        patience_s: float | None = None,
        notice: Callable[[str], None] = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`patience_s`: how long to go on trying; `notice` is told once when a server keeps us waiting."""
        self.url = target.url
        self._session = requests.Session()
        self._session.auth = _Key(target.key)
        self._session.headers["Accept"] = "application/json, */*;q=0.5"
        self._session.trust_env = not target.local
        self._patience_s = patience_s
        self._answered = False
        self._notice = notice
        self._sleep = sleep

    def get(self, path: str, *, params: Mapping[str, Any] | None = None, wait_s: float = 0.0) -> Json:
        return self._document(self.call("GET", path, params=params, read_timeout_s=READ_TIMEOUT_S + wait_s))

    def post(
        self,
        path: str,
        *,
        body: Json | None = None,
        params: Mapping[str, Any] | None = None,
        content: Callable[[], Body] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = False,
    ) -> Json:
        timeout_s = UPLOAD_TIMEOUT_S if content else READ_TIMEOUT_S
        response = self.call(
            "POST",
            path,
            params=params,
            body=body,
            content=content,
            headers=headers,
            repeatable=repeatable,
            read_timeout_s=timeout_s,
        )
        return self._document(response) if response.content else {}

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Json | None = None,
        content: Callable[[], Body] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        stream: bool = False,
        read_timeout_s: float = READ_TIMEOUT_S,
        accept: frozenset[int] = frozenset(),
    ) -> requests.Response:
        """One answer below 400 (or one of `accept`). `content` opens the body anew for each attempt."""
        may_repeat = method in ("GET", "HEAD", "DELETE") if repeatable is None else repeatable
        began, attempt = time.monotonic(), 0
        while True:
            opened = content() if content else None
            try:
                response = self._session.request(
                    method,
                    self.url + path,
                    params=params,
                    json=body,
                    data=opened,
                    headers=headers,
                    stream=stream,
                    timeout=(CONNECT_TIMEOUT_S, read_timeout_s),
                )
            except (
                requests.ConnectionError,
                requests.Timeout,
                requests.exceptions.ChunkedEncodingError,
            ) as e:
                failure = CommandError(_why_unreachable(self.url, e), Exit.UNREACHABLE)
                pause_s = _backoff(attempt) if may_repeat or _never_sent(e) else None
            except requests.RequestException as error:
                raise CommandError(f"This request cannot be made: {error}.", Exit.USAGE) from error
            else:
                self._answered = True
                status = response.status_code
                if status < 400 or status in accept:
                    return response
                if method == "DELETE" and status == 404 and attempt:
                    return response  # the first attempt did it, only its answer got lost
                failure = _refusal(self.url, response)
                again = status in _BUSY or (may_repeat and status in _GATEWAY)
                pause_s = (_retry_after(response) or _backoff(attempt)) if again else None
            finally:
                if opened is not None:
                    opened.close()
            if pause_s is None or time.monotonic() - began + pause_s > self._patience:
                raise failure
            if attempt == 1:
                self._notice(f"{failure.message} Trying again …")
            self._sleep(pause_s)
            attempt += 1

    @property
    def _patience(self) -> float:
        if self._patience_s is not None:
            return self._patience_s
        return LATER_PATIENCE_S if self._answered else FIRST_PATIENCE_S

    def _document(self, response: requests.Response) -> Json:
        try:
            value = response.json()
        except requests.exceptions.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            raise CommandError(f"What answers at {self.url} is not Lectern.", Exit.UNREACHABLE)
        return value


def _backoff(attempt: int) -> float:
    """Seconds before the next attempt: doubling, with jitter so that many clients do not knock at once."""
    longest = min(_LONGEST_BACKOFF_S, _BACKOFF_S * 2.0**attempt)
    return longest * (0.5 + random.random() / 2)  # noqa: S311 - spreads load, guards nothing


def _retry_after(response: requests.Response) -> float | None:
    """Seconds that the server asks for (RFC 9110 §10.2.3: a number or a date)."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return max(float(value), 0.05)
    try:
        return max(parsedate_to_datetime(value).timestamp() - time.time(), 0.05)
    except ValueError:
        return None


def _never_sent(error: requests.RequestException) -> bool:
    """Whether the server cannot have seen the request, since no connection came about."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError)


def _why_unreachable(url: str, error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return f"The certificate of {url} cannot be trusted."
    if isinstance(error, requests.ReadTimeout):
        return f"The server at {url} did not answer in time."
    if _never_sent(error):
        return f"No server answers at {url} (is it running? --url names another)."
    return f"The connection to {url} broke."


def _refusal(url: str, response: requests.Response) -> CommandError:
    """The server's own sentence (problem+json, RFC 9457), with the exit code of its status."""
    status = response.status_code
    code = Exit.NOT_FOUND if status == 404 else Exit.REFUSED
    if status >= 500 or status == 429:
        code = Exit.UNREACHABLE
    try:
        problem = response.json()
    except requests.RequestException:
        problem = None
    if not isinstance(problem, dict):
        return CommandError(f"The server at {url} answered {status} ({response.reason}).", code)
    message = str(problem.get("detail") or problem.get("title") or f"The server answered {status}.")
    field = problem.get("field")
    return CommandError(message, code, field=str(field) if field else None)
