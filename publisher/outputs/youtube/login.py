"""Gets a token from Google, once: through a browser on this machine, or one anywhere else.

The loopback flow of "OAuth 2.0 for Mobile & Desktop Apps", with PKCE. On a machine without a
browser the address that the browser ends up at is pasted back: it holds the code.
"""

from __future__ import annotations

import json
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from publisher.outputs.youtube import authorisation
from publisher.outputs.youtube.faults import NotAuthorised

REDIRECT = "http://localhost:8081/"
PASTING = "`publisher youtube login --paste`"
CLIENT_KEYS = ("client_id", "client_secret")


def client_config(client: Path | None, credentials: Path) -> dict[str, Any]:
    """The OAuth client: the JSON that Google's console gives, else the one logged in with before."""
    if client is None and not credentials.is_file():
        raise NotAuthorised(
            "give the OAuth client of your Google project: `publisher youtube login --client FILE`. "
            "docs/youtube.md says how to get it"
        )
    source = client or credentials
    try:
        document = json.loads(source.read_text(encoding="utf-8"))
        held = document.get("installed") or document.get("web") or document
        found = {key: str(held[key]) for key in CLIENT_KEYS}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        # Not chained: the parser's message would show a piece of the file.
        raise NotAuthorised(f"{source} is not an OAuth client's JSON; docs/youtube.md says which") from None
    found["auth_uri"] = str(held.get("auth_uri", "https://accounts.google.com/o/oauth2/auth"))
    found["token_uri"] = str(held.get("token_uri", authorisation.TOKEN_URI))
    return {"installed": {**found, "redirect_uris": [REDIRECT]}}


def by_browser(config: Mapping[str, Any], say: Callable[[str], None]) -> dict[str, str]:
    """Opens the browser here and waits for it to come back."""
    from google_auth_oauthlib.flow import InstalledAppFlow, WSGITimeoutError

    flow = InstalledAppFlow.from_client_config(dict(config), list(authorisation.SCOPES))
    say(f"Your browser asks whether you allow it. If none opens: Ctrl-C, then {PASTING}.")
    try:
        with _accepted(), authorisation.translated():
            flow.run_local_server(
                port=0,
                authorization_prompt_message="",
                success_message="Done. You can close this window and go back to the terminal.",
                access_type="offline",
                prompt="consent",
            )
    except WSGITimeoutError as error:
        raise NotAuthorised(
            f"the browser came back without an answer; log in again, or use {PASTING}"
        ) from error
    except webbrowser.Error as error:
        raise NotAuthorised(f"no browser can be opened on this machine; use {PASTING}") from error
    return _document(config, flow.credentials.refresh_token)


def by_pasting(
    config: Mapping[str, Any], say: Callable[[str], None], ask: Callable[[str], str]
) -> dict[str, str]:
    """Shows the address to open on any machine, and takes the one its browser ends up at."""
    from google_auth_oauthlib.flow import InstalledAppFlow

    flow = InstalledAppFlow.from_client_config(
        dict(config), list(authorisation.SCOPES), redirect_uri=REDIRECT
    )
    address, state = flow.authorization_url(access_type="offline", prompt="consent")
    say(f"Open this address in a browser, on any machine, and allow it:\n\n{address}\n")
    say("The browser then shows a page that cannot be reached. Copy its address from the address bar.")
    code = code_of(ask("Paste it here"), state)
    with _accepted(), authorisation.translated():
        flow.fetch_token(code=code)
    return _document(config, flow.credentials.refresh_token)


@contextmanager
def _accepted() -> Iterator[None]:
    """Turns a refusal of Google's login into ours; what it answered may hold a token, so it goes."""
    from oauthlib.oauth2 import OAuth2Error

    try:
        yield
    except OAuth2Error as error:
        raise NotAuthorised(f"Google did not accept the login ({error.error}); try again") from None
    except Warning:
        # oauthlib raises a warning when the scopes granted are not those asked for.
        text = "the login does not allow all that publisher does; log in again and leave every box ticked"
        raise NotAuthorised(text) from None


def code_of(pasted: str, state: str) -> str:
    """The code in a pasted address. Raises NotAuthorised for another login's, or a refusal.

    An address without this login's `state` may be one that somebody else made, to have their
    own channel written to: it is refused too.
    """
    try:
        given = parse_qs(urlsplit(pasted.strip()).query)
    except ValueError:
        given = {}
    if "error" in given:
        raise NotAuthorised(f"Google says {given['error'][0]}; run the login again and allow it")
    if len(given.get("code", [])) != 1:
        raise NotAuthorised("that address holds no code; copy all of it, from http://localhost on")
    if given.get("state") != [state]:
        raise NotAuthorised("that address is of another login; open the one shown last, and try again")
    return given["code"][0]


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
