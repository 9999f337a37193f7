"""What a review file contains, and what it does not."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
from pathlib import Path

import av
import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from publisher.review import records, sealed
from tests.review.conftest import PASSPHRASE, Reviewed, data_of, sound_of


def test_the_sound_is_the_published_part_and_has_no_metadata(reviewed: Reviewed, tmp_path: Path) -> None:
    path = tmp_path / "sound.webm"
    path.write_bytes(sound_of(reviewed.html()))
    with av.open(str(path)) as media:
        stream = media.streams.audio[0]
        assert (stream.codec_context.name, stream.codec_context.channels) == ("opus", 1)
        assert {key.lower() for key in media.metadata} <= {"encoder"}
    decoded = subprocess.run(
        [get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-f", "s16le", "-ar", "48000", "-"],
        capture_output=True,
        check=True,
    )
    assert len(decoded.stdout) / 2 / 48000 == pytest.approx(3.0, abs=0.05)


def test_the_words_are_those_that_would_be_published(reviewed: Reviewed) -> None:
    html = reviewed.html()
    for words in (
        "What is an example?",
        "Welcome to the talk.",
        "exampels",
        "First Guest",
    ):
        assert words in html
    assert "cut already." not in html.replace("what was cut already is not in it", "")


@pytest.mark.parametrize(
    "text",
    ["Second Person", "second-guest", "a title of the second one", "second.example.org", "Zarifa", "unlisted",
     "episodes.toml", "recording.wav", "asked for by the team", "first-guest"],
)  # fmt: skip
def test_what_the_guest_need_not_see_is_not_in_it(text: str, reviewed: Reviewed) -> None:
    assert text.lower() not in reviewed.html().lower()


def test_no_path_and_no_name_of_this_machine_is_in_it(reviewed: Reviewed, reviewed_once: Path) -> None:
    for text in (str(reviewed_once), f"{Path.home()}/", "/tmp/", f"{os.uname().nodename}."):
        assert text not in reviewed.html()


def test_the_policy_allows_the_one_script_and_style_and_no_request(reviewed: Reviewed) -> None:
    for html in (reviewed.html(), reviewed.html("locked")):
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
        assert policy
        scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
        styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
        rules = policy[1].replace("&#39;", "'")
        for kind, (text,) in (("script", scripts), ("style", styles)):
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"{kind}-src 'sha256-{digest}'" in rules
        assert "default-src 'none'" in rules and "connect-src 'none'" in rules
        assert not re.search(r"""(?:src|href)=["'](?!#)""", html)


def encodings(text: str) -> list[bytes]:
    """A text as it could be found in a file: two Unicode encodings, and base64 at each alignment."""
    raw = [text.encode(), text.encode("utf-16-le")]
    spread = [base64.b64encode(b"\0" * shift + word)[4:-4] for word in raw for shift in range(3)]
    return [part for part in (*raw, *spread, *(word.hex().encode() for word in raw)) if len(part) > 5]


def test_without_the_passphrase_nothing_is_readable(reviewed: Reviewed) -> None:
    locked = reviewed.html("locked").encode()
    sealed_bytes = base64.b64decode(data_of(reviewed.html("locked"), "sealed"))
    record = next(one for one in records.every(reviewed.root) if one.has_passphrase)
    texts = (
        "What is an example?", "First Guest", "Welcome to the talk.", "exampels", "Questions", "first-talk",
        "Example Talks", "Example Press", record.id, record.key, "audio/webm", "transcript", "OpusHead",
    )  # fmt: skip
    for text in texts:
        assert not [found for found in encodings(text) if found in locked or found in sealed_bytes], text
    assert '<html lang="en" dir="ltr">' in reviewed.html("locked") and "<title>OK</title>" in locked.decode()


def test_the_passphrase_opens_it_and_another_one_does_not(reviewed: Reviewed) -> None:
    lock = json.loads(data_of(reviewed.html("locked"), "lock-data"))
    content = base64.b64decode(data_of(reviewed.html("locked"), "sealed"))
    assert lock["iterations"] == sealed.ITERATIONS >= 600_000

    def opened(passphrase: str) -> bytes | None:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        salt, nonce = base64.b64decode(lock["salt"]), base64.b64decode(lock["iv"])
        password = sealed.normalized(passphrase).encode()
        key = hashlib.pbkdf2_hmac("sha256", password, salt, lock["iterations"])
        try:
            return AESGCM(key).decrypt(nonce, content, None)
        except InvalidTag:
            return None

    found = opened(PASSPHRASE)
    assert found is not None and b"Welcome to the talk." in found
    assert opened(PASSPHRASE + "!") is None


def test_the_digits_of_a_passphrase_can_be_typed_on_any_keyboard() -> None:
    assert sealed.normalized("۴۸۱۵ ١٦٢٣") == sealed.normalized("4815-1623") == "48151623"
    generated = sealed.normalized(sealed.generate_passphrase())
    assert len(generated) == sealed.DIGITS and generated.isdecimal()


def test_the_name_of_an_encrypted_file_tells_nothing(reviewed: Reviewed) -> None:
    result = reviewed.run("review", "first-talk", "--for", "first-guest", "--generate-passphrase", "--json")
    made = result.document
    assert re.fullmatch(r"[0-9a-f]{8}\.html", Path(made["path"]).name)
    assert len(sealed.normalized(made["passphrase"])) == sealed.DIGITS
    assert made["passphrase"] not in "".join(
        path.read_text(encoding="utf-8") for path in (reviewed.root / "private/reviews").glob("*.json")
    )


def test_the_record_is_readable_by_its_owner_only(reviewed: Reviewed) -> None:
    path = reviewed.root / records.FOLDER / f"{reviewed.record.id}.json"
    records.save(reviewed.root, reviewed.record)
    assert path.stat().st_mode & 0o077 == 0 and path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("edit", "arguments", "words"),
    [
        (("", ""), ("first-talk", "--for", "nobody"), '"nobody" does not take part'),
        (("", ""), ("no-talk", "--for", "first-guest"), 'there is no talk "no-talk"'),
        (("", ""), ("first-talk", "--for", "first-guest", "--expires", "2021-02-01"), "is in the past"),
        (("", ""), ("first-talk", "--for", "first-guest", "--language", "xx"), "there are words in"),
        (("", ""), ("first-talk", "--for", "first-guest", "--to", "{public}"), "everything in public/ is"),
        (("", ""), ("first-talk", "--for", "first-guest", "--passphrase"), "asks on a terminal"),
        (("topics", 'status = "withdrawn"\ntopics'), ("first-talk", "--for", "first-guest"), "is withdrawn"),
        (
            ("about examples", "about Zarifa Unlisted"),
            ("first-talk", "--for", "first-guest"),
            "held back: name of",
        ),
        (("season", "season"), ("first-talk",), "Missing option '--for'"),
    ],
)
def test_a_request_is_refused_with_the_reason(
    edit: tuple[str, str], arguments: tuple[str, ...], words: str, reviewed: Reviewed
) -> None:
    if edit[0] in reviewed.catalogue and edit[0]:
        reviewed.edit(*edit)
    before = sorted((reviewed.root / "private/reviews").iterdir())
    (reviewed.root / "public").mkdir(exist_ok=True)
    result = reviewed.run("review", *(word.format(public=reviewed.root / "public") for word in arguments))
    assert result.status in (1, 2) and words in result.err
    assert "Zarifa" not in result.err
    assert sorted((reviewed.root / "private/reviews").iterdir()) == before
