from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from mutagen.ogg import OggPage
from mutagen.oggopus import OggOpus

from publisher.media import ogg
from publisher.media.tags import Tags
from tests.media import sounds

DAY = datetime(2020, 11, 28, tzinfo=UTC)
PAGE = 255 * 255


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("talk")
    encoded = sounds.convert(sounds.write_wav(folder / "a.wav", sounds.voice(2)), folder / "a.opus")
    part = folder / "part"
    part.write_bytes(b"".join(ogg.read_frames(encoded)))
    ogg.join([part], folder / "talk.opus", 2 * sounds.RATE)
    return folder / "talk.opus"


def described(talk: Path, summary: str) -> Path:
    ogg.write_tags(talk, Tags("A", "B", "C", ("D",), DAY, "eng", duration=2.0, summary=summary))
    return talk


@pytest.mark.parametrize("more", [-1, 0, 1])
@pytest.mark.parametrize("pages", [1, 2])
def test_comments_that_fill_their_pages_exactly_are_read_back(talk: Path, pages: int, more: int) -> None:
    with described(talk, "S").open("rb") as file:
        _, comments = OggPage(file), OggPage(file).packets[0]
    rest = len(comments) - 1
    summary = "S" * (pages * PAGE - rest + more)
    before = sounds.read(talk)
    read = OggOpus(described(talk, summary))
    assert read["DESCRIPTION"] == [summary] and read.info.length == pytest.approx(2.0)
    assert (sounds.read(talk) == before).all()
