"""Hostile feeds and exports, one function each, and the program that reads them within limits.

``python -m tests.imports.hostile`` prints what became of each: refused with a message, or defused.
"""

from __future__ import annotations

import json
import random
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from publisher.errors import PublisherError
from publisher.imports.addresses import FetchError
from publisher.imports.entries import People, entry_of, series_values, slug_of
from publisher.imports.feed import read_feed
from publisher.imports.fetch import Fetcher
from publisher.imports.model import ImportedSeries
from publisher.imports.wordpress import read_wordpress
from tests.imports.test_wordpress import HEAD, TAIL, post

MEMORY = 1_500 << 20
"""Bytes of address space for the program that reads all cases, one after the other."""

SECONDS = 30
NOW = datetime(2021, 3, 1, tzinfo=UTC)
Pages = Callable[[str], bytes]
Case = tuple[bytes, Pages]

FORBIDDEN = (
    "javascript:",
    "<script",
    "onerror",
    "onload",
    "root:x:",
    "SECRETWORD",
    "file:///",
    "<img",
    "<iframe",
)
"""Words that must occur nowhere in what is taken over."""

NAMESPACES = (
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:podcast="https://podcastindex.org/namespace/1.0" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:psc="http://podlove.org/simple-chapters"'
)
ITEM = (
    "<item><title>T{n}</title><guid>g{n}</guid><pubDate>Fri, 08 Jan 2021 18:00:00 +0000</pubDate>"
    '<enclosure url="https://media.example.org/{n}.mp3" length="10" type="audio/mpeg"/>{more}</item>'
)


def nothing(url: str) -> bytes:
    raise FetchError(f"{url} answers with status 404")


def feed(more: str = "", channel: str = "", items: str | None = None, before: str = "") -> bytes:
    inner = ITEM.format(n=1, more=more) if items is None else items
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<rss version="2.0" {NAMESPACES}><channel>'
        f"<title>C</title><link>https://old.example.org/</link>{channel}{inner}</channel></rss>"
    ).encode("utf-8", "surrogatepass")


def with_doctype(doctype: str, use: str = "&x;") -> bytes:
    return feed(before=doctype, more=f"<description>{use}</description>")


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
CHAPTERS = '<podcast:chapters url="https://c.example.org/c.json" type="application/json"/>'


def described(html: str) -> bytes:
    return feed(f"<content:encoded><![CDATA[{html}]]></content:encoded>")


def chapters(content: bytes) -> Case:
    return feed(CHAPTERS), lambda url: content


def paged(next_of: Callable[[int], str], item: Callable[[int], str], relation: str = "next") -> Case:
    """Pages by number, each with a link to the next."""

    def page(number: int) -> bytes:
        link = f'<atom:link rel="{relation}" href="{next_of(number)}"/>'
        return feed(channel=link, items=item(number))

    def fetch(url: str) -> bytes:
        found = url.rpartition("=")[2]
        return page(int(found) if found.isdecimal() else 1)

    return page(1), fetch


def address(number: int) -> str:
    return f"https://old.example.org/feed?page={number}"


def one(number: int) -> str:
    return ITEM.format(n=number, more="")


def noise(seed: int, size: int = 20_000) -> bytes:
    return random.Random(seed).randbytes(size)


