"""A series with one talk that a guest reviews; its review files are made once per session."""

from __future__ import annotations

import base64
import json
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from publisher.review import answers, records, sealed
from publisher.review.records import ReviewRecord
from tests.cli.conftest import CATALOGUE, NOW, Folder, release, write_tone


def seal_answer(content: bytes, key: bytes, review: str) -> bytes:
    """The answer that a review file makes: nonce and ciphertext."""
    nonce = secrets.token_bytes(sealed.NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, sealed.associated_data(review))


PEOPLE = """
[people.second-guest]
name = "Second Person"
title = "a title of the second one"
link = "https://second.example.org/contact"
"""
PRIVATE = '[people.second-guest]\nreal_name = "Zarifa Unlisted"\nemail = "zarifa@unlisted.example"\n'
TRANSCRIPT = """WEBVTT

00:00.000 --> 00:01.000
<v First Guest>Welcome to the talk.

00:01.000 --> 00:02.000
We speak about exampels
&amp; more of them.

00:02.000 --> 00:03.000
This sentence was cut already.

00:03.000 --> 00:04.000
<v Moderator>Goodbye, everybody.
"""


def write_reviewed(root: Path) -> None:
    """The series of the command-line tests with a second guest, a transcript, a cut and private names."""
    write_tone(root / "episodes/first-talk/recording.wav", seconds=4.0)
    text = CATALOGUE.replace('["first-guest"]', '["first-guest", "second-guest"]')
    text = text.replace("# The first talk.", PEOPLE + "\n# The first talk.")
    text += 'cut = [["0:02", "0:03"]]   # asked for by the team\n'
    (root / "episodes.toml").write_text(text, encoding="utf-8")
    (root / "episodes/first-talk/transcript.en.vtt").write_text(TRANSCRIPT, encoding="utf-8")
    (root / "private").mkdir()
    (root / "private/people.toml").write_text(PRIVATE, encoding="utf-8")


PASSPHRASE = "correct horse battery staple"


@pytest.fixture(scope="session")
def reviewed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The series with one open review file, `open.html`, and one with a passphrase, `locked.html`."""
    root = tmp_path_factory.mktemp("reviewed") / "series"
    write_reviewed(root)
    command = ("review", "first-talk", "--for", "first-guest", "--expires", "2021-03-20")
    release(root, "--to", str(root / "private/reviews/open.html"), arguments=command)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sealed, "generate_passphrase", lambda: PASSPHRASE)
        target = str(root / "private/reviews/locked.html")
        release(root, "--generate-passphrase", "--to", target, arguments=command)
    return root


@dataclass
class Reviewed(Folder):
    """A copy of that series in which answers are read."""

    @property
    def record(self) -> ReviewRecord:
        """The record of the open file."""
        return next(one for one in records.every(self.root) if not one.has_passphrase)

    def html(self, name: str = "open") -> str:
        return (self.root / f"private/reviews/{name}.html").read_text(encoding="utf-8")

    def answer(self, **fields: Any) -> Path:
        """The file of an answer as the review file writes it."""
        content = json.dumps({"version": 1, "made": 1614600000, **fields}).encode()
        ciphertext = seal_answer(content, self.record.key_bytes, self.record.id)
        path = self.root.parent / "answer.txt"
        path.write_text(answers.to_text(self.record.id, ciphertext) + "\n", encoding="utf-8")
        return path

    @property
    def catalogue(self) -> str:
        return (self.root / "episodes.toml").read_text(encoding="utf-8")


@pytest.fixture
def reviewed(
    reviewed_once: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Reviewed:
    monkeypatch.setenv("PUBLISHER_NOW", NOW)
    monkeypatch.setenv("NO_COLOR", "1")
    shutil.copytree(reviewed_once, tmp_path / "series")
    return Reviewed(tmp_path / "series", capsys)


def data_of(html: str, name: str) -> str:
    """The content of a data block of a review file."""
    found = re.search(rf'<script type="[^"]+" id="{name}">(.*?)</script>', html, re.DOTALL)
    assert found
    return found[1]


def sound_of(html: str) -> bytes:
    return base64.b64decode(data_of(html, "sound-data"))
