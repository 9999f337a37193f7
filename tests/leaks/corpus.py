"""Forty leaks: twenty kinds, each in two kinds of published files.

The people do not exist. Each file is written by another program or library than reads it, or byte for
byte by hand.
"""

from __future__ import annotations

import base64
import io
import json
import struct
import zlib
from collections.abc import Callable
from urllib.parse import quote

from publisher.leaks import HostIdentity, Secret, Secrets

NAME = "Nemo Exemplarius"
URDU = "کوئی مثالی‌نام"
SECRETS = Secrets(
    (
        Secret("name", NAME, "guest-a"),
        Secret("name", URDU, "guest-a"),
        Secret("name", "Жюль Пример", "guest-b"),
        Secret("e-mail", "nemo.exemplarius@example.org", "guest-a"),
        Secret("phone", "+33 6 99 00 12 34", "guest-a"),
        Secret("address", "12 rue des Exemples, 75099 Sampleville", "guest-a"),
        Secret("word", "Untertestbach"),
        *HostIdentity(("/home/producer/talks", "C:\\Users\\producer"), "producer", "samples-mac-3").secrets(),
    )
)


def page(text: str) -> bytes:
    return f"<!doctype html><title>A talk</title>\n<p>Before. {text} After.</p>\n".encode()


def feed(text: str) -> bytes:
    body = "<rss><channel><item>\n<description>%s</description></item></channel></rss>"
    return body.replace("%s", text).encode()


def cues(text: str) -> bytes:
    return f"WEBVTT\n\n00:01.000 --> 00:02.000\n{text}\n".encode()


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    from PIL import Image

    made = io.BytesIO()
    Image.new("RGB", (8, 8)).save(made, "JPEG")
    extra = b"".join(
        bytes((0xFF, marker)) + struct.pack(">H", len(part) + 2) + part for marker, part in segments
    )
    return made.getvalue()[:2] + extra + made.getvalue()[2:]


def exif(**tags: object) -> bytes:
    from PIL import Image

    numbers = {"make": 0x010F, "artist": 0x013B, "software": 0x0131, "taken": 0x0132}
    written = Image.Exif()
    for name, value in tags.items():
        if name == "gps":
            written.get_ifd(0x8825).update({1: "N", 2: (33.0, 41.0, 1.0)})
        elif name == "serial":
            written.get_ifd(0x8769)[0xA431] = value
        else:
            written[numbers[name]] = value
    return written.tobytes()


def png(kind: bytes, part: bytes) -> bytes:
    def chunk(kind: bytes, part: bytes) -> bytes:
        return struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(kind, part) + pixels + chunk(b"IEND", b"")


def mp3(*frames: object) -> bytes:
    from mutagen.id3 import ID3

    tags, made = ID3(), io.BytesIO()
    for frame in frames:
        tags.add(frame)
    tags.save(made, v2_version=3)
    return made.getvalue() + b"\xff\xfb\x90\x00" + bytes(413)


def frame(name: str, **fields: object) -> object:
    import mutagen.id3

    return getattr(mutagen.id3, name)(encoding=1, **fields)


def box(name: bytes, *parts: bytes) -> bytes:
    inner = b"".join(parts)
    return struct.pack(">I", len(inner) + 8) + name + inner


def mp4(*parts: bytes, made: int = 0) -> bytes:
    header = box(b"mvhd", struct.pack(">III", 0, made, made), bytes(88))
    return box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", header, *parts) + box(b"mdat", bytes(64))


