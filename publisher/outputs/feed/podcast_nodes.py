"""Nodes of the podcast namespace that occur in channels, items and live items alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from publisher import site_paths
from publisher.model import Credit, License, Location, Person, Series, SocialPost, Txt
from publisher.model.podcast_namespace import MAX_TEXT, MAX_TXT
from publisher.outputs.feed.elements import Node
from publisher.render.sanitize import safe_url, single_line

ROLES = {"guest": "guest", "moderator": "host"}
"""Roles of taxonomy.json, group Cast. Sources did not take part in the talk, so they have no role."""


def people(series: Series, credits: Iterable[Credit]) -> Iterator[Node]:
    """podcast:person of every participant: an item's people replace the channel's, so all are repeated."""
    return (person(series, credit.person, ROLES[credit.role]) for credit in credits)


def person(series: Series, person: Person, role: str) -> Node:
    """podcast:person; people without a link of their own have their page on the site."""
    site = None if person.id in series.people_without_page else series.link
    photo = site + site_paths.person_photo(person.id) if person.photo and site else None
    page = safe_url(person.link) or (site + site_paths.person_page(person.id) if site else None)
    return Node(
        single_line(person.name, MAX_TEXT), {"group": "cast", "role": role, "img": photo, "href": page}
    )


def locations(locations: Iterable[Location]) -> Iterator[Node]:
    """podcast:location, as revised in 2025."""
    for place in locations:
        attributes = {"rel": place.rel, "geo": place.geo, "osm": place.osm, "country": place.country}
        yield Node(single_line(place.name, MAX_TEXT), attributes)


def licence(given: License | None) -> Iterator[Node]:
    """podcast:license: an SPDX identifier in lower case, or a name with its address."""
    if given is not None:
        yield Node(single_line(given.name, MAX_TEXT).lower(), {"url": safe_url(given.url)})


def social(posts: tuple[SocialPost, ...]) -> Iterator[Node]:
    """podcast:socialInteract, in the catalogue's order of priority."""
    for number, post in enumerate(posts, start=1):
        attributes = {
            "protocol": post.protocol,
            "uri": post.url,
            "accountId": post.account,
            "accountUrl": safe_url(post.account_url),
            "priority": str(number) if len(posts) > 1 else None,
        }
        yield Node(attributes=attributes)


def txt(texts: Iterable[Txt]) -> Iterator[Node]:
    """podcast:txt."""
    return (Node(each.text[:MAX_TXT], {"purpose": each.purpose}) for each in texts)


def image(url: str, alt: str, ratio: str, width: int | None, purpose: str) -> Node:
    """podcast:image: a JPEG, `width` pixels wide where that is known."""
    return Node(
        attributes={
            "href": url,
            "alt": alt,
            "aspect-ratio": ratio,
            "width": number(width),
            "type": "image/jpeg",
            "purpose": purpose,
        }
    )


def number(value: int | None) -> str | None:
    """A number as an attribute."""
    return None if value is None else str(value)
