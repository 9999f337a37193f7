"""Addresses of destinations: what is accepted, and what is refused with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.delivery_address import Address, parse_address
from publisher.errors import UsageError

ROOT = Path("/series/talks")

ACCEPTED = {
    "/srv/www": Address("folder", "/srv/www"),
    "../www": Address("folder", "/series/www"),
    "sftp://me@host.example/srv/www/": Address("sftp", "/srv/www", "host.example", None, "me"),
    "sftp://host:2222/srv/my%20www": Address("sftp", "/srv/my www", "host", 2222, None),
    "sftp://me@[::1]:22/www": Address("sftp", "/www", "::1", 22, "me"),
    "rsync://me@host/~/www": Address("rsync", "www", "host", None, "me"),
    "s3://bucket": Address("s3", "", "bucket"),
    "s3://bucket/a/prefix/": Address("s3", "a/prefix", "bucket"),
}

REFUSED = {
    "ftp://host/www": "ftp:// is not supported",
    "sftp://me:secret@host/www": "a password must not be here",
    "sftp://host": "the path on the server is missing",
    "sftp:///www": "names no host",
    "sftp://-oProxyCommand=x/www": "names no host",
    "sftp://-l@host/www": "names no host",
    "sftp://host:99999/www": "is not an address",
    "rsync://host/a/../b": "must not contain",
    "s3://bucket/a?b": "must not contain ?",
    "/series/talks": "is the series itself",
    "public/www": "in public/",
    "/series": "contains the series",
}


@pytest.mark.parametrize("text", ACCEPTED)
def test_an_address_is_parsed(text: str) -> None:
    assert parse_address(text, ROOT) == ACCEPTED[text]


@pytest.mark.parametrize("text", REFUSED)
def test_a_wrong_address_is_refused_without_a_password(text: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_address(text, ROOT)
    assert REFUSED[text] in str(error.value)
    assert "secret" not in str(error.value)
