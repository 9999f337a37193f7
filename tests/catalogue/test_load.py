from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from publisher import catalogue, files
from publisher.errors import Problem
from publisher.model import Chapter, Correction, Credit, License, Link
from tests.catalogue.conftest import PEOPLE, SERIES, TALK, Folder

EVERYTHING = """\
[series]
title = "  Talks  "
description = \"\"\"
About *talks*.
Two lines.
\"\"\"
language = "EN-gb"
link = "https://talks.example.org/series"
author = "A press"
owner = { name = "A press", email = "talks@example.org" }
categories = ["News > Politics", "Society & Culture"]
explicit = true
cover = "episodes/cover.png"
copyright = "© A press"
license = "CC-BY-4.0"
timezone = "Asia/Karachi"
type = "serial"
hashtags = ["#Talks", "پشتون", "Talks"]
subscribe = { apple = "https://podcasts.example.org/id1", spotify = "https://example.org/é?q=ü" }
funding = [{ text = "Help", url = "https://example.org/help" }]
locked = true
guid = "917393e3-1b1e-5cef-ace4-edaa54e1f810"

[audio]
loudness = -18
formats = ["m4a", "mp3"]
bitrate = { mp3 = 128 }
outro = "episodes/outro.wav"

[feed]
limit = 50
video = true

[youtube]
channel = "UCabcdefghijklmnopqrstuv"
privacy = "unlisted"

[people.ann-one]
name = "Ann One"
title = "Editor"
photo = "episodes/people/ann.jpg"
[people.ben-two]
name = "بن"

[[episode]]
slug = "a-talk"
title = "گفتگو"
date = 2021-01-08T18:30:00
recording = "recording.wav"
language = "ur"
season = 1
number = 1
guests = ["ann-one", { person = "ben-two", title = "Senator" }]
moderator = { person = "cat-three", title = "Host" }
topics = ["Human rights"]
links = [{ title = "A", url = "https://example.org/", kind = "coverage" }]
corrections = [{ date = 2021-02-03, text = "Not so." }]
start = "0:12"
end = 3600
cut = [["21:05", "22:40.5"]]
mute = [[31.5, "1:02:03"]]
video = false
youtube = { id = "dQw4w9WgXcQ", publish_at = 2021-01-08, tags = ["a b"] }
chapters = [
  { at = "0:00", title = "Welcome" },
  { at = "12:40.25", title = "Questions", link = "https://example.org/q" },
]
[episode.audio]
loudness = -20.0
bitrate = { opus = 32 }

[[episode]]
slug = "b-talk"
title = "B"
date = 2021-01-09
number = 2
youtube = "off"
status = "draft"

[people.cat-three]
name = "Cat Three"
"""


@pytest.fixture
def whole(folder: Folder) -> catalogue.LoadResult:
    folder.picture("episodes/cover.png", 1400, 1400)
    folder.picture("episodes/people/ann.jpg", 20, 30, "JPEG")
    folder.write(b"RIFF", "episodes/outro.wav")
    return folder.read(EVERYTHING)


def test_every_key_reaches_the_series(whole: catalogue.LoadResult, folder: Folder) -> None:
    assert whole.problems == ()
    series = whole.series
    assert series is not None
    assert (series.title, series.description) == ("Talks", "About *talks*.\nTwo lines.")
    assert (series.language, series.link) == ("en-GB", "https://talks.example.org/series/")
    assert series.feed_url == "https://talks.example.org/series/feed.xml"
    assert series.categories == (("News", "Politics"), ("Society & Culture", None))
    assert series.license == License("cc-by-4.0", "https://creativecommons.org/licenses/by/4.0/")
    assert series.hashtags == ("Talks", "پشتون")
    assert series.subscribe["spotify"] == "https://example.org/%C3%A9?q=%C3%BC"
    assert series.cover is not None
    assert series.cover.digest == files.sha256(folder.root / "episodes/cover.png")
    assert (series.feed_limit, series.locked, series.type) == (50, True, "serial")
    assert series.feed_video
    assert series.audio.loudness == -18.0
    assert series.audio.formats == ("m4a", "mp3")
    assert series.audio.bitrate == {"mp3": 128, "m4a": 80, "opus": 40}
    assert series.audio.outro is not None
    assert series.audio.outro.path == folder.root / "episodes/outro.wav"


