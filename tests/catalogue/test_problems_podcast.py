"""Catalogues that are wrong in what they say for the podcast namespace, as in `test_problems`."""

from __future__ import annotations

import pytest

from tests.catalogue.conftest import PEOPLE, SERIES, TALK, Folder

S = "episodes.toml:{}: series: {}".format
T = 'episodes.toml:{}: episode "a-talk": {}'.format

# What is written below the six lines of [series], and what is said.
IN_SERIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "medium": (
        'medium = "videos"',
        (
            S(
                7,
                (
                    'medium: must be "podcast", "music", "video", "film", "audiobook", "newsletter", '
                    '"blog", "publisher" or "course", not the text "videos"; did you mean "video"?'
                ),
            ),
        ),
    ),
    "seasons": (
        ('seasons = { 0 = "None", one = "One", 2 = "", 3 = "' + "x" * 129 + '" }'),
        (
            S(7, 'seasons.0: is not the number of a season; write { 1 = "The first year" }'),
            S(7, 'seasons.one: is not the number of a season; write { 1 = "The first year" }'),
            S(7, "seasons.2: is empty; write a text or delete the key"),
            S(7, "seasons.3: has 129 characters; 128 are allowed"),
        ),
    ),
    "place": (
        ('location = { name = "Lahore", rel = "about", geo = "31.5,74.3", osm = "1979286", country = "pk" }'),
        (
            S(7, 'location.rel: must be "subject" or "creator", not the text "about"'),
            S(
                7,
                (
                    'location.geo: "31.5,74.3" is not a place; write "geo:latitude,longitude": '
                    '"geo:31.55,74.34"'
                ),
            ),
            S(
                7,
                (
                    'location.osm: "1979286" is not an object of OpenStreetMap; write N, W or R for '
                    'node, way or relation and its number: "R1979286"'
                ),
            ),
            S(
                7,
                ('location.country: "pk" is not a country\'s code of two capitals (ISO 3166-1); write "PK"'),
            ),
        ),
    ),
    "places": (
        (
            'location = [{ geo = "geo:91,0" }, { name = "London", country = "UK" }, { name = '
            '"x", country = "France" }, { name = "y", country = "XX" }, 3]'
        ),
        (
            S(7, 'location[1].name: is missing; write one, such as name = "Lahore"'),
            S(7, 'location[1].geo: "geo:91,0": latitude goes to 90 and longitude to 180 degrees'),
            S(
                7,
                (
                    'location[2].country: "UK" is not a country\'s code of two capitals (ISO 3166-1); '
                    'write "GB"'
                ),
            ),
            S(
                7,
                (
                    'location[3].country: "France" is not a country\'s code of two capitals (ISO '
                    '3166-1); write "FR"'
                ),
            ),
            S(
                7,
                (
                    'location[4].country: "XX" is not a country\'s code of two capitals (ISO 3166-1), '
                    'such as "PK" or "FR"'
                ),
            ),
            S(
                7,
                (
                    "location: must be a table in { }, not the number 3; write location = { name = "
                    '"Lahore", geo = "geo:31.55,74.34", osm = "R1979286", country = "PK" }'
                ),
            ),
        ),
    ),
    "update": (
        'update = { rrule = "every week" }',
        (
            S(7, 'update.text: is missing; write one, such as text = "Every other week"'),
            S(
                7,
                (
                    'update.rrule: "EVERY WEEK" is not part of a recurrence rule (RFC 5545); write '
                    '"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"'
                ),
            ),
        ),
    ),
    "repetition": (
        'update = { text = "x", rrule = "FREQ=WEEKLY;COUNT=3", complete = "yes" }',
        (
            S(
                7,
                (
                    'update.complete: must be true or false, without quotes, not the text "yes"; '
                    "write complete = true"
                ),
            ),
            S(
                7,
                (
                    "update.start: is missing: rrule has COUNT, which counts from a first time; "
                    "write start = 2020-11-28"
                ),
            ),
        ),
    ),
    "repetition twice": (
        'update = { text = "x", rrule = "FREQ=DAILY;FREQ=DAILY" }',
        (S(7, "update.rrule: FREQ occurs twice; write it once"),),
    ),
    "repetition without a rhythm": (
        'update = { text = "x", rrule = "INTERVAL=2" }',
        (S(7, 'update.rrule: has no FREQ; write how often it repeats: "FREQ=WEEKLY"'),),
    ),
    "repetition of a wrong value": (
        'update = { text = "x", rrule = "FREQ=YEARLY;BYMONTH=13" }',
        (S(7, 'update.rrule: "BYMONTH=13": BYMONTH cannot have this value (RFC 5545)'),),
    ),
    "repetition that ends twice": (
        ('update = { text = "x", rrule = "FREQ=YEARLY;COUNT=1;UNTIL=20300101", start = 2020-01-01 }'),
        (S(7, "update.rrule: has COUNT and UNTIL; only one of them may end it"),),
    ),
    "update in words": (
        'update = "weekly"',
        (
            S(
                7,
                (
                    'update: must be a table in { }, not the text "weekly"; write update = { text = '
                    '"Every other week", rrule = "FREQ=WEEKLY;INTERVAL=2" }'
                ),
            ),
        ),
    ),
    "other feeds": (
        (
            'podroll = [{ url = "https://x.org/" }, { guid = '
            '"{917393e3-1b1e-5cef-ace4-edaa54e1f810}" }]\npublisher = "A press"'
        ),
        (
            S(
                7,
                'podroll[1].guid: is missing; write one, such as guid = "917393e3-1b1e-5cef-ace4-edaa54e1f810"',
            ),
            S(
                7,
                (
                    "podroll[2].guid: write the UUID with hyphens alone: "
                    '"917393e3-1b1e-5cef-ace4-edaa54e1f810"'
                ),
            ),
            S(
                8,
                (
                    'publisher: must be a table in { }, not the text "A press"; write publisher = { '
                    'guid = "917393e3-1b1e-5cef-ace4-edaa54e1f810", title = "Another series" }'
                ),
            ),
        ),
    ),
    "guid in another form": (
        'guid = "urn:uuid:917393e3-1b1e-5cef-ace4-edaa54e1f810"',
        (S(7, 'guid: write the UUID with hyphens alone: "917393e3-1b1e-5cef-ace4-edaa54e1f810"'),),
    ),
    "social": (
        (
            'social = [\n  { protocol = "mastodon", url = "https://x.org/" },\n'
            '  { protocol = "atproto", url = "javascript:alert(1)" },\n'
            '  { protocol = "activitypub", url = "x.org/1" },\n'
            '  { protocol = "disabled", url = "https://x.org/" },\n]'
        ),
        (
            S(
                8,
                (
                    'social[1].protocol: must be "disabled", "activitypub", "atproto", "twitter", '
                    '"lightning", "hive", "matrix" or "nostr", not the text "mastodon"'
                ),
            ),
            S(
                9,
                (
                    'social[2].url: "javascript:alert(1)" is not a post\'s address; it begins with '
                    "one of http:, https:, at:, nostr:, matrix:, lightning:"
                ),
            ),
            S(10, 'social[3].url: "x.org/1" is not a web address; did you mean https://x.org/1?'),
        ),
    ),
    "social without an address": (
        ('social = [{ protocol = "nostr" }, { protocol = "disabled", url = "https://x.org/" }]'),
        (
            S(7, 'social[1].url: is missing; write url = "https://social.example.org/1"'),
            S(7, ('social[2]: the protocol "disabled" allows no other keys; delete them from this table')),
            S(
                7,
                ('social[2]: the protocol "disabled" disables all comments; delete it or the other posts'),
            ),
        ),
    ),
    "chat": (
        'chat = { server = "irc example", protocol = "slack", room = "x" }',
        (
            S(7, 'chat.server: "irc example" is not a server; write its name: "irc.example.org"'),
            S(7, 'chat.protocol: must be "irc", "xmpp", "matrix" or "nostr", not the text "slack"'),
            S(7, ("chat.room: there is no such key; delete it (there are server, protocol, account, space)")),
        ),
    ),
    "txt": (
        ('txt = [{ text = "' + "x" * 4001 + '", purpose = "' + "x" * 129 + '" }]'),
        (
            S(7, "txt[1].text: has 4001 characters; 4000 are allowed"),
            S(7, "txt[1].purpose: has 129 characters; 128 are allowed"),
        ),
    ),
    "block": ('block = ["Amazon", "all"]', (S(7, "block: write block = true for every service"),)),
    "block one": (
        'block = ["Amazon Music"]',
        (S(7, ('block: "Amazon Music" is not a service\'s slug: a-z, 0-9, - and _, such as "amazon"')),),
    ),
    "block in words": ('block = "amazon"', (S(7, 'block: must be true, or a list of services: ["amazon"]'),)),
    "live in single brackets": (
        '[live]\nslug = "x"',
        (
            (
                "episodes.toml:7: live: write [[live]] with two pairs of brackets, once for each "
                "talk that is announced"
            ),
        ),
    ),
    "live": (
        "[[live]]",
        (
            'episodes.toml:7: live 1: slug: is missing; write one, such as slug = "an-evening-in-lahore"',
            'episodes.toml:7: live 1: title: is missing; write one, such as title = "An evening in Lahore"',
            (
                "episodes.toml:7: live 1: start: is missing; write one, such as start = 2026-11-28T18:00:00+05:00"
            ),
            (
                'episodes.toml:7: live 1: links: is missing; write one, such as links = [{ title = "Watch", '
                'url = "https://example.org/live" }]'
            ),
        ),
    ),
    "live with faults": (
        (
            '[[live]]\nslug = "An evening"\ntitle = "x"\nstart = 2021-01-01\nend = "soon"\n'
            'status = "on"\nstream = "rtmp://x.org"\ntype = "mp3"\nlinks = []\nguest = "x"'
        ),
        (
            (
                'episodes.toml:8: live "An evening": slug: "An evening": only a-z, 0-9 and '
                'single hyphens are allowed; write "an-evening"'
            ),
            ('episodes.toml:10: live "An evening": start: needs the time of day; write 2021-01-01T18:00:00'),
            (
                'episodes.toml:11: live "An evening": end: "soon" is not a date; write one '
                "without quotes, such as 2020-11-28T18:00:00+01:00"
            ),
            (
                'episodes.toml:12: live "An evening": status: must be "pending", "live" or '
                '"ended", not the text "on"'
            ),
            (
                'episodes.toml:13: live "An evening": stream: "rtmp://x.org" is not a web '
                "address; write https://…"
            ),
            (
                'episodes.toml:14: live "An evening": type: "mp3" is not a media type of audio; '
                'write "audio/mpeg"'
            ),
            ('episodes.toml:15: live "An evening": links: is empty; write at least one, or delete the key'),
            ('episodes.toml:16: live "An evening": guest: there is no such key; did you mean guests?'),
        ),
    ),
}