def ogg(*comments: str) -> bytes:
    words = [comment.encode() for comment in comments]
    vendor = b"libopus"
    tags = b"OpusTags" + struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(words))
    tags += b"".join(struct.pack("<I", len(word)) + word for word in words)

    def a_page(number: int, part: bytes) -> bytes:
        lacing = bytes([255] * (len(part) // 255) + [len(part) % 255])
        return b"OggS" + bytes(22) + bytes([len(lacing)]) + lacing + part

    return a_page(0, b"OpusHead" + bytes(11)) + a_page(1, tags)


def xmp(inside: str) -> bytes:
    return (
        b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta><rdf:RDF><rdf:Description "
        + inside.encode()
        + b"/></rdf:RDF></x:xmpmeta>"
    )


def fullwidth(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if letter != " " else "\u3000" for letter in text)


Entry = tuple[str, str, Callable[[], bytes], str]
"""A description, the published path, its bytes, and how the kind of its leak begins."""

LEAKS: tuple[Entry, ...] = (
    ("another case", "episodes/a/index.html", lambda: page("NEMO eXEMPLARIUS"), "name"),
    ("another case", "feed.xml", lambda: feed("nemo exemplarius"), "name"),
    ("diacritics", "episodes/a/index.html", lambda: page("Némó Éxemplàrius"), "name"),
    ("diacritics", "episodes/a/transcript.en.vtt", lambda: cues("Ne\u0301mo Exemplarius"), "name"),
    ("another Unicode form", "feed.xml", lambda: feed(fullwidth(NAME)), "name"),
    ("another Unicode form", "media/a.mp3", lambda: mp3(frame("TIT2", text=[fullwidth(NAME)])), "name"),
    ("Arabic letters", "episodes/a/index.html", lambda: page("كوئي مثالي نام"), "name"),
    ("Arabic letters", "episodes/a/transcript.ur.srt", lambda: "1\n00:00:01,000 --> 00:00:02,000\nكُوئى مثالینام\n".encode(), "name"),
    ("look-alike letters", "episodes/a/index.html", lambda: page("Nеmо Ехеmрlаrіus"), "name"),
    ("look-alike letters", "search/0/0.json", lambda: json.dumps({"t": "Жюль Пpимeр"}).encode(), "name"),
    ("split by markup", "episodes/a/index.html", lambda: page("Ne<b>mo</b> Exem<i>plar</i>ius"), "name"),
    ("split by markup", "episodes/a/transcript.en.vtt", lambda: cues("<v Guest>Nemo <c.x>Exem</c>plarius"), "name"),
    ("encoded for HTML", "episodes/a/index.html", lambda: page("N&#101;mo&nbsp;&#x45;xemplarius"), "name"),
    ("encoded for HTML", "feed.xml", lambda: feed("N&amp;eacute;mo Exemplarius"), "name"),
    ("encoded for addresses", "sitemap.xml", lambda: feed(quote(f"/people/{NAME}")), "name"),
    ("encoded for addresses", "media/" + quote(NAME) + ".mp3", lambda: mp3(), "name"),
    ("base64", "episodes/a/index.html", lambda: page(base64.b64encode(NAME.encode()).decode()), "name"),
    ("base64", "assets/x.js", lambda: f"let a = atob('{base64.b64encode(NAME.encode()).decode()}')".encode(), "name"),
    ("another order", "episodes/a/index.html", lambda: page("Exemplarius, Nemo"), "name"),
    ("another order", "episodes/exemplarius-nemo/index.html", lambda: page(""), "name"),
    ("an e-mail", "episodes/a/index.html", lambda: page("nemo.exemplarius (at) example [dot] org"), "e-mail"),
    ("an e-mail", "media/a.mp3", lambda: mp3(frame("COMM", lang="eng", desc="", text=["Nemo.Exemplarius@EXAMPLE.org"])), "e-mail"),
    ("a phone", "feed.xml", lambda: feed("call 0033 (0)6-99.00 12 34"), "phone"),
    ("a phone", "episodes/a/chapters.json", lambda: json.dumps({"title": "۰۶۹۹۰۰۱۲۳۴"}).encode(), "phone"),
    ("an address", "episodes/a/index.html", lambda: page("12, Rue des\nExemples"), "address"),
    ("an address", "episodes/a/chapters.json", lambda: json.dumps({"title": "at 12 RUE DES EXEMPLES"}).encode(), "address"),
    ("a word", "episodes/a/transcript.de.json", lambda: json.dumps({"body": "aus untertestbachs Mitte"}).encode(), "word"),
    ("a word", "media/a.opus", lambda: ogg("DESCRIPTION=from Untertestbach"), "word"),
    ("a path of this machine", "assets/pages.js", lambda: b"//# source=/home/producer/talks/x.js", "path"),
    ("a path of this machine", "media/a.opus", lambda: ogg("TITLE=C:\\Users\\producer\\talk.wav"), "path"),
    ("a place", "episodes/a/cover.jpg", lambda: jpeg((0xE1, exif(gps=True))), "GPS"),
    ("a place", "media/a.m4a", lambda: mp4(box(b"udta", box("©xyz".encode("latin-1"), b"\0\x12\x15\xc7+33.6+73.0/"))), "GPS"),
    ("a device", "episodes/a/card.jpg", lambda: jpeg((0xE1, exif(make="Some Telephone"))), "device"),
    ("a device", "media/a.opus", lambda: ogg("MODEL=Some Telephone 5"), "device"),
    ("an author", "people/a/photo.jpg", lambda: jpeg((0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x0c\x1c\x02\x50\0\x07Someone")), "author"),
    ("an author", "media/a.m4a", lambda: mp4(box(b"udta", box(b"ownr", b"\0\0\0\0Somebody"))), "author"),
    ("software and a time", "assets/mark.png", lambda: png(b"tEXt", b"Software\0Some Editor 9"), "software"),
    ("software and a time", "media/a.m4a", lambda: mp4(made=3_690_000_000), "creation time"),
    ("a serial number", "episodes/a/cover.jpg", lambda: jpeg((0xE1, exif(serial="000123456"))), "serial number"),
    ("a serial number", "episodes/a/cover.png", lambda: png(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp('aux:SerialNumber="77"')), "serial number"),
)  # fmt: skip

SPELLINGS: tuple[tuple[str, str], ...] = (
    ("Вениамин Примеров", "ВЕНИАМИН ПРИМЕРОВ"),
    ("Вениамин Примеров", "#вениаминпримеров"),
    ("Вениамин Примеров", "#ВениаминПримеров"),
    ("Вениамин Примеров", "примеров_вениамин"),
    ("Вениамин Примеров", "Bениaмин Пpимepoв"),
    ("Νίκος Παράδειγμα", "ΝΙΚΟΣ ΠΑΡΑΔΕΙΓΜΑ"),
    ("Νίκος Παράδειγμα", "Παράδειγμα, Νίκος"),
    ("Նիկոլ Օրինակյան", "ՆԻԿՈԼ ՕՐԻՆԱԿՅԱՆ"),
    ("ნიკოლოზ მაგალითი", "ᲜᲘᲙᲝᲚᲝᲖ ᲛᲐᲒᲐᲚᲘᲗᲘ"),
    ("Işıl Örnek", "IŞIL ÖRNEK"),
    ("İsmail Örnek", "ismail ornek"),
    ("Groß Beispiel", "GROSS BEISPIEL"),
    ("Groß Beispiel", "GROẞ BEISPIEL"),
    ("Иса Ӏамагов", "ИСА ӀАМАГОВ"),
    ("\u0645\u062b\u0627\u0644\u06cc \u0646\u0627\u0645", "\ufee3\ufe9c\ufe8e\ufedf\ufef2 \ufee7\ufe8e\ufee1"),
    ("משה כהן", "מֹשֶׁה כֹּהֵן"),
    ("उदाहरण क़ुरैशी", "उदाहरण कुरैशी"),
    ("Nemo Exemplarius", "Ⓝⓔⓜⓞ Ⓔⓧⓔⓜⓟⓛⓐⓡⓘⓤⓢ"),
    ("Nemo Exemplarius", "𝑵𝒆𝒎𝒐 𝑬𝒙𝒆𝒎𝒑𝒍𝒂𝒓𝒊𝒖𝒔"),
    ("Nemo Exemplarius", "ɴᴇᴍᴏ ᴇxᴇᴍᴘʟᴀʀɪᴜꜱ"),
    ("Nemo Exemplarius", "Ne\u00admo Exem\u2060plar\u200dius"),
    ("Nemo Exemplarius", "N\ufe0fe\u3164m\u115fo E\u20ddx\u20e3e\u0489mplarius"),
    ("Nemo Exemplarius", "Nemo Exem\U000e0070plarius"),
    ("Nemo Exemplarius", "\u2067Nemo \u2068Exem\u2066plarius"),
    ("Nemo Exemplarius", "\u202esuiralpmexE omeN\u202c"),
    ("Nemo Exemplarius", "\u202esuiralpmexE omeN"),
    ("Nemo Exemplarius", "Nemo \u202esuiralp\u202emexE\u202c\u202c"),
    ("Nemo Exemplarius", "\u2067Nemo \u202esuiralpmexE\u202c"),
    ("Nemo Exemplarius", "".join(chr(0xE0000 + ord(letter)) for letter in "Nemo Exemplarius")),
    ("Nemo Exemplarius", "Nemo ExempIarius"),
    ("Nemo Exemplarius", "Nem0 Exemp1arius"),
    ("Nemo Exemplarius", "Nemo Exemplar1us"),
    ("Ivan Exemplarius", "lvan Exemplarius"),
    ("Nemo Exemplarius", "Νemo Exemplarius"),
    ("Vanda Exemplarius", "νanda Exemplarius"),
    ("Nemo Exemplarius", "ꓠemo Exꭼmplarius"),
    ("Nemo Exemplarius", "Nemഠ Exemplarius"),
    ("Nata Vanja", "ΝΑΤΑ VΑΝЈΑ"),
    ("Галина Примерова", "Γалина Πpимepoвa"),
    ("Nemo Zarrinkelk", "Nemo Zarrin-\nkelk"),
    ("Nemo Zarrinkelk", "Nemo Zarrin\u00ad\n    kelk"),
    ("Nemo Zarrinkelk", "Nemo Zarrin\u2010\nkelk"),
    ("Nemo Zarrinkelk", "Nemo Zarrin-kelk"),
    ("Nemo Zarrinkelk", "Nemo Zar-\nrin-\nkelk"),
    ("Nemo Zarrinkelk", "Nemo Zarrin-<br>kelk"),
    ("Nemo Zarrinkelk", "Nemo Zar**rin**kelk"),
    ("Nemo Zarrinkelk", "Nemo [Zarrin](https://example.org/a)kelk"),
    ("Nemo Zarrinkelk", "N e m o Z.a.r.r.i.n.k.e.l.k"),
    ("Nemo Zarrinkelk", "Nemo 0:12 Zarrinkelk"),
    ("Nemo Zarrinkelk", "Nemo [1:02:40] Zarrinkelk"),
    ("Nemo Zarrinkelk", "Nemo" + 40 * " " + "\n" + 40 * " " + "Zarrinkelk"),
    ("Nemo Zarrinkelk", "#NemoZarrinkelkLive"),
    ("Ana Bo", "#AnaBoLive"),
    ("Ana", "#TalkWithAna2"),
    ("कुमार उदाहरण", "उदाहरण कुमार"),
    ("राम", "जय राम।"),
    ("예시 김", "김, 예시"),
)  # fmt: skip
"""A name in private/people.toml, and another way to write it."""

INNOCENT: tuple[tuple[str, str], ...] = (
    ("Ana", "A banana, Anatole and analysis; #Bananas"),
    ("Ali", "All of it, also the rest; ALL."),
    ("Nan", "From van to Van."),
    ("Noor", "voor iedereen"),
    ("Лев", "Левый берег, слева"),
    ("राम", "रामायण, रमा, रोम"),
    ("Nemo Exemplarius", "Nemo spoke. An Exemplarius came later."),
    ("Nemo Exemplarius", "Nemo\n#############\nExemplarius"),
    ("Zarrinkelk", "Zarrin, and later a kelk"),
    ("Zarrinkelk", "Zarrin\nkelk"),
    ("Ola", "the hola, 01a and 0LA5 of a hash"),
    ("Will", "w1lling, w.i.l.d"),
    ("Омар", "кошмар о марте"),
)
"""A name, and a text that does not contain it."""

MORE: tuple[Entry, ...] = (
    ("name in XMP", "people/a/photo.jpg", lambda: jpeg((0xE1, xmp(f'dc:title="{NAME}"'))), "name"),
    ("camera in XMP", "people/a/photo.jpg", lambda: jpeg((0xE1, xmp('tiff:Model="X"'))), "device"),
    ("cover inside MP3", "media/a.mp3", lambda: mp3(frame("APIC", mime="image/jpeg", type=3, desc="", data=jpeg((0xE1, exif(gps=True))))), "GPS"),
    ("encoder in MP3", "media/a.mp3", lambda: mp3(frame("TSSE", text=["Lavf60"])), "software"),
    ("chapter in MP3", "media/a.mp3", lambda: mp3(_chapter(NAME)), "name"),
    ("wide letters", "episodes/a/transcript.en.vtt", lambda: cues(NAME).decode().encode("utf-16"), "name"),
    ("escaped for JSON", "search/0/0.json", lambda: json.dumps({"t": URDU}).encode(), "name"),
    ("behind the picture", "assets/cover.jpg", lambda: jpeg() + NAME.encode(), "name"),
    ("an editor's drawing", "assets/a.svg", lambda: b"<svg xmlns:sodipodi='x' sodipodi:docname='a.svg'/>", "software"),
    ("a comment", "assets/a.jpg", lambda: jpeg((0xFE, NAME.encode())), "name"),
    ("an account", "assets/a.js", lambda: b"/Users/producer/x", "account"),
    ("a machine", "assets/a.js", lambda: b"built on samples-mac-3.local", "name of this machine"),
)  # fmt: skip


def _chapter(title: str) -> object:
    import mutagen.id3

    inner = [mutagen.id3.TIT2(encoding=1, text=[title])]
    return mutagen.id3.CHAP(element_id="c0", start_time=0, end_time=1, sub_frames=inner)
