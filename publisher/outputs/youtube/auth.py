"""Logging in to Google, the credentials file, and the HTTP client that carries its token.

The login is the loopback flow of "OAuth 2.0 for Mobile & Desktop Apps", with PKCE. On a machine
without a browser the user pastes the last address of the browser, which contains the code. Only
its owner can read the file, and no message shows any of its contents.
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
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from publisher import files
from publisher.outputs.youtube.errors import LOGIN_AGAIN_ADVICE, NotAuthorised, Unreachable

logger = logging.getLogger(__name__)

SCOPES = ("https://www.googleapis.com/auth/youtube.force-ssl",)
"""The narrowest scope that permits writing videos, captions, thumbnails and playlists."""

TOKEN_URI = "https://oauth2.googleapis.com/token"
REDIRECT = "http://localhost:8081/"
PASTE_COMMAND = "`publisher youtube login --paste`"
CLIENT_KEYS = ("client_id", "client_secret")
CREDENTIAL_KEYS = (*CLIENT_KEYS, "refresh_token")


def load_credentials(path: Path | None) -> dict[str, str]:
    """The authorised-user JSON. Raises NotAuthorised with advice."""
    login = "run `publisher youtube login`"
    if path is None or not path.is_file():
        where = f" in {path}" if path else ""
        raise NotAuthorised(f"there are no credentials for YouTube{where}; {login}")
    if is_open_to_others(path):
        raise NotAuthorised(f"{path} can be read by others; run `chmod 600 {path}`")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Not chained: the parser's message would show a part of the file.
        raise NotAuthorised(f"{path} cannot be read as credentials; {login}") from None
    missing = [key for key in CREDENTIAL_KEYS if not isinstance(document, dict) or not document.get(key)]
    if missing:
        raise NotAuthorised(f"{path} lacks {', '.join(missing)}; {login}")
    return {key: str(value) for key, value in document.items() if isinstance(value, str)}


def save_credentials(path: Path, document: Mapping[str, str]) -> None:
    """Writes credentials so that nobody else can read them at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f"{files.TEMP_PREFIX}{path.name}"
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(dict(document), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    logger.info("credentials written")


def is_open_to_others(path: Path) -> bool:
    """Whether other users of the computer may read or change a file."""
    # Windows has no mode bits; there the user's own folder is closed to others.
    return os.name != "nt" and bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def authorized_http(path: Path | None, timeout: float) -> Any:
    """An HTTP client that sends the token and refreshes an expired one. Raises NotAuthorised."""
    from google.auth.exceptions import TransportError
    from google.oauth2.credentials import Credentials
    from google_auth_httplib2 import AuthorizedHttp

    class Login(Credentials):
        def refresh(self, request: Any) -> None:
            logger.debug("request an access token from the login service")
            try:
                super().refresh(request)  # type: ignore[no-untyped-call]
            except (TypeError, AttributeError) as error:
                # google-auth assumes that any answer with status 200 is a JSON object.
                text = "the answer is not the login service's"
                raise TransportError(text) from error  # type: ignore[no-untyped-call]

    stored = load_credentials(path)
    credentials = Login(  # type: ignore[no-untyped-call]
        token=None,
        refresh_token=stored["refresh_token"],
        token_uri=stored.get("token_uri", TOKEN_URI),
        client_id=stored["client_id"],
        client_secret=stored["client_secret"],
        scopes=list(SCOPES),
    )
    return AuthorizedHttp(credentials, http=plain_http(timeout))


def plain_http(timeout: float) -> Any:
    """httplib2 as the client builds it, but without its silent retries and without redirects."""
    from googleapiclient.http import build_http

    plain = build_http()
    plain.timeout = timeout
    # YouTube never redirects; after a redirect another server's answer would count as YouTube's.
    plain.follow_redirects = False
    send = plain._conn_request

    def send_once(connection: Any, *request: Any) -> Any:
        # httplib2 repeats a request, even POST, when the connection closes without an answer: a
        # video or a playlist entry could be created twice.
        if not hasattr(connection, "is_wrapped"):
            connection.is_wrapped = True
            connection.getresponse = _raise_if_closed(connection.getresponse)
        return send(connection, *request)

    plain._conn_request = send_once
    return plain


def _raise_if_closed(getresponse: Any) -> Any:
    """Wraps `getresponse`: an error that httplib2 does not retry, if the connection closed."""
    import http.client

    def get_answer(*arguments: Any, **named: Any) -> Any:
        try:
            return getresponse(*arguments, **named)
        except (http.client.BadStatusLine, http.client.ResponseNotReady) as error:
            raise ConnectionError("the connection closed without an answer") from error

    return get_answer


def abort(http_client: Any) -> None:
    """Aborts the calls of a client in another thread, by closing its sockets."""
    plain = getattr(http_client, "http", http_client)
    for connection in list(plain.connections.values()):
        sock = getattr(connection, "sock", None)
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)


def _is_refusal(error: Exception) -> bool:
    """Whether the login service itself refused, not a proxy or a login page of the network."""
    answer = error.args[1] if len(error.args) > 1 else None
    return isinstance(answer, Mapping) and isinstance(answer.get("error"), str)


def seal(path: Path | None, text: str) -> str:
    """An HMAC that proves that an owner of these credentials wrote `text`, without revealing them.

    The key is the client's secret: a new login of the same client keeps the seal valid.
    """
    key = load_credentials(path)["client_secret"].encode()
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