def test_every_key_reaches_the_episode(whole: catalogue.LoadResult, folder: Folder) -> None:
    assert whole.series is not None
    episode, draft = whole.series.episodes
    people = whole.series.people
    assert episode.date == datetime(2021, 1, 8, 18, 30, tzinfo=ZoneInfo("Asia/Karachi"))
    assert draft.date == datetime(2021, 1, 9, tzinfo=timezone(timedelta(hours=5)))
    assert (episode.language, draft.language) == ("ur", "en-GB")
    assert (episode.explicit, episode.season, episode.number) == (True, 1, 1)
    assert episode.guests == (
        Credit(people["ann-one"], "guest"),
        Credit(people["ben-two"], "guest", "Senator"),
    )
    assert episode.moderators == (Credit(people["cat-three"], "moderator", "Host"),)
    assert episode.links == (Link("A", "https://example.org/", "coverage"),)
    assert episode.corrections == (Correction(datetime(2021, 2, 3).date(), "Not so."),)
    assert episode.chapters == (
        Chapter(0.0, "Welcome"),
        Chapter(760.25, "Questions", "https://example.org/q"),
    )
    assert (episode.start, episode.end) == (12.0, 3600.0)
    assert (episode.cuts, episode.mutes) == (((1265.0, 1360.5),), ((31.5, 3723.0),))
    assert episode.recording_path == folder.root / "episodes/a-talk/recording.wav"
    assert draft.recording_path is None


def test_a_talk_inherits_values_that_it_does_not_set(whole: catalogue.LoadResult) -> None:
    assert whole.series is not None
    episode, draft = whole.series.episodes
    assert episode.audio.loudness == -20.0
    assert episode.audio.formats == ("m4a", "mp3")
    assert episode.audio.bitrate == {"mp3": 128, "m4a": 80, "opus": 32}
    assert draft.audio == whole.series.audio
    assert (draft.youtube.upload, draft.youtube.id, draft.youtube.privacy) == (False, None, "unlisted")
    # What YouTube publishes by itself has to be private until then.
    assert episode.youtube.privacy == "private"
    assert (episode.video, draft.video) == (False, None)
    assert episode.youtube.publish_at == datetime(2021, 1, 8, tzinfo=ZoneInfo("Asia/Karachi"))


def test_an_invalid_talk_does_not_affect_the_others(folder: Folder) -> None:
    wrong = '[[episode]]\nslug = "b"\ntitle = 3\ndate = 2021-01-01\nstatus = "draft"\n'
    reading = folder.read(SERIES + wrong + TALK)
    assert reading.series is not None
    assert [episode.slug for episode in reading.series.episodes] == ["a-talk"]
    assert len(reading.errors) == 1


def test_an_invalid_optional_key_does_not_affect_the_series(folder: Folder) -> None:
    reading = folder.read(f'{SERIES}explicit = "x"\nnonsense = 3\n{TALK}')
    assert reading.series is not None
    assert len(reading.series.episodes) == 1
    assert len(reading.problems) == 2


def test_a_series_without_required_keys_is_none(folder: Folder) -> None:
    reading = folder.read(SERIES.replace('title = "Talks"', "") + TALK.replace('"A talk"', "3"))
    assert reading.series is None
    assert len(reading.problems) == 2


def test_a_catalogue_may_be_split(folder: Folder) -> None:
    folder.write('include = ["episodes/*/episode.toml"]\n' + SERIES + PEOPLE)
    folder.write(TALK, "episodes/a-talk/episode.toml")
    folder.write(
        'slug = "b"\ntitle = "B"\ndate = 2021-01-01\nguests = ["ann-one", "x"]\nstatus = "draft"',
        "episodes/b/episode.toml",
    )
    folder.write(
        'slug = "a-talk"\ntitle = "A"\ndate = 2021-01-01\nstatus = "draft"', "episodes/c/episode.toml"
    )
    reading = folder.read()
    assert [str(problem) for problem in reading.problems] == [
        'episodes/b/episode.toml:4: episode "b": guests: no person "x" in [people]; '
        "add [people.x] with a name",
        'episodes/c/episode.toml:1: episode "a-talk": slug: this file is in episodes/c/, but notes and '
        "recording are read from episodes/a-talk/; use the same name for both",
        'episodes/c/episode.toml:1: episode "a-talk": slug: "a-talk" is the slug of another talk too '
        "(line 2 of episodes/a-talk/episode.toml); change one",
    ]
    assert reading.series is not None
    assert [episode.slug for episode in reading.series.episodes] == ["a-talk"]