REFUSED: dict[str, Case | bytes] = {
    "a billion laughs": with_doctype(f'<!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]>', "&l11;"),
    "a quadratic blow-up": with_doctype(f'<!DOCTYPE rss [<!ENTITY x "{"a" * 100_000}">]>', "&x;" * 10_000),
    "an entity from a file": with_doctype('<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    "an entity from the web": with_doctype('<!DOCTYPE rss [<!ENTITY x SYSTEM "http://169.254.169.254/">]>'),
    "an entity of itself": with_doctype('<!DOCTYPE rss [<!ENTITY x "&x;">]>'),
    "two entities of each other": with_doctype('<!DOCTYPE rss [<!ENTITY x "&y;"><!ENTITY y "&x;">]>'),
    "an entity in an attribute": feed('<link a="&x;"/>', before='<!DOCTYPE rss [<!ENTITY x "SECRETWORD">]>'),
    "an unused entity": feed(before='<!DOCTYPE rss [<!ENTITY x "SECRETWORD">]>'),
    "nesting of 100 000": feed("<a>" * 100_000 + "</a>" * 100_000),
    "nesting that is never closed": feed("<a>" * 300),
    "nesting just too deep": feed("<a>" * 61 + "</a>" * 61),
    "100 000 items": feed(items="".join(one(n) for n in range(100_000))),
    "a million elements beside the items": feed(channel="<x/>" * 1_000_000),
    "a million elements in an item": feed("<x/>" * 1_000_000),
    "a text of 12 MB": feed(f"<description>{'a' * 12_000_000}</description>"),
    "an attribute of 12 MB": feed(f'<x y="{"a" * 12_000_000}"/>'),
    "a comment of 12 MB": feed(f"<!--{'a' * 12_000_000}-->"),
    "a processing instruction of 12 MB": feed(f"<?x {'a' * 12_000_000}?>"),
    "a name of 100 000 letters": feed(f"<{'a' * 100_000}/>"),
    "more than 64 MB": feed(f"<!--{'a' * 60_000}-->" * 1_200),
    "half CDATA sections": feed("<description>" + "<![CDATA[" * 300_000),
    "nothing": b"",
    "only spaces": b"  \n\n ",
    "a truncated feed": feed()[:-60],
    "a feed that ends in a tag": feed()[:150],
    "NUL bytes": b"\0" * 10_000,
    "random bytes": noise(1),
    "other random bytes": b"<rss>" + noise(2),
    "gzip": b"\x1f\x8b\x08\0\0\0\0\0" + noise(3),
    "a picture": b"\x89PNG\r\n\x1a\n" + noise(4),
    "a sound": b"ID3\x04\0\0\0\0\0\0" + noise(5),
    "JSON": b'{"version": "https://jsonfeed.org/version/1.1", "items": []}',
    "a web page": b"<!DOCTYPE html><html><head><title>Not found</title></head><body>404</body></html>",
    "a web page with status 200": b"<html><body><p>Please log in<br></body></html>",
    "a web page that names its feed": b'<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head></html>',
    "XHTML": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
    "OPML": b'<opml version="2.0"><body><outline type="rss" xmlUrl="https://old.example.org/"/></body></opml>',
    "Atom": b'<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title></feed>',
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "an export of WordPress": (HEAD + post(1, "A") + TAIL).encode(),
    "rss without a channel": b"<rss><nothing/></rss>",
    "a channel alone": b"<channel><title>C</title></channel>",
    "two roots": feed() + feed(),
    "an unknown encoding without XML": b'<?xml version="1.0" encoding="x-none"?>' + noise(6),
    "a page that is missing": (feed(channel='<atom:link rel="next" href="https://old.example.org/2"/>'), nothing),
    "a page that is a web page": (
        feed(channel='<atom:link rel="next" href="https://old.example.org/2"/>'),
        lambda url: b"<html><body>Not found</body></html>",
    ),
    "a page with a bomb": (
        feed(channel='<atom:link rel="next" href="https://old.example.org/2"/>'),
        lambda url: with_doctype(f'<!DOCTYPE rss [<!ENTITY l0 "ha">{LAUGHS}]>', "&l11;"),
    ),
    "pages without end": paged(lambda n: address(n + 1), one),
    "archive pages without end": paged(lambda n: address(n + 1), one, "prev-archive"),
}  # fmt: skip
"""Cases in which nothing may be taken over."""

PRIVATE = ("file:///etc/passwd", "http://127.0.0.1:9/", "http://169.254.169.254/", "http://[::1]:9/",
           "http://[64:ff9b::7f00:1]/", "http://0x7f000001/", "http://2130706433/", "ftp://old.example.org/",
           "javascript:alert(1)", "//169.254.169.254/")  # fmt: skip
for place in PRIVATE:
    page = feed(channel=f'<atom:link rel="next" href="{place}"/>')
    REFUSED[f"a page at {place}"] = (page, lambda url: Fetcher()(url, 1000))

DEFUSED: dict[str, Case | bytes] = {
    "a DTD from a file": feed(before='<!DOCTYPE rss SYSTEM "file:///etc/passwd">'),
    "a DTD from the web": feed(before='<!DOCTYPE rss SYSTEM "http://169.254.169.254/x.dtd">'),
    "an undeclared entity below a DTD": with_doctype('<!DOCTYPE rss SYSTEM "x.dtd">', "a&nbsp;b&unknownword;"),
    "XInclude": feed('<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>'),
    "a style sheet": feed(before='<?xml-stylesheet type="text/xsl" href="file:///etc/passwd"?>'),
    "10 000 namespaces": feed("".join(f'<x{n}:y xmlns:x{n}="http://n{n}.example.org/"/>' for n in range(10_000))),
    "UTF-16": feed().decode().replace("UTF-8", "UTF-16").encode("utf-16"),
    "UTF-16 that says UTF-8": feed().decode().encode("utf-16"),
    "Latin-1 that says UTF-8": feed("<description>caf\xe9</description>").decode().encode("latin-1"),
    "two encodings in one feed": feed().replace(b"T1", b"\xe9 \xc3\xa9"),
    "an overlong form": feed().replace(b"T1", b"\xc0\xbcscript\xc0\xbe"),
    "control characters": feed().replace(b"T1", b"T\x00\x08\x1b1"),
    "references to control characters": feed().replace(b"T1", b"T&#0;&#8;&#xD800;&#xFFFE;1"),
    "bare ampersands": feed().replace(b"T1", b"A & B &copy; &unknown; &"),
    "an unknown encoding": feed().replace(b"UTF-8", b"x-none"),
    "text before the feed": b"\n\nWarning: a PHP message in <b>file</b> on line 3\n".replace(b"<b>file</b>", b"file") + feed(),
    "a page that is the feed": paged(lambda n: address(1), one),
    "a loop of two pages": paged(lambda n: address(2 if n == 1 else 1), one),
    "pages without a new talk": paged(lambda n: address(n + 1), lambda n: one(1)),
    "an empty channel": feed(items=""),
    "items below the root": b"<rss><channel><title>C</title></channel><item><title>T</title><guid>g</guid></item></rss>",
    "a channel in a channel": feed(channel="<channel><title>X</title></channel>"),
    "an item in an item": feed(ITEM.format(n=2, more="")),
    "links that are programs": feed('<podcast:contentLink href="javascript:alert(1)">x</podcast:contentLink>'),
    "an enclosure that is a file": feed(items='<item><title>T</title><enclosure url="file:///etc/passwd" length="1"/></item>'),
    "an enclosure that is data": feed(items='<item><title>T</title><enclosure url="data:audio/mpeg;base64,AAAA"/></item>'),
    "a page that is a program": feed("<link>javascript:alert(1)</link>"),
    "a picture that is a file": feed('<itunes:image href="file:///etc/passwd"/>'),
    "a person who is a program": feed('<podcast:person href="javascript:alert(1)" img="file:///etc/passwd">x</podcast:person>'),
    "10 000 people": feed("".join(f"<podcast:person>P{n}</podcast:person>" for n in range(10_000))),
    "10 000 categories": feed("".join(f"<category>K{n}</category>" for n in range(10_000))),
    "10 000 transcripts": feed('<podcast:transcript url="https://t.example.org/" type="text/vtt"/>' * 10_000),
    "10 000 enclosures": feed('<enclosure url="https://media.example.org/x.mp3" length="1" type="audio/mpeg"/>' * 10_000),
    "10 000 alternates": feed('<podcast:alternateEnclosure type="audio/mpeg"><podcast:source uri="https://x.example.org/"/></podcast:alternateEnclosure>' * 5_000),
    "lengths that are none": feed(items="".join(ITEM.format(n=n, more="").replace('"10"', f'"{length}"') for n, length in enumerate(("-1", "NaN", "1e999", "9" * 400, "٣٤", "0x10", "1.5", "")))),
    "durations that are none": feed("<itunes:duration>9999999999:99:99:99</itunes:duration>"),
    "numbers that are none": feed(f"<itunes:season>{'9' * 5000}</itunes:season><itunes:episode>-٣</itunes:episode>"),
    "a date of the year 99999": feed().replace(b"2021", b"99999"),
    "a date that is a program": feed().replace(b"08 Jan 2021", b"; rm -rf /"),
    "a date of 100 000 letters": feed().replace(b"08 Jan 2021", b"Jan " * 25_000),
    "a title of a megabyte": feed().replace(b"T1", b"T" * 1_000_000),
    "a guid of a megabyte": feed().replace(b"g1", b"g" * 1_000_000),
    "a guid of several lines": feed().replace(b"g1", b"a\n\nb\t c"),
    "many ampersands": feed().replace(b"T1", b"&amp;" * 100_000),
    "a slug that leaves the folder": feed("<link>https://old.example.org/../../../etc/passwd</link>"),
    "a slug of dots": feed("<link>https://old.example.org/..%2F..%2F.ssh</link>"),
    "a slug that is a device": feed("<link>https://old.example.org/con</link>"),
    "marks of direction": feed().replace(b"T1", "T\u202e1\u2066\u200f".encode()),
    "a language that is markup": feed("<language>en\"&gt;&lt;script&gt;</language>", channel='<language>x"&gt;&lt;script&gt;</language>'),
    "a licence that is a program": feed('<podcast:license url="javascript:alert(1)">mine</podcast:license>'),
    "a text of a megabyte for a service": feed(f"<podcast:txt>{'a' * 1_000_000}</podcast:txt>"),
    "soundbites without end": feed('<podcast:soundbite startTime="1e400" duration="NaN"/><podcast:soundbite startTime="-1" duration="inf"/>'),
    "100 000 inline chapters": feed("<psc:chapters>" + '<psc:chapter start="1" title="x"/>' * 29_000 + "</psc:chapters>"),
    "chapters that are deep": chapters(b"[" * 100_000),
    "chapters that are no JSON": chapters(noise(7)),
    "chapters at no time": chapters(b'{"chapters": [{"startTime": NaN, "title": "x"}, {"startTime": 1e999, "title": "y"}, {"startTime": -1, "title": "z"}]}'),
    "chapters with a huge number": chapters(b'{"chapters": [{"startTime": ' + b"9" * 6000 + b', "title": "x"}]}'),
    "100 000 chapters": chapters(json.dumps({"chapters": [{"startTime": n, "title": "x"} for n in range(30_000)]}).encode()),
    "chapters that are programs": chapters(b'{"chapters": [{"startTime": 0, "title": "x", "url": "javascript:alert(1)", "img": "file:///etc/passwd"}]}'),
    "chapters of this network": (feed(CHAPTERS.replace("https://c.example.org", "http://169.254.169.254")), lambda url: Fetcher()(url, 1000)),
    "notes with a script": described("<p>a<script>alert(1)</script><img src=x onerror=alert(1)><iframe src=//x></iframe></p>"),
    "notes with a program as a link": described('<a href="javascript:alert(1)">x</a><a href=" jAvAsCrIpT:alert(1)">y</a><a href="java&#10;script:alert(1)">z</a>'),
    "notes with SVG": described("<svg onload=alert(1)><script>alert(1)</script></svg>"),
    "notes nested deeply": described("<div>" * 10_000 + "x"),
    "notes nested in lists": described("<ul><li>" * 5_000),
    "notes of three megabytes": described("<p>" + "word " * 600_000),
    "notes of unclosed tags": described("<" * 500_000),
    "notes of half tags": described("<a " * 160_000),
    "notes of half breaks": described("<br " * 120_000),
    "notes of videos": described("youtube.com/watch?" * 25_000),
    "lines of colons": described("<br>".join([":" * 900 + " 1:0" + "x"] * 500)),
    "notes of half a comment": described("<!--" * 200_000),
    "notes with 100 000 times": described("<br>".join(f"{n // 60}:{n % 60:02} x" for n in range(100_000))),
    "notes with 100 000 names": described("Guests: " + ", ".join(f"Name{n} N" for n in range(100_000))),
    "notes like those of this publisher": described('<p dir="ltr" lang="en">' * 50_000),
    "notes with half a block": described('<p dir="ltr" lang="en"><bdi>' * 20_000 + "</p>"),
    "Markdown in the notes": described("<p>[x](javascript:alert(1)) &lt;script&gt;alert(1)&lt;/script&gt;</p>").replace(b"&lt;script&gt;", b"(script)").replace(b"[x](javascript:", b"[x](x:"),
    "a series of markup": feed(channel="<description>&lt;script>alert(1)&lt;/script>&lt;img src=x onerror=x></description><copyright>&lt;b></copyright>"),
    "an address with a password": feed("<podcast:chapters url='https://user:SECRETWORD2@c.example.org/c.json'/>"),
}  # fmt: skip
"""Cases of which the harmless part is taken over."""

EXPORTS: dict[str, str] = {
    "refused: a bomb": '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">' + LAUGHS + "]>" + HEAD.split("?>", 1)[1] + post(1, "&l11;") + TAIL,
    "refused: a feed": feed().decode(),
    "refused: a truncated export": HEAD + post(1, "A"),
    "refused: no XML": "PK\x03\x04 nothing",
    "refused: a web page": "<html><body>x</body></html>",
    "defused: nested HTML": HEAD + post(1, "A", "<div>" * 20_000) + TAIL,
    "defused: a script": HEAD + post(1, "A", "<script>alert(1)</script><img src=x onerror=alert(1)>") + TAIL,
    "defused: shortcodes": HEAD + post(1, "A", "[audio mp3='javascript:alert(1)']" * 10_000 + "[" * 100_000) + TAIL,
    "defused: headings and links": HEAD + post(1, "A", "<h3>Coverage</h3><ul>" * 20_000) + TAIL,
    "defused: half comments": HEAD + post(1, "A", "<!--" * 120_000) + TAIL,
    "defused: half headings": HEAD + post(1, "A", "<h3>" * 120_000) + TAIL,
    "defused: half links": HEAD + post(1, "A", "<h3>Coverage</h3><ul>" + '<a href="https://x.example.org/">' * 12_000 + "</ul>") + TAIL,
    "defused: videos": HEAD + post(1, "A", "youtube.com/watch?" * 25_000) + TAIL,
    "defused: 100 000 people": HEAD + post(1, "A", "Guests: " + "A B, " * 100_000) + TAIL,
}  # fmt: skip


def outcome(name: str) -> dict[str, Any]:
    """What became of a case: refused with a message, or defused with its size and forbidden words."""
    try:
        series = _read(name)
        text = _taken_over(series)
    except PublisherError as error:
        return {"refused": str(error)[:300], "size": len(str(error))}
    return {"size": len(text), "found": [word for word in FORBIDDEN if word in text]}


def _read(name: str) -> ImportedSeries:
    if name in EXPORTS:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export.xml"
            path.write_text(EXPORTS[name], encoding="utf-8")
            return read_wordpress(path)
    case = REFUSED.get(name) or DEFUSED.get(name) or b""
    content, pages = case if isinstance(case, tuple) else (case, nothing)
    return read_feed("feed.xml", content, lambda url, max_bytes: pages(url), "https://old.example.org/feed")


def _taken_over(series: ImportedSeries) -> str:
    """Everything that an import would write, as one text."""
    notes: list[str] = []
    people = People({})
    written: list[object] = [series_values(series, notes.append)]
    for talk in series.talks[:100]:
        entry = entry_of(talk, series, people, notes.append, NOW, accept_people=True)
        written += [dict(entry.values), entry.notes, slug_of(talk, ()), [file.place for file in talk.media]]
        written += [talk.image.place if talk.image else None, talk.origin.id]
    return json.dumps([written, people.new], default=str, ensure_ascii=False)


def names() -> Iterator[str]:
    yield from REFUSED
    yield from DEFUSED
    yield from EXPORTS


def run(names: list[str]) -> dict[str, dict[str, Any]]:
    """The outcomes, with limits of memory and time for each case."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    def give_up(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, give_up)
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        signal.alarm(SECONDS)
        try:
            found[name] = outcome(name)
        except Exception as error:  # noqa: BLE001 - every other error is what the test looks for
            found[name] = {"error": f"{type(error).__name__}: {error}"[:500]}
        finally:
            signal.alarm(0)
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(sys.argv[1:] or list(names())), indent=1))
