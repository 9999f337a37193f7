"""What to set at the old host, so that apps and readers find the new addresses."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from publisher.imports.fetch import Fetcher

_PLAIN = re.compile(r"/[A-Za-z0-9/._~%+-]*")
_QUERY = re.compile(r"[A-Za-z0-9=&_.%+-]*")


@dataclass(frozen=True, slots=True)
class Redirect:
    """An old address as path and query, and the new address. Both have only plain characters."""

    path: str
    query: str
    target: str


def redirects(pairs: Iterable[tuple[str, str]]) -> tuple[Redirect, ...]:
    """The redirects of (old, new) addresses, without those whose characters a server would interpret."""
    found: dict[tuple[str, str], Redirect] = {}
    for old, target in pairs:
        try:
            parts = urlsplit(old)
        except ValueError:
            continue
        path, query = parts.path or "/", parts.query
        is_front_page = path == "/" and not query
        if _PLAIN.fullmatch(path) and _QUERY.fullmatch(query) and not is_front_page and old != target:
            found.setdefault((path, query), Redirect(path, query, target))
    return tuple(found.values())


def for_nginx(listed: Iterable[Redirect]) -> str:
    # Addresses are longer than the buckets that nginx has for a map.
    lines = ["# In the block http:", "map_hash_bucket_size 1024;", "map $request_uri $new_address {"]
    lines += [f'    "{one.path}{"?" + one.query if one.query else ""}" "{one.target}";' for one in listed]
    return "\n".join(
        [*lines, "}", "# In the block server:", "if ($new_address) { return 301 $new_address; }", ""]
    )


def for_apache(listed: Iterable[Redirect]) -> str:
    lines = ["# In .htaccess of the old site's folder:", "RewriteEngine On"]
    for one in listed:
        # The request as it was sent: %{REQUEST_URI} is decoded.
        asked = re.escape(f"{one.path}?{one.query}" if one.query else one.path)
        lines.append(f'RewriteCond %{{THE_REQUEST}} "^[A-Z]+ {asked} "')
        lines.append(f"RewriteRule ^ {one.target.replace('%', chr(92) + '%')} [R=301,L,QSD,NE]")
    return "\n".join([*lines, ""])


def for_netlify(listed: Iterable[Redirect]) -> str:
    """The file ``_redirects``, also of Cloudflare Pages."""
    lines = (
        f"{one.path} {' '.join(one.query.split('&')) + ' ' if one.query else ''}{one.target} 301"
        for one in listed
    )
    return "\n".join([*lines, ""])


def feed_lines(old: str, new: str) -> Iterator[str]:
    """What to set for the feed itself at its old host."""
    parts = urlsplit(old)
    yield f"At the old host, once {new} is online:"
    yield "1. In the old feed's <channel>, or in your host's settings as “new feed URL”:"
    yield f"     <itunes:new-feed-url>{new}</itunes:new-feed-url>"
    yield f"2. A permanent redirect (301) of {old}, for at least four weeks, better for ever:"
    if _PLAIN.fullmatch(parts.path or "/") and not parts.query:
        yield f"     nginx:   location = {parts.path or '/'} {{ return 301 {new}; }}"
        yield f"     Apache:  Redirect 301 {parts.path or '/'} {new}"
    yield "     or in your host's settings, often called “redirect your feed” or “301 redirect”"
    yield f"3. publisher verify --old {old}   checks both"


MAX_HOPS = 6
MAX_READ = 2_000_000
"""Bytes of the old feed in which the new address is looked for: it stands before the items."""

_NEW_ADDRESS = re.compile(rb"<itunes:new-feed-url>\s*(?:<!\[CDATA\[)?\s*([^<\]\s]{1,2000})")


def check_old_feed(old: str, new: str, fetcher: Fetcher) -> tuple[list[str], list[str]]:
    """(what is right, what is wrong) at a feed's old address. Raises FetchError if it does not answer."""
    right, wrong, address = list[str](), list[str](), old
    for _ in range(MAX_HOPS):
        status, target, content = fetcher.look(address, MAX_READ)
        if not target:
            break
        if status not in (301, 308):
            wrong.append(f"{address} redirects with status {status}: apps keep the old address; set 301")
        address = target
        if target == new:
            right.append(f"{old} redirects to {new}")
            return right, wrong
    else:
        return right, [*wrong, f"{old} redirects more than {MAX_HOPS} times"]
    if address != old:
        wrong.append(f"{old} redirects to {address}, not to {new}")
    if status != 200:
        return right, [
            *wrong,
            f"{address} answers with status {status}: apps that have not moved lose the podcast",
        ]
    named = _NEW_ADDRESS.search(content)
    told = html.unescape(named[1].decode("utf-8", "replace")) if named else ""
    if told == new:
        right.append(f"{old} names {new} in itunes:new-feed-url; a 301 reaches apps that do not read that")
    elif told:
        wrong.append(f"{old} names {told} in itunes:new-feed-url, not {new}")
    else:
        wrong.append(f"{old} neither redirects (301) nor has itunes:new-feed-url: apps stay there")
    return right, wrong
