"""Announces a changed feed to a WebSub hub: https://www.w3.org/TR/websub/#publishing."""

from __future__ import annotations

import logging
import ssl
from urllib.parse import urlencode

from publisher.outputs.deliver.destination import DeliveryError

logger = logging.getLogger(__name__)

ATTEMPTS = 3
TIMEOUT = 15.0


def announce(hub: str, feed_url: str) -> None:
    """Tells `hub` that the feed has changed. Raises DeliveryError after `ATTEMPTS` attempts."""
    import urllib3

    retries = urllib3.Retry(
        total=ATTEMPTS, backoff_factor=0.2, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=None
    )
    pool = urllib3.PoolManager(retries=retries, timeout=TIMEOUT, ssl_context=ssl.create_default_context())
    # The specification leaves the parameters to the hub; all hubs in use accept both names.
    body = urlencode({"hub.mode": "publish", "hub.url": feed_url, "hub.topic": feed_url})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        answer = pool.request("POST", hub, body=body, headers=kind)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise DeliveryError(f"the hub {hub} does not answer: the next release tries again") from error
    if not 200 <= answer.status < 300:
        raise DeliveryError(f"the hub {hub} refused the announcement with status {answer.status}")
    logger.info("the hub was told that the feed has changed")