@contextmanager
def map_errors() -> Iterator[None]:
    """Converts the errors of the client libraries into YouTubeError."""
    import http.client

    import httplib2
    from google.auth.exceptions import RefreshError, TransportError

    try:
        yield
    except RefreshError as error:
        if getattr(error, "retryable", False) or not _is_refusal(error):
            raise Unreachable("Google's login service does not answer; try again later") from None
        logger.info("the login service refused the login")
        # Not chained: the answer of the token service may contain a token.
        raise NotAuthorised(LOGIN_AGAIN_ADVICE) from None
    except (TransportError, httplib2.HttpLib2Error, http.client.HTTPException, OSError) as error:
        raise Unreachable(
            f"YouTube cannot be reached ({type(error).__name__}); is there a network?"
        ) from error
    except (ValueError, RecursionError) as error:
        raise Unreachable("YouTube's answer is not JSON; try again later") from error


# Login


def client_config(client: Path | None, credentials: Path) -> dict[str, Any]:
    """The OAuth client: from Google's JSON file, else from the last login. Raises NotAuthorised."""
    if client is None and not credentials.is_file():
        raise NotAuthorised(
            "give the OAuth client of your Google project: `publisher youtube login --client FILE`. "
            "`publisher help youtube` explains how to get it"
        )
    source = client or credentials
    try:
        document = json.loads(source.read_text(encoding="utf-8"))
        section = document.get("installed") or document.get("web") or document
        config = {key: str(section[key]) for key in CLIENT_KEYS}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        # Not chained: the parser's message would show a part of the file.
        raise NotAuthorised(
            f"{source} is not an OAuth client's JSON; `publisher help youtube` explains which file to use"
        ) from None
    config["auth_uri"] = str(section.get("auth_uri", "https://accounts.google.com/o/oauth2/auth"))
    config["token_uri"] = str(section.get("token_uri", TOKEN_URI))
    return {"installed": {**config, "redirect_uris": [REDIRECT]}}


def by_browser(config: Mapping[str, Any], print_prompt: Callable[[str], None]) -> dict[str, str]:
    """Logs in through a browser on this machine, which is redirected to a local port."""
    from google_auth_oauthlib.flow import InstalledAppFlow, WSGITimeoutError

    flow = InstalledAppFlow.from_client_config(dict(config), list(SCOPES))
    print_prompt(f"Allow access in your browser. If none opens: press Ctrl-C, then run {PASTE_COMMAND}.")
    try:
        with _map_login_errors(), map_errors():
            flow.run_local_server(
                port=0,
                authorization_prompt_message="",
                success_message="Done. You can close this window and go back to the terminal.",
                access_type="offline",
                prompt="consent",
            )
    except WSGITimeoutError as error:
        raise NotAuthorised(
            f"the browser returned no answer; log in again, or use {PASTE_COMMAND}"
        ) from error
    except webbrowser.Error as error:
        raise NotAuthorised(f"no browser can be opened on this machine; use {PASTE_COMMAND}") from error
    return _document(config, flow.credentials.refresh_token)


def by_pasting(
    config: Mapping[str, Any], print_prompt: Callable[[str], None], ask: Callable[[str], str]
) -> dict[str, str]:
    """Logs in through a browser on any machine; asks the user for its last address."""
    from google_auth_oauthlib.flow import InstalledAppFlow

    flow = InstalledAppFlow.from_client_config(dict(config), list(SCOPES), redirect_uri=REDIRECT)
    address, state = flow.authorization_url(access_type="offline", prompt="consent")
    print_prompt(f"Open this address in a browser, on any machine, and allow access:\n\n{address}\n")
    print_prompt(
        "The browser then shows a page that cannot be reached. Copy its address from the address bar."
    )
    code = code_of(ask("Paste it here"), state)
    with _map_login_errors(), map_errors():
        flow.fetch_token(code=code)
    return _document(config, flow.credentials.refresh_token)


@contextmanager
def _map_login_errors() -> Iterator[None]:
    """Converts a refusal by Google's login into NotAuthorised, without its answer: it may contain a token."""
    from oauthlib.oauth2 import OAuth2Error

    try:
        yield
    except OAuth2Error as error:
        raise NotAuthorised(f"Google did not accept the login ({error.error}); try again") from None
    except Warning:
        # oauthlib raises a warning when the granted scopes differ from the requested ones.
        text = (
            "the login does not allow everything that publisher does; log in again and leave every box ticked"
        )
        raise NotAuthorised(text) from None


def code_of(pasted: str, state: str) -> str:
    """The code in a pasted address. Raises NotAuthorised for a refusal, or an address of another login.

    An address without this login's `state` may come from an attacker who wants publisher to write
    to their channel.
    """
    try:
        query = parse_qs(urlsplit(pasted.strip()).query)
    except ValueError:
        query = {}
    if "error" in query:
        raise NotAuthorised(f"Google says {query['error'][0]}; run the login again and allow it")
    if len(query.get("code", [])) != 1:
        raise NotAuthorised(
            "that address contains no code; copy the whole address, starting with http://localhost"
        )
    if query.get("state") != [state]:
        raise NotAuthorised(
            "that address belongs to another login; open the address that was printed last, and try again"
        )
    return query["code"][0]


def _document(config: Mapping[str, Any], refresh_token: str | None) -> dict[str, str]:
    if not refresh_token:
        raise NotAuthorised(
            "Google gave no lasting token; remove publisher's access at "
            "myaccount.google.com/permissions, and log in again"
        )
    client = config["installed"]
    return {
        "type": "authorized_user",
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "refresh_token": refresh_token,
        "token_uri": client["token_uri"],
    }
