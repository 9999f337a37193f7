"""Reads one file of the series at its public address."""

from __future__ import annotations

import ssl

from publisher.outputs.deliver.destination import DeliveryError
from publisher.outputs.deliver.proof import GONE, TIMEOUT, USER_AGENT

MAX_SIZE = 4 << 30
"""Bytes."""


def read_url(url: str) -> bytes | None:
    """The content at `url`; None if it does not exist. Raises DeliveryError."""
    import urllib3

    pool = urllib3.PoolManager(
        timeout=TIMEOUT, headers={"User-Agent": USER_AGENT}, ssl_context=ssl.create_default_context()
    )
    try:
        answer = pool.request("GET", url, retries=urllib3.Retry(3, redirect=3), preload_content=False)
        content: bytes = answer.read(MAX_SIZE, decode_content=True)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise DeliveryError(f"{url} cannot be read: {error}") from error
    if answer.status in GONE:
        return None
    if answer.status != 200:
        raise DeliveryError(f"{url} answers with status {answer.status}")
    return content