def test_an_included_file_contains_one_talk(folder: Folder) -> None:
    folder.write('include = ["*.inc"]\n' + SERIES)
    folder.write(f"[audio]\n{TALK}[[episode]]\n", "a.inc")
    folder.write("x = ", "b.inc")
    said = folder.problems()
    assert (
        "a.inc:1: audio: an included file contains one [[episode]] only; move this below it or to " in said[0]
    )
    assert (
        said[1]
        == "a.inc:2: episode: an included file contains one [[episode]], not 2; give each its own file"
    )
    assert said[-1] == 'b.inc:1: this is not TOML at "x =": write a value after =, or delete the line'


def test_a_file_in_the_folder_of_another_talk_is_reported(folder: Folder) -> None:
    folder.write('include = ["episodes/*/episode.toml"]\n' + SERIES)
    folder.write(TALK, "episodes/b-talk/episode.toml")
    reading = folder.read()
    assert reading.errors == ()
    assert [str(problem) for problem in reading.problems] == [
        'episodes/b-talk/episode.toml:2: episode "a-talk": slug: this file is in episodes/b-talk/, but notes '
        "and recording are read from episodes/a-talk/; use the same name for both"
    ]


def test_a_byte_order_mark_and_windows_line_ends_are_read(folder: Folder) -> None:
    text = (SERIES + TALK).replace('"A talk"', "3").replace("\n", "\r\n")
    assert folder.problems(b"\xef\xbb\xbf" + text.encode())[0].startswith("episodes.toml:9: ")


def test_a_missing_or_unreadable_catalogue_is_reported(folder: Folder) -> None:
    missing = "episodes.toml: is not in {}; `publisher init` starts a series".format
    assert folder.problems() == [missing(folder.root)]
    (folder.root / "episodes.toml").mkdir()
    assert folder.problems() == [
        "episodes.toml: is a folder; the catalogue is a text file called episodes.toml"
    ]
    none = folder.root / "none"
    assert [str(p) for p in catalogue.read(none, files.sha256).problems] == [missing(none)]


def test_a_file_with_a_similar_name_is_suggested(folder: Folder) -> None:
    folder.write(SERIES, "episode.toml")
    assert "(there is episode.toml: rename it)" in folder.problems()[0]


def test_a_catalogue_that_is_too_large_is_not_read(folder: Folder) -> None:
    with (folder.root / "episodes.toml").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    (found,) = folder.problems()
    assert found.startswith("episodes.toml: has 100 MB, 12 are allowed; give each talk a file of its own")


@pytest.mark.parametrize("place", ["recording", "cover", "include"])
def test_symbolic_links_do_not_lead_out_of_the_series(place: str, folder: Folder, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.wav"
    outside.write_bytes(b"secret")
    link = folder.root / "episodes/a-talk/link.wav"
    link.symlink_to(outside)
    text = {
        "recording": SERIES + TALK.replace("recording.wav", "link.wav"),
        "cover": SERIES + 'cover = "episodes/a-talk/link.wav"\n',
        "include": 'include = ["episodes/*/*.wav"]\n' + SERIES,
    }[place]
    said = folder.problems(text)
    assert said[0].endswith(f'{place}: "link.wav" leads out of the series folder; copy the file into it')


def test_a_recording_in_a_folder_that_leads_out_is_refused(folder: Folder, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    outside.mkdir()
    (outside / "recording.wav").write_bytes(b"RIFF")
    (folder.root / "episodes/b-talk").symlink_to(outside)
    said = folder.problems(SERIES + TALK.replace("a-talk", "b-talk"))
    assert "leads out of the series folder" in said[0]


def test_an_empty_recording_is_reported(folder: Folder) -> None:
    folder.write(b"", "episodes/a-talk/recording.wav")
    said = folder.problems(SERIES + TALK)
    assert said == [
        'episodes.toml:11: episode "a-talk": recording: "recording.wav" is empty; copy the file again'
    ]


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ((1399, 1399), '"c.png" is 1399×1399 pixels; a cover has 1400 to 3000'),
        ((3001, 3001), '"c.png" is 3001×3001 pixels; a cover has 1400 to 3000'),
        ((1500, 1400), '"c.png" is 1500×1400 pixels; a cover is square'),
    ],
)
def test_covers_that_directories_refuse(size: tuple[int, int], said: str, folder: Folder) -> None:
    folder.picture("c.png", *size)
    assert folder.problems(SERIES + 'cover = "c.png"') == [f"episodes.toml:7: series: cover: {said}"]