# What is written below the five lines of a talk, which begins at line 11, after two people.
IN_TALK: dict[str, tuple[str, tuple[str, ...]]] = {
    "display number": (
        'display_number = "4a"',
        (T(16, "display_number: needs a number to sort by; write number = 4 too"),),
    ),
    "long display number": (
        ('number = 4\ndisplay_number = "' + "x" * 33 + '"'),
        (T(17, "display_number: has 33 characters; 32 are allowed"),),
    ),
    "place": (
        'location = { name = "Lahore", lat = 31.5 }',
        (T(16, ("location.lat: there is no such key; delete it (there are name, rel, geo, osm, country)")),),
    ),
    "social": (
        'social = [{ protocol = "disabled" }, { protocol = "disabled", account = "@x" }]',
        (
            T(
                16,
                ('social[1]: the protocol "disabled" disables all comments; delete it or the other posts'),
            ),
            T(16, ('social[2]: the protocol "disabled" allows no other keys; delete them from this table')),
            T(
                16,
                ('social[2]: the protocol "disabled" disables all comments; delete it or the other posts'),
            ),
        ),
    ),
    "licence": (
        'license = "CC BY 4.0"',
        (
            T(
                16,
                (
                    'license: "CC BY 4.0" is not a licence known here by its SPDX id; did you mean '
                    '"cc-by-4.0"?'
                ),
            ),
        ),
    ),
    "soundbites": (
        (
            'start = "1:00"\nend = "9:00"\ncut = [["3:00", "4:00"]]\nsoundbites = [\n'
            '  { start = "2:00", end = "1:50" },\n  { start = "0:50", end = "1:10" },\n'
            '  { start = "8:50", end = "9:10" },\n  { start = "2:50", end = "3:10" },\n'
            '  { start = "2:00", end = "2:10" },\n  { start = "5:00", end = "7:01" },\n]'
        ),
        (
            T(20, "soundbites[1]: ends at 1:50, not after its start at 2:00"),
            T(21, "soundbites[2]: 0:50 to 1:10 is outside the published part (start and end)"),
            T(22, "soundbites[3]: 8:50 to 9:10 is outside the published part (start and end)"),
            T(23, "soundbites[4]: a part of 2:50 to 3:10 is cut or muted, so the feed leaves it out"),
            T(24, "soundbites[5]: is 10 s long; apps recommend 15 to 120 s"),
            T(25, "soundbites[6]: is 121 s long; apps recommend 15 to 120 s"),
        ),
    ),
    "soundbite without an end": (
        'soundbites = [{ start = "2:00", title = "x" }]',
        (T(16, 'soundbites[1].end: is missing; write one, such as end = "21:50"'),),
    ),
    "soundbite's title": (
        ('soundbites = [{ start = 0, end = 20, title = "' + "x" * 129 + '" }]'),
        (T(16, "soundbites[1].title: has 129 characters; 128 are allowed"),),
    ),
    "translation": (
        'translations = { french = { title = "x" }, fr = { summary = "x" } }',
        (
            T(16, 'translations.french: "french" is not a language code; write "fr"'),
            T(
                16,
                'translations.fr.title: is missing; write one, such as title = "Les Pachtounes attaqués ?"',
            ),
        ),
    ),
    "live talk of a talk's slug": (
        (
            (
                '[[live]]\nslug = "a-talk"\ntitle = "x"\nstart = 2021-01-01T18:00:00\n'
                'end = 2021-01-01T17:00:00\nlinks = [{ title = "x", url = "https://x.org" }]\n'
                'guests = ["ann-one", "ann-tow"]\nmoderator = "ann-one"\nsummary = "'
            )
            + "&" * 801
            + '"'
        ),
        (
            (
                'episodes.toml:17: live "a-talk": slug: "a-talk" is the slug of a talk too (line '
                "12); change one"
            ),
            ('episodes.toml:20: live "a-talk": end: is not after the start; correct one of the two'),
            (
                'episodes.toml:22: live "a-talk": guests: no person "ann-tow" in [people]; did '
                'you mean "ann-one"?'
            ),
            (
                'episodes.toml:23: live "a-talk": moderator: "ann-one" occurs in guests too; '
                "write each person once"
            ),
            'episodes.toml:24: live "a-talk": summary: has 4005 bytes in HTML; 4000 are allowed',
        ),
    ),
    "live talk without a link": (
        (
            '[[live]]\nslug = "x"\ntitle = "x"\nstart = 2021-01-01T18:00:00\n'
            'links = [{ title = "x", url = "ftp://x.org" }]'
        ),
        (('episodes.toml:20: live "x": links[1].url: "ftp://x.org" is not a web address; write https://…'),),
    ),
    "live talks of one slug": (
        (
            '[[live]]\nslug = "x"\ntitle = "x"\nstart = 2021-01-01T18:00:00\n'
            'links = [{ title = "x", url = "https://x.org" }]\n[[live]]\nslug = "x"\n'
            'title = "y"\nstart = 2021-01-01T18:00:00\n'
            'links = [{ title = "x", url = "https://x.org" }]'
        ),
        (
            (
                'episodes.toml:22: live "x": slug: "x" is the slug of another live talk too '
                "(line 17); change one"
            ),
        ),
    ),
}


@pytest.mark.parametrize("case", IN_SERIES)
def test_problems_of_the_series(case: str, folder: Folder) -> None:
    written, expected = IN_SERIES[case]
    assert folder.problems(f"{SERIES}{written}\n") == list(expected)


@pytest.mark.parametrize("case", IN_TALK)
def test_problems_of_talks(case: str, folder: Folder) -> None:
    written, expected = IN_TALK[case]
    assert folder.problems(f"{SERIES}{PEOPLE}{TALK}{written}\n") == list(expected)


def test_a_live_talk_starts_at_an_existing_hour(folder: Folder) -> None:
    live = (
        '[[live]]\nslug = "x"\ntitle = "x"\nstart = 2021-03-28T02:30:00\n'
        'links = [{ title = "x", url = "https://x.org" }]\n'
    )
    assert folder.problems(f'{SERIES}timezone = "Europe/Paris"\n{live}') == [
        'episodes.toml:11: live "x": start: this hour does not exist in Europe/Paris: the clocks go forward; '
        "write 2021-03-28T03:30:00+02:00"
    ]
