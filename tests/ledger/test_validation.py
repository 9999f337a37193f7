"""A receipt may come from a stranger's pull request: values that publisher would not write are refused."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from publisher import ledger
from publisher.errors import ReceiptError
from publisher.media import formats
from publisher.outputs.video.maker import MEDIA_TYPE

DIGEST = "0a1b2c3d" + "e" * 56
AUDIO_FILE = {
    "path": "media/first-talk.0a1b2c3d.mp3",
    "format": "mp3",
    "type": "audio/mpeg",
    "length": 1234,
    "duration": 61.5,
    "digest": DIGEST,
    "loudness": -16.0,
    "true_peak": -1.5,
    "channels": 1,
    "bitrate": 96,
    "height": None,
}
VIDEO_FACTS = {
    "path": "media/first-talk.0a1b2c3d.mp4",
    "format": "mp4",
    "type": "video/mp4",
    "length": 99,
    "duration": 61.5,
    "digest": DIGEST,
    "loudness": -16.0,
    "true_peak": -1.5,
    "height": 720,
    "bitrate": 900,
    "recording_duration": 62.0,
}
YOUTUBE_FACTS = {
    "id": "dQw4w9WgXcQ",
    "mark": "talk-0123456789ab",
    "file": DIGEST,
    "duration": 61.5,
    "made_of": {"recording": "ab"},
    "session": {"uri": "https://www.googleapis.com/upload/x", "size": 99, "complete": "2021-01-08T17:00:00+00:00"},
    "sent": {"title": "ab"},
    "agreed": {"title": ["ab", "cd"]},
    "thumbnail": "ab",
    "captions": {"en": {"id": "c1", "words": "ab", "made_of": "cd"}},
    "playlist": {"id": "PLx", "made_of": "ab"},
    "visible": "2021-01-08T17:00:00Z",
    "checked": True,
}  # fmt: skip
VALID: dict[str, Any] = {
    "schema": 1,
    "slug": "first-talk",
    "guid": "guid-1",
    "published": "2021-01-08T18:00:00+01:00",
    "receipts": {
        "audio": {
            "inputs": {"recording": "ab"},
            "facts": {
                "enclosures": [AUDIO_FILE],
                "recording_duration": 62.0,
                "intro_duration": 0.0,
                "outro_duration": 0.0,
                "stripped": ["creation_time"],
            },
        },
        "video": {"inputs": {}, "facts": VIDEO_FACTS},
        "youtube": {"inputs": {}, "facts": YOUTUBE_FACTS, "open": True},
    },
    "replaced": [
        {"path": "media/older-slug.ffffffff.mp3", "at": "2021-02-01T10:00:00+00:00", "because": ["title"]}
    ],
    "former": ["older-slug"],
    "withdrawn": {"day": "2021-03-01", "reason": "asked for", "places": ["feed"]},
}


def write(root: Path, document: object, slug: str = "first-talk") -> Path:
    path = root / "episodes" / slug / "released.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = document if isinstance(document, str) else json.dumps(document, indent=1)
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return path


def with_value(keys: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """The valid receipt with one value replaced."""
    document = deepcopy(VALID)
    holder: Any = document
    for key in keys[:-1]:
        holder = holder[key]
    if isinstance(holder, list) and keys[-1] == len(holder):
        holder.append(value)
    else:
        holder[keys[-1]] = value
    return document


AUDIO = ("receipts", "audio", "facts")
FILE = (*AUDIO, "enclosures", 0)
VIDEO = ("receipts", "video", "facts")
YOUTUBE = ("receipts", "youtube", "facts")
OUTWARD = (
    "../../../victim", "..", ".", "", "/etc/passwd", "a/b", "a\\b", "C:victim", "C:\\victim", "\\\\server\\share", "a\0b", "a\nb",
    "a\u202eb", "A-Talk", "a_b", "-a", "a-", "a--b", "a.b", "a b", "a" * 101, "nul", "com1", "~", "tälk", "\u0430-talk", "a\ud800",
)  # fmt: skip
NO_SLUG = (*OUTWARD, 5, None, True, ["a"], {"a": 1})
OUTWARD_PATHS = (
    "../../x", "/etc/x", "media/../../x", "media/../x.0a1b2c3d.mp3", "media/first-talk.0a1b2c3d.mp3/../../x", "\\x", "media\\x.0a1b2c3d.mp3",
    "C:/x", "C:x", "//host/x", "media//first-talk.0a1b2c3d.mp3", "./media/first-talk.0a1b2c3d.mp3", "media/./first-talk.0a1b2c3d.mp3",
    "media/first-talk.0a1b2c3d.mp3\n", "media/first-talk.0a1b2c3d.mp3\0", " media/first-talk.0a1b2c3d.mp3", "media/first-talk.0A1B2C3D.mp3",
    "media/another-talk.0a1b2c3d.mp3", "media/first-talk.mp3", "media/first-talk.0a1b2c3d.exe", "media/first-talk.0a1b2c3d.mp3:stream",
    "media/first-talk.0a1b2c3d.html", "media/first-talk..0a1b2c3d.mp3", "index.html", "feed.xml", "episodes/first-talk/index.html",
    "videos/../../x", "videos/another-talk.0a1b2c3d.mp4", "lock", "file:///etc/passwd", "media/first-talk.0a1b2c3d.MP3", "media", "media/",
    "media/first-talk.٠a1b2c3d.mp3", 5, None, True, ["media/first-talk.0a1b2c3d.mp3"], {},
)  # fmt: skip
NO_GUID = (
    "",
    " ",
    "a\nb",
    "a\0b",
    "a\tb",
    "a\u2028b",
    "a\x1b[31mb",
    "a\ud800",
    "x" * 1001,
    5,
    True,
    ["a"],
    {},
)
NO_MOMENT = (
    "soon", "2021-01-08", "2021-01-08T18:00:00", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00", "1899-12-31T00:00:00+00:00",
    "2201-01-01T00:00:00+00:00", "2021-13-01T00:00:00Z", "2021-01-08T18:00:00+99:00", "٢٠٢١-01-08T18:00:00Z", "2021-01-08T18:00:00Z" * 100,
    "", 5, 1e300, True, [], {},
)  # fmt: skip
NO_LENGTH = (-1, 1.5, True, "1234", None, 2**70, [], {})
NO_SECONDS = (-1.0, -0.001, 1e300, 1e9, True, "61.5", [], {})
NO_DIGEST = (
    "",
    "0a1b2c3d",
    "0" * 64,
    DIGEST.upper(),
    DIGEST[:-1],
    DIGEST + "0",
    DIGEST[:-1] + "g",
    DIGEST + "\n",
    5,
    None,
    [],
)
NO_DECIBELS = (1e300, -1e300, True, "-16", [], 2**2000)

HOSTILE: tuple[tuple[tuple[str | int, ...], tuple[object, ...]], ...] = (
    (("former",), ("older-slug", {"a": 1}, 5, True)),
    (("former", 1), NO_SLUG),
    (("former", 0), ({}, {"slug": "../x"}, {"slug": "x", "at": "soon"}, {"slug": "x", "redirect": "no"}, {"slug": "x", "later": 1})),
    (("recording",), (5, ["ab"], "x" * 5000, "a\nb")),
    (("slug",), ("another-talk", *NO_SLUG)),
    (("guid",), NO_GUID),
    (("published",), NO_MOMENT),
    (("replaced",), ({"path": "media/first-talk.0a1b2c3d.mp3"}, 5, "x", True)),
    (("replaced", 1), (5, "x", [], {}, {"path": "media/first-talk.0a1b2c3d.mp3"}, {"at": "2021-02-01T10:00:00+00:00"})),
    (("replaced", 0, "path"), OUTWARD_PATHS),
    (("replaced", 0, "at"), NO_MOMENT),
    (("receipts",), (5, "x", [1], True)),
    (("receipts", "audio"), (5, "x", [], {}, None, {"facts": {}}, {"inputs": None})),
    (("receipts", "../x"), ({"inputs": {}},)),
    (("receipts", "a\nb"), ({"inputs": {}},)),
    (("receipts", "audio", "inputs"), (5, "x", [], {"a": 5}, {"a": None}, {"a": {"b": "c"}}, {"a": "x" * 10**6})),
    (("receipts", "audio", "open"), ("yes", 1, [], {})),
    (("receipts", "audio", "facts"), (5, "x", [1], True)),
    ((*AUDIO, "enclosures"), (5, "x", {"path": "x"}, True, [5], ["x"], [{}], [{"x": 1}], [AUDIO_FILE] * 100)),
    ((*AUDIO, "recording_duration"), (None, *NO_SECONDS)),
    ((*AUDIO, "intro_duration"), (None, *NO_SECONDS)),
    ((*AUDIO, "outro_duration"), (None, *NO_SECONDS)),
    ((*AUDIO, "mono_from"), (5, ["x"], {"a": 1}, "a\ud800")),
    ((*AUDIO, "stripped"), (5, "x", {"a": 1}, [5], [{}], ["a\ud800"])),
    ((*AUDIO, "later"), (float("inf"), float("-inf"), float("nan"), {"x": float("nan")}, [1e999], "a\ud800", {"a\ud800": 1})),
    ((*FILE, "path"), (*OUTWARD_PATHS, "media/first-talk.0a1b2c3d.m4a", "media/first-talk.ffffffff.mp3", "videos/first-talk.0a1b2c3d.mp4")),
    ((*FILE, "format"), ("exe", "", "m4a", "mp4", "MP3", 5, None, [], {})),
    ((*FILE, "type"), ("text/html", "", "audio/mp4", "audio/mpeg\r\nX: y", 5, None, [], {})),
    ((*FILE, "length"), NO_LENGTH),
    ((*FILE, "duration"), (None, *NO_SECONDS)),
    ((*FILE, "digest"), NO_DIGEST),
    ((*FILE, "loudness"), NO_DECIBELS),
    ((*FILE, "true_peak"), NO_DECIBELS),
    ((*FILE, "channels"), (0, -1, 1.5, True, "1", 10**6, None, [])),
    ((*FILE, "bitrate"), (-1, 1.5, True, "96", 10**12, [])),
    ((*FILE, "height"), (-1, 0, 1.5, True, "720", 10**9, [])),
    ((*FILE, "later"), (1,)),
    ((*VIDEO, "path"), (*OUTWARD_PATHS, "media/first-talk.0a1b2c3d.mp3", "videos/first-talk.0a1b2c3d.exe", "videos/first-talk.ffffffff.mp4")),
    ((*VIDEO, "format"), ("mp3", 5, None)),
    ((*VIDEO, "type"), ("text/html", "audio/mpeg", 5, None)),
    ((*VIDEO, "length"), NO_LENGTH),
    ((*VIDEO, "duration"), (None, *NO_SECONDS)),
    ((*VIDEO, "digest"), NO_DIGEST),
    ((*VIDEO, "recording_duration"), (None, *NO_SECONDS)),
    ((*VIDEO, "height"), (-1, "720", 10**9)),
    ((*YOUTUBE, "id"), ("../x", "a b", "a/b", 'x" onload="y', "a\nb", "", "x" * 1000, 5, [])),
    ((*YOUTUBE, "mark"), (5, [], "a\nb", "x" * 10**6)),
    ((*YOUTUBE, "file"), (5, [], "../x", "ab")),
    ((*YOUTUBE, "duration"), (*NO_SECONDS, None)),
    ((*YOUTUBE, "visible"), NO_MOMENT),
    ((*YOUTUBE, "session"), (5, "x", [1], True)),
    ((*YOUTUBE, "session", "uri"), ("file:///etc/passwd", "ftp://x/", "x", "", "https://a b/", "https://x/\r\nX: y", "https://user:pass@x/", "https://", 5, None, "https://x/" + "a" * 9000)),
    ((*YOUTUBE, "session", "size"), NO_LENGTH),
    ((*YOUTUBE, "session", "complete"), NO_MOMENT),
    ((*YOUTUBE, "session", "gone"), ("yes", 5)),
    ((*YOUTUBE, "agreed"), (5, "x", [1], {"title": "ab"}, {"title": ["ab"]}, {"title": [1, 2]}, {"title": ["a", "b", "c"]}, {"title": {}})),
    ((*YOUTUBE, "sent"), (5, "x", [1], {"title": 5})),
    ((*YOUTUBE, "made_of"), (5, "x", [1], {"recording": 5})),
    ((*YOUTUBE, "captions"), (5, "x", [1], {"en": "x"}, {"en": [1]}, {"en": {"id": 5}}, {"en": {"words": []}})),
    ((*YOUTUBE, "captions", "en", "id"), ("../x", "a\nb", "a b&id=c", 5)),
    ((*YOUTUBE, "playlist"), (5, "x", [1], {"id": 5}, {"id": "a/b"})),
    ((*YOUTUBE, "thumbnail"), (5, [], {})),
    ((*YOUTUBE, "checked"), ("yes", 1, [])),
    ((*AUDIO, "path"), ("media/first-talk.0a1b2c3d.mp3", "media/another-talk.0a1b2c3d.mp3", "../x", None)),
    ((*VIDEO, "enclosures"), ([AUDIO_FILE], [{**AUDIO_FILE, "path": "media/another-talk.0a1b2c3d.mp3"}], [])),
    ((*YOUTUBE, "path"), ("media/first-talk.0a1b2c3d.mp3",)),
    ((*YOUTUBE, "enclosures"), ([AUDIO_FILE],)),
    (AUDIO, ({"enclosures": [AUDIO_FILE]}, {"enclosures": [AUDIO_FILE], "recording_duration": 62.0})),
    (VIDEO, ({"path": "media/first-talk.0a1b2c3d.mp4"}, {"path": "videos/first-talk.0a1b2c3d.mp4", "length": 99})),
    (YOUTUBE, ({"id": "dQw4w9WgXcQ"}, {"visible": "2021-01-08T17:00:00Z"}, {"session": {}}, {"session": {"size": 5}})),
    (("withdrawn",), (5, "x", [], {}, {"day": "2021-03-01", "reason": "x"})),
    (("withdrawn", "day"), ("soon", "2021-13-01", "0001-01-01", "9999-01-01", 5, None, [], "2021-03-01T10:00:00+00:00")),
    (("withdrawn", "reason"), (5, None, [], "x" * 10**6, "a\ud800")),
    (("withdrawn", "places"), ([], "feed", ["nowhere"], [5], [["feed"]], None, {"feed": 1})),
    (("withdrawn", "later"), (1,)),
    (("replaced", 0, "later"), (1,)),
    (("replaced", 0, "because"), (5, "x", {}, [5], [["x"]], ["a\nb"], ["x" * 5000])),
    (("receipts", "audio", "later"), (1,)),
    (("later",), (1,)),
)  # fmt: skip


def refusal(root: Path) -> str:
    """The error of `load`; "" if it accepts the receipts."""
    try:
        ledger.load(root)
    except ReceiptError as error:
        return str(error)
    return ""


def test_a_valid_receipt_is_read_and_written_unchanged(tmp_path: Path) -> None:
    path = write(tmp_path, VALID)
    talk = ledger.load(tmp_path).record("first-talk")
    ledger.save_record(tmp_path, talk)
    assert json.loads(path.read_text(encoding="utf-8")) == VALID


@pytest.mark.parametrize(("keys", "values"), HOSTILE, ids=[".".join(map(str, keys)) for keys, _ in HOSTILE])
def test_a_value_that_publisher_would_not_write_is_refused(
    tmp_path: Path, keys: tuple[str | int, ...], values: tuple[object, ...]
) -> None:
    for value in values:
        write(tmp_path, with_value(keys, value))
        message = refusal(tmp_path)
        assert re.match(r"episodes/first-talk/released\.json:[0-9]+: ", message), (value, message)
        assert "from version control" in message, value
        assert len(message) < 1000 and message.isprintable(), value


LATER = {
    "an output of a later publisher": (("receipts", "deliver"), {"inputs": {}, "facts": {"any": [1, "x", None]}}),
    "a fact of a later publisher": ((*YOUTUBE, "later"), {"x": [1.5, None]}),
    "facts that are not there": (("receipts", "audio", "facts"), None),
    "a waiting video": (VIDEO, {"path": "videos/first-talk.0a1b2c3d.mkv", "length": 99, "duration": 61.5, "digest": DIGEST}),
    "a video under the slug it had": ((*VIDEO, "path"), "media/older-slug.0a1b2c3d.mp4"),
    "a file that the slug of now named": (("replaced", 0, "path"), "media/first-talk.ffffffff.mp4"),
    "a guid of another feed": (("guid",), "https://old.example.org/?p=12"),
    "a guid in another script": (("guid",), "سلام ۱۲"),
    "a linked video": (YOUTUBE, {"id": "dQw4w9WgXcQ", "checked": True}),
    "no former slugs": (("former",), ["older-slug", "older-slug"]),
    "a former slug without redirect": (("former",), ["older-slug", {"slug": "b", "redirect": False}]),
    "a former slug with its day": (("former",), ["older-slug", {"slug": "b", "at": "2021-01-08T18:00:00+01:00"}]),
    "the recording of a withdrawn talk": (("recording",), "ab"),
    "a zone of another hour": (("published",), "1950-01-08T18:00:00-09:30"),
    "captions that were left alone": ((*YOUTUBE, "captions"), {"en": {"id": None, "left": True, "made_of": "x"}, "ur": {"trying": "x"}}),
}  # fmt: skip


@pytest.mark.parametrize("name", LATER)
def test_a_value_of_this_or_a_later_publisher_is_kept(tmp_path: Path, name: str) -> None:
    document = with_value(*LATER[name])
    path = write(tmp_path, document)
    ledger.save_record(tmp_path, ledger.load(tmp_path).record("first-talk"))
    saved = json.loads(path.read_text(encoding="utf-8"))
    if name == "facts that are not there":
        document["receipts"]["audio"]["facts"] = {}
    assert saved == document


def test_a_receipt_without_a_slug_is_read_and_gets_its_slug(tmp_path: Path) -> None:
    path = write(tmp_path, {key: value for key, value in VALID.items() if key != "slug"})
    ledger.save_record(tmp_path, ledger.load(tmp_path).record("first-talk"))
    assert json.loads(path.read_text(encoding="utf-8")) == VALID


def test_an_error_has_the_line_of_its_value(tmp_path: Path) -> None:
    for keys in ((*FILE, "digest"), (*VIDEO, "digest"), (*YOUTUBE, "session", "size"), ("replaced", 0, "at")):
        path = write(tmp_path, with_value(keys, -12345))
        lines = path.read_text(encoding="utf-8").splitlines()
        number = next(number for number, line in enumerate(lines, 1) if "-12345" in line)
        assert refusal(tmp_path).startswith(f"episodes/first-talk/released.json:{number}: {keys[-1]}: ")


WHOLE = json.dumps(VALID, indent=1)
TEXTS = (
    ("a key twice", WHOLE.replace('"guid": "guid-1"', '"guid": "x",\n "guid": "guid-1"'), "guid.*twice"),
    ("a key twice further in", WHOLE.replace('"size": 99', '"size": 1, "size": 99'), "size.*twice"),
    ("a number over all bounds", WHOLE.replace('"length": 1234', '"length": 1e999'), "length"),
    ("a number of 5000 digits", WHOLE.replace('"length": 1234', '"length": ' + "9" * 5000), "number"),
    ("NaN", WHOLE.replace('"length": 1234', '"length": NaN'), "NaN"),
    ("infinity", WHOLE.replace('"duration": 61.5', '"duration": -Infinity'), "Infinity"),
    ("two documents", WHOLE + WHOLE, "not JSON"),
    ("a conflict of two branches", "<<<<<<< HEAD\n" + WHOLE, ":1: not JSON"),
    ("a deep value", WHOLE.replace('"length": 99', '"x": ' + "[" * 60 + "]" * 60 + ', "length": 99'), "deep"),
    ("a very deep value", WHOLE.replace('"length": 99', '"x": ' + "[" * 900 + "]" * 900 + ', "length": 99'), "deep"),
    ("half a character", WHOLE.replace('"asked for"', '"\\ud800"'), "surrogate"),
    ("nothing", "", "not JSON"),
    ("a byte order mark", "\ufeff" + WHOLE, "not JSON"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "words"), [case[1:] for case in TEXTS], ids=[case[0] for case in TEXTS])
def test_a_text_that_is_not_a_receipt_is_refused(tmp_path: Path, text: str, words: str) -> None:
    write(tmp_path, text)
    assert re.search(words, refusal(tmp_path))


def test_a_value_that_json_does_not_allow_is_reported_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, WHOLE.replace('"length": 99', '"length": NaN'))
    number = WHOLE[: WHOLE.index('"length": 99')].count("\n") + 1
    assert refusal(tmp_path).startswith(f"episodes/first-talk/released.json:{number}: NaN: not a number")


@pytest.mark.parametrize(
    "schema", [True, 1.0, "1", None, [], 2, "x" * 10**6, "\x1b[31m"], ids=lambda value: repr(value)[:20]
)
def test_an_unknown_schema_is_refused(tmp_path: Path, schema: object) -> None:
    write(tmp_path, with_value(("schema",), schema))
    message = refusal(tmp_path)
    assert "this publisher reads 1" in message and message.isprintable() and len(message) < 300


# Whose receipts they are


def test_receipts_in_the_folder_of_another_episode_are_refused_with_both_paths(tmp_path: Path) -> None:
    write(tmp_path, VALID, "another-talk")
    message = refusal(tmp_path)
    assert message.startswith("episodes/another-talk/released.json:3: slug: ")
    assert "episodes/first-talk/released.json" in message


def test_swapped_receipts_are_refused(tmp_path: Path) -> None:
    other = {"schema": 1, "slug": "another-talk", "guid": "guid-2", "receipts": {}}
    write(tmp_path, VALID, "another-talk")
    write(tmp_path, other, "first-talk")
    message = refusal(tmp_path)
    assert "episodes/another-talk/released.json" in message and "episodes/first-talk/released.json" in message


def test_swapped_receipts_without_slugs_are_detected_by_their_files(tmp_path: Path) -> None:
    write(tmp_path, {key: value for key, value in VALID.items() if key != "slug"}, "another-talk")
    assert "not a file of this talk" in refusal(tmp_path)


def test_two_episodes_with_one_guid_are_refused_with_both_paths(tmp_path: Path) -> None:
    write(tmp_path, VALID)
    write(tmp_path, {"schema": 1, "slug": "copied-talk", "guid": "guid-1"}, "copied-talk")
    message = refusal(tmp_path)
    assert re.match(r"episodes/[a-z-]+/released\.json:[0-9]+: guid: ", message)
    assert "episodes/copied-talk/released.json" in message and "episodes/first-talk/released.json" in message


def test_a_published_episode_without_a_guid_is_refused_and_gets_no_new_one(tmp_path: Path) -> None:
    write(tmp_path, with_value(("guid",), None))
    assert "guid: not what publisher writes there: missing" in refusal(tmp_path)


@pytest.mark.parametrize("folder", ["First-Talk", "first_talk", "first talk", "nul", "-x", "x" * 101])
def test_a_folder_whose_name_is_not_a_slug_has_no_receipts(tmp_path: Path, folder: str) -> None:
    write(tmp_path, {"schema": 1, "guid": "guid-1"}, folder)
    assert "not a slug" in refusal(tmp_path)


# The feed


FEED = {
    "schema": 1,
    "guid": "917393e3-1b1e-5cef-ace4-edaa54e1f810",
    "address": "https://talks.example.org/feed.xml",
    "former": ["http://old.example.org/feed"],
}
NO_ADDRESS = ("x", "", "file:///etc/passwd", "https://a b/", "https://x/\r\nX: y", "https://user@x/", "//x/", 5, ["x"], "https://x:port/")  # fmt: skip
HOSTILE_FEED = (
    *(("guid", value) for value in NO_GUID),
    *(("address", value) for value in NO_ADDRESS),
    *(("former", [value]) for value in (*NO_ADDRESS, None)),
    *(("former", value) for value in (5, "x", {"a": 1}, True)),
    *(("topics", value) for value in (5, "x", ["a"], {"a": "b"}, {"a": ["../b"]}, {"a\n": ["b"]})),
    ("later", 1),
)  # fmt: skip


def test_the_identity_of_the_feed_is_validated_too(tmp_path: Path) -> None:
    path = tmp_path / "episodes" / "released.json"
    path.parent.mkdir()
    path.write_text(json.dumps(FEED), encoding="utf-8")
    known = ledger.load(tmp_path)
    assert (known.feed_guid, known.feed_address) == (FEED["guid"], FEED["address"])
    for key, value in HOSTILE_FEED:
        path.write_text(json.dumps({**FEED, key: value}), encoding="utf-8")
        assert re.match(r"episodes/released\.json:[0-9]+: ", refusal(tmp_path)), (key, value)


# Against the rest of the package


def test_the_media_types_are_those_of_the_formats() -> None:
    from publisher.ledger import validation

    made = {row.name: row.media_type for row in formats.FORMATS.values()}
    assert made == validation.AUDIO_TYPES
    assert all(row.name == row.suffix for row in formats.FORMATS.values())
    assert validation.VIDEO_TYPES == {"mp4": MEDIA_TYPE}