def test_the_type_of_a_cover_is_read_from_its_content(folder: Folder) -> None:
    folder.picture("c.png", 1400, 1400, "GIF")
    assert "neither JPEG nor PNG" in folder.problems(SERIES + 'cover = "c.png"')[0]
    folder.write(b"\x89PNG\r\n\x1a\n" + b"x" * 100, "c.png")
    assert '"c.png" is damaged; save the picture again' in folder.problems()[0]


def test_a_withdrawn_talk_needs_no_recording(folder: Folder) -> None:
    talk = TALK.replace("recording.wav", "gone.wav") + 'status = "withdrawn"\n'
    assert folder.problems(SERIES + talk) == []


def test_a_draft_needs_no_recording(folder: Folder) -> None:
    reading = folder.read(SERIES + TALK.replace("recording.wav", "later.wav") + 'status = "draft"\n')
    assert reading.errors == ()
    assert len(reading.problems) == 1
    assert reading.series is not None
    assert len(reading.series.episodes) == 1


def test_the_recording_is_searched_in_the_talks_folder_first(folder: Folder) -> None:
    folder.write(b"other", "recording.wav")
    reading = folder.read(SERIES + TALK + TALK.replace("a-talk", "b-talk"))
    assert reading.series is not None
    paths = [episode.recording_path for episode in reading.series.episodes]
    assert paths == [folder.root / "episodes/a-talk/recording.wav", folder.root / "recording.wav"]


def test_later_checks_get_the_lines_of_their_keys(folder: Folder) -> None:
    chapters = 'chapters = [\n  { at = 0, title = "A" },\n  { at = 9, title = "B" },\n]\n'
    reading = folder.read(SERIES + PEOPLE + TALK + chapters)
    assert reading.problem("a-talk", "chapters[1].at", "late") == Problem(
        "episodes.toml", 18, 'episode "a-talk": chapters[2].at', "late"
    )
    expected = {
        ("a-talk", "recording"): '15: episode "a-talk": recording',
        ("a-talk", "notes"): '11: episode "a-talk": notes',
        ("a-talk", "chapters[7].at"): '16: episode "a-talk": chapters.at',
        (None, "series: language"): "4: series: language",
        (None, "audio: loudness"): " audio: loudness",
        (None, "people.ben-two: photo"): "9: people.ben-two: photo",
        ("no-talk", "title"): ' episode "no-talk": title',
    }
    for (slug, key), place in expected.items():
        assert str(reading.problem(slug, key, "x")) == f"episodes.toml:{place}: x"
    assert reading.problem("a-talk", "title", "x", "warning").level == "warning"


def test_problems_are_ordered_by_line(folder: Folder) -> None:
    reading = folder.read(f"{TALK}kind = 3\n{PEOPLE}x = 1\n{SERIES}explicit = 1\n[feed]\nlimit = 0\n")
    numbers = [problem.line for problem in reading.problems]
    assert len(numbers) == 4
    assert numbers == sorted(numbers, key=lambda line: line or 0)


def test_the_number_of_listed_problems_is_limited(folder: Folder) -> None:
    reading = folder.read(SERIES + "[[episode]]\n" * 5000)
    assert len(reading.problems) == 501
    assert reading.problems[-1].text.startswith("more than 500 problems")


def test_a_long_valid_series_has_no_problems(folder: Folder) -> None:
    people = "".join(f'[people.p-{n}]\nname = "Person {n}"\n' for n in range(50))
    talks = "".join(
        f'[[episode]]\nslug = "t-{n}"\ntitle = "Talk {n}"\ndate = 2021-01-01T00:00:00Z\n'
        f'recording = "episodes/a-talk/recording.wav"\nguests = ["p-{n % 50}"]\nnumber = {n + 1}\n'
        f'topics = ["Topic {n % 7}"]\nchapters = [{{ at = "0:00", title = "A" }}, {{ at = '
        f'"9:00", title = "B" }}]\n'
        for n in range(600)
    )
    reading = folder.read(SERIES + people + talks)
    assert reading.problems == ()
    assert reading.series is not None
    assert len(reading.series.episodes) == 600
