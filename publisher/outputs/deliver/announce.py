"""Announces a changed feed to a WebSub hub and to a Podping server.

A hub follows https://www.w3.org/TR/websub/#publishing. A Podping server takes the address of the feed in
a GET request, and a token: https://github.com/Podcastindex-org/podping.cloud. It writes the address to
the chain that directories and apps read; writing there oneself would need an account and its key.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from urllib.parse import urlencode, urlsplit

from publisher.model import Deliver
from publisher.outputs.deliver.destination import DeliveryError
from publisher.outputs.deliver.proof import USER_AGENT

logger = logging.getLogger(__name__)

ATTEMPTS = 3
"""Attempts after the first."""
BACKOFF = 0.2
"""Seconds of pause before the second further attempt; it doubles with each."""
TIMEOUT = 15.0
PODPING_TOKEN = "PUBLISHER_PODPING_TOKEN"
TOKEN_ADVICE = f"ask its operator for a token, and set {PODPING_TOKEN} to it"
_NEED_TOKEN = ("podping.cloud",)
"""Hosts that are known to refuse announcements without a token."""

Tell = Callable[[str], None]
"""Announces the feed at an address. Raises DeliveryError after `ATTEMPTS` more attempts."""


def announcements(settings: Deliver, environment: Mapping[str, str]) -> dict[str, Tell]:
    """What announces the feed, by the address of the hub or server."""
    found: dict[str, Tell] = {}
    if settings.hub:
        found[settings.hub] = partial(notify_hub, settings.hub)
    if settings.podping:
        found[settings.podping] = partial(notify_podping, settings.podping, podping_token(environment))
    return found


def podping_token(environment: Mapping[str, str]) -> str:
    """The token for the Podping server; empty without one."""
    return environment.get(PODPING_TOKEN, "").strip()


def lacks_token(server: str, environment: Mapping[str, str]) -> bool:
    """Whether a Podping server is known to refuse what it would get."""
    return urlsplit(server).hostname in _NEED_TOKEN and not podping_token(environment)


def notify_hub(hub: str, feed_url: str) -> None:
    """Tells a WebSub hub that the feed has changed. Raises DeliveryError."""
    # The specification leaves the parameters to the hub; all hubs in use accept both names.
    body = urlencode({"hub.mode": "publish", "hub.url": feed_url, "hub.topic": feed_url})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    status = _request("POST", hub, f"the hub {hub}", kind, body)
    if not 200 <= status < 300:
        raise DeliveryError(f"the hub {hub} refused the announcement with status {status}")
    logger.info("the hub was told that the feed has changed")


def notify_podping(server: str, token: str, feed_url: str) -> None:
    """Tells a Podping server that the feed has changed; without reason and medium: an updated podcast.

    The token is sent to the server and is in no message. Raises DeliveryError.
    """
    if not (token.isascii() and token.isprintable()):
        raise DeliveryError(f"{PODPING_TOKEN} contains characters that no token has: copy it again")
    key = {"Authorization": token} if token else {}
    name = f"the Podping server {server}"
    status = _request("GET", f"{server}?{urlencode({'url': feed_url})}", name, key)
    if status in (401, 403):
        refused = f"does not accept the token in {PODPING_TOKEN}"
        raise DeliveryError(
            f"{name} {refused if token else f'needs a token: {TOKEN_ADVICE}'} (status {status})"
        )
    if not 200 <= status < 300:
        raise DeliveryError(f"{name} refused the announcement with status {status}")
    logger.info("the Podping server was told that the feed has changed")


def _request(method: str, url: str, name: str, extra: Mapping[str, str], body: str | None = None) -> int:
    """The status of the answer. Raises DeliveryError if there is none after all attempts."""
    import urllib3

    retries = urllib3.Retry(
        total=ATTEMPTS,
        redirect=0,
        raise_on_redirect=False,
        backoff_factor=BACKOFF,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=None,
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    pool = urllib3.PoolManager(retries=retries, timeout=TIMEOUT, ssl_context=ssl.create_default_context())
    try:
        headers = {"User-Agent": USER_AGENT, **extra}
        return int(pool.request(method, url, body=body, headers=headers).status)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise DeliveryError(f"{name} does not answer: the next release tries again") from error
