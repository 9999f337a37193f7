"""The credentials file, and the HTTP client that carries its token.

Reads a file that only its owner may read, and never shows anything of it. Who gets the token in
the first place is `login`; what is asked with it is `service`.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import logging
import os
import socket
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from publisher import files
from publisher.outputs.youtube.faults import NotAuthorised, Unreachable

logger = logging.getLogger(__name__)

SCOPES = ("https://www.googleapis.com/auth/youtube.force-ssl",)
"""The least that lets videos, captions, thumbnails and playlists be written."""

TOKEN_URI = "https://oauth2.googleapis.com/token"
KEYS = ("client_id", "client_secret", "refresh_token")

AGAIN = (
    "YouTube does not accept the login any more; run `publisher youtube login`. "
    'If this happens every week: the consent screen of the Google project is in "Testing", '
    'where a login lasts 7 days; set it to "In production"'
)


def load(path: Path | None) -> dict[str, str]:
    """The authorised-user JSON. Raises NotAuthorised saying what to do."""
    login = "run `publisher youtube login`"
    if path is None or not path.is_file():
        where = f" in {path}" if path else ""
        raise NotAuthorised(f"there are no credentials for YouTube{where}; {login}")
    if is_open_to_others(path):
        raise NotAuthorised(f"{path} can be read by others; run `chmod 600 {path}`")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Not chained: the parser's message would show a piece of the file.
        raise NotAuthorised(f"{path} cannot be read as credentials; {login}") from None
    missing = [key for key in KEYS if not isinstance(document, dict) or not document.get(key)]
    if missing:
        raise NotAuthorised(f"{path} lacks {', '.join(missing)}; {login}")
    return {key: str(value) for key, value in document.items() if isinstance(value, str)}


def save(path: Path, document: Mapping[str, str]) -> None:
    """Writes credentials so that nobody else can read them at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.parent / f"{files.BESIDE}{path.name}"
    with contextlib.suppress(FileNotFoundError):
        beside.unlink()
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(dict(document), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def is_open_to_others(path: Path) -> bool:
    # Windows keeps such rights elsewhere; the user's own folder is closed to others there.
    return os.name != "nt" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def http(path: Path | None, timeout: float) -> Any:
    """An HTTP client that sends the token and gets a new one where the old one has ended."""
    from google.auth.exceptions import TransportError
    from google.oauth2.credentials import Credentials
    from google_auth_httplib2 import AuthorizedHttp

    class Login(Credentials):
        def refresh(self, request: Any) -> None:
            logger.debug("request an access token from the login service")
            try:
                super().refresh(request)  # type: ignore[no-untyped-call]
            except (TypeError, AttributeError) as error:
                # google-auth reads any answer with status 200 as an object.
                text = "an answer that is not the login service's"
                raise TransportError(text) from error  # type: ignore[no-untyped-call]

    held = load(path)
    credentials = Login(  # type: ignore[no-untyped-call]
        token=None,
        refresh_token=held["refresh_token"],
        token_uri=held.get("token_uri", TOKEN_URI),
        client_id=held["client_id"],
        client_secret=held["client_secret"],
        scopes=list(SCOPES),
    )
    return AuthorizedHttp(credentials, http=plain_http(timeout))


def plain_http(timeout: float) -> Any:
    """httplib2 as the client builds it, but without its silent second attempts and without redirects."""
    from googleapiclient.http import build_http

    plain = build_http()
    plain.timeout = timeout
    # YouTube redirects no call. Who does would be asked instead of it, and believed.
    plain.follow_redirects = False
    send = plain._conn_request

    def send_once(connection: Any, *request: Any) -> Any:
        # httplib2 sends a request again, POST too, when the connection closes without an
        # answer: a video or a playlist entry could come into being twice.
        if not hasattr(connection, "answers_once"):
            connection.answers_once = True
            connection.getresponse = _answering_once(connection.getresponse)
        return send(connection, *request)

    plain._conn_request = send_once
    return plain


def _answering_once(getresponse: Any) -> Any:
    import http.client

    def answer(*arguments: Any, **named: Any) -> Any:
        try:
            return getresponse(*arguments, **named)
        except (http.client.BadStatusLine, http.client.ResponseNotReady) as error:
            raise ConnectionError("the connection closed without an answer") from error

    return answer


def break_off(http_client: Any) -> None:
    """Ends what a client is doing in another thread, by closing its sockets."""
    plain = getattr(http_client, "http", http_client)
    for connection in list(plain.connections.values()):
        sock = getattr(connection, "sock", None)
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def _is_refusal(error: Exception) -> bool:
    """Whether the login service itself refused, in its own form: not a proxy, nor a page of the network."""
    answer = error.args[1] if len(error.args) > 1 else None
    return isinstance(answer, Mapping) and isinstance(answer.get("error"), str)


def seal(path: Path | None, words: str) -> str:
    """A proof that `words` were written by somebody who has these credentials; it gives nothing of them away.

    Made with the client's secret: a new login of the same client keeps it.
    """
    key = load(path)["client_secret"].encode()
    return hmac.new(key, words.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


@contextmanager
def translated() -> Iterator[None]:
    """Turns the client's own errors about network and tokens into ours."""
    import http.client

    import httplib2
    from google.auth.exceptions import RefreshError, TransportError

    try:
        yield
    except RefreshError as error:
        if getattr(error, "retryable", False) or not _is_refusal(error):
            raise Unreachable("Google's login service does not answer; try again later") from None
        logger.info("the login service refused the login")
        # Not chained: the answer of the token service may hold a token.
        raise NotAuthorised(AGAIN) from None
    except (TransportError, httplib2.HttpLib2Error, http.client.HTTPException, OSError) as error:
        raise Unreachable(
            f"YouTube cannot be reached ({type(error).__name__}); is there a network?"
        ) from error
    except (ValueError, RecursionError) as error:
        raise Unreachable("YouTube's answer is not JSON; try again later") from error
