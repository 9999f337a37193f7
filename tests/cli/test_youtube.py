"""`publisher youtube` and releases to a fake YouTube, with a real video recording."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import av
import feedparser
import numpy as np
import pytest

from tests.cli.conftest import Folder, the_video
from tests.fake_channel import CHANNEL
from tests.fake_youtube import FOREVER, FakeYouTube
from tests.media import sounds

SECRETS = (b"48.8566", b"Telephone 12", b"Lavf")


def test_a_release_links_feed_and_pages_to_the_video(series: Folder, fake: FakeYouTube) -> None:
    plan = series.run("plan", "--json").document
    (step,) = [step for step in plan["steps"] if step["output"] == "youtube"]
    assert (step["action"], step["reason"]) == ("make", "new")
    (made,) = [step for step in plan["steps"] if step["output"] == "video"]
    assert (made["action"], made["cost"]) == ("make", {"seconds of sound": 31.0})
    assert step["cost"] == {"video uploads": 1.0, "quota units": 101.0}
    result = series.run("release")
    assert result.status == 0, result.err + result.out
    assert the_video(fake)["status"]["privacyStatus"] == "public"
    page = (series.root / "public/episodes/first-talk/index.html").read_text(encoding="utf-8")
    assert "vid00000001" in page
    assert feedparser.parse((series.root / "public/feed.xml").read_bytes()).entries
    status = series.run("status", "--json").document["episodes"][0]
    assert status["youtube"] == {"id": "vid00000001", "state": "published"}
    assert status["state"] == "published"
    assert series.run("plan", "--json").document == {"steps": []}


@pytest.mark.released
def test_plan_shows_what_changes_on_youtube_before_and_after(series: Folder, fake: FakeYouTube) -> None:
    series.edit('title = "What is an example?"', 'title = "Examples"')
    said = series.run("plan").out
    assert "  On YouTube: title, thumbnail\n    title: “What is an example?” → “Examples”\n" in said, said
    talk = series.run("plan", "--json").document["talks"][0]
    assert {"name": "title", "before": "What is an example?", "after": "Examples"} in talk["youtube"][
        "details"
    ]


def received(fake: FakeYouTube, folder: Path) -> Path:
    """The file that the fake YouTube received."""
    (session,) = fake.channel.sessions.values()
    path = folder / "received.mp4"
    path.write_bytes(session.received)
    return path


def test_no_metadata_of_the_recording_reaches_youtube(
    short_series: Folder, fake: FakeYouTube, tmp_path: Path
) -> None:
    recording = short_series.root / "episodes/first-talk/recording.mkv"
    assert all(secret in recording.read_bytes() for secret in SECRETS)
    assert short_series.run("release", "--only", "youtube").status == 0
    path = received(fake, tmp_path)
    assert not [secret for secret in SECRETS if secret in path.read_bytes()]
    with av.open(str(path)) as container:
        assert container.duration == pytest.approx(3.0e6, abs=0.1e6)
        assert {*container.metadata} <= {"major_brand", "minor_version", "compatible_brands"}
    assert not (short_series.root / ".publisher/videos").exists()
    assert not (short_series.root / "public/media").exists()
    assert short_series.run("plan", "--only", "youtube", "--json").document == {"steps": []}


def test_cut_and_muted_parts_are_not_in_the_uploaded_video(
    series: Folder, fake: FakeYouTube, tmp_path: Path
) -> None:
    series.edit(
        'youtube = "upload"', 'cut = [["0:05", "0:10"]]\nmute = [["0:20", "0:22"]]\nyoutube = "upload"'
    )
    fake.channel.duration = 26.0
    plan = series.run("plan", "--only", "youtube", "--json").document
    costs = {step["output"]: step["cost"] for step in plan["steps"]}
    assert costs["video"] == {"seconds of sound": 26.0, "seconds of picture": 26.0}
    result = series.run("release")
    assert result.status == 0, result.err + result.out
    path = received(fake, tmp_path)
    with av.open(str(path)) as container:
        assert container.duration == pytest.approx(26.0e6, abs=1.1e6)
    played = np.abs(sounds.read(path)[0])
    second = sounds.RATE
    assert played[round(15.1 * second) : round(16.9 * second)].max() < 0.001
    assert played[round(13 * second) : round(14 * second)].max() > 0.05
    series.edit('title = "What is an example?"', 'title = "What is one?"')
    steps = series.run("plan", "--json").document["steps"]
    assert "video" not in {step["output"] for step in steps}


def test_a_video_still_processing_is_left_to_another_run(short_series: Folder, fake: FakeYouTube) -> None:
    fake.channel.polls = 1
    result = short_series.run("release")
    assert result.status == 1
    assert "still processing" in result.out
    assert "vid00000001" not in (short_series.root / "public/episodes/first-talk/index.html").read_text(
        "utf-8"
    )
    assert short_series.run("status", "--json").document["episodes"][0]["youtube"]["state"] == "pending"
    assert short_series.run("release", "--wait").status == 0
    assert "vid00000001" in (short_series.root / "public/episodes/first-talk/index.html").read_text("utf-8")


@pytest.mark.released
def test_a_conflict_ends_with_3_and_shows_both_values(series: Folder, fake: FakeYouTube) -> None:
    the_video(fake)["snippet"]["title"] = "Written there"
    result = series.run("release")
    assert result.status == 0
    assert "Written there" in result.out
    assert series.run("status", "--json").document["episodes"][0]["youtube"]["state"] == "drifted"
    series.edit("What is an example?", "Written here")
    result = series.run("release")
    assert result.status == 3
    assert "catalogue: Written here" in result.out
    assert "YouTube:   Written there" in result.out
    assert the_video(fake)["snippet"]["title"] == "Written there"
    assert series.run("release", "--take", "catalogue").status == 0
    assert the_video(fake)["snippet"]["title"] == "Written here"


@pytest.mark.released
def test_pull_writes_edits_to_the_catalogue_and_keeps_comments_and_order(
    series: Folder, fake: FakeYouTube
) -> None:
    snippet = the_video(fake)["snippet"]
    snippet["title"] = "Written there"
    snippet["tags"] = [*snippet["tags"], "example"]
    old = str(snippet["description"])
    for here, there in (("A talk about", "Much about"), ("0:10 Questions", "0:10 Answers"), ("0:20", "0:21")):
        old = old.replace(here, there)
    snippet["description"] = old
    (row, *_) = series.run("youtube", "diff", "--json").document["differences"]
    assert row == {
        "episode": "first-talk",
        "field": "title",
        "catalogue": "What is an example?",
        "youtube": "Written there",
    }
    result = series.run("youtube", "pull", "first-talk")
    assert result.status == 0, result.out + result.err
    text = (series.root / "episodes.toml").read_text(encoding="utf-8")
    for kept in ("# The first talk.", "# asked by everybody", "# ours", "# goes there too"):
        assert kept in text
    assert 'summary = "Much about examples."' in text
    assert '{ at = "0:10", title = "Answers" }' in text
    assert '{ at = "0:21", title = "End" }' in text
    assert 'title = "Written there"' in text
    calls = len(fake.calls)
    assert series.run("release").status == 0
    assert "videos.update" not in fake.calls[calls:]
    assert series.run("youtube", "diff").out.strip() == "Nothing differs."


@pytest.mark.released
def test_a_description_rewritten_on_youtube_is_kept_verbatim(series: Folder, fake: FakeYouTube) -> None:
    the_video(fake)["snippet"]["description"] = 'All of it\n\nis "new".'
    told = series.run("youtube", "diff").out
    assert "catalogue: A talk about examples." in told
    assert 'YouTube:   is "new".' in told
    assert series.run("youtube", "pull", "first-talk").status == 0
    assert series.run("release").status == 0
    assert the_video(fake)["snippet"]["description"] == 'All of it\n\nis "new".'
    assert series.run("plan", "--json").document == {"steps": []}


def test_check_reports_values_that_youtube_would_refuse(series: Folder) -> None:
    series.edit('"A talk about examples."', f'"{"س" * 1900} 5 < 6"')
    series.edit('youtube = "upload"', "youtube = { upload = true, publish_at = 2021-02-01T00:00:00Z }")
    (series.root / "episodes/first-talk/thumbnail.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(3_000_000))
    result = series.run("check")
    assert result.status == 2
    for words in ("contains <", "is past", "3000008 bytes; YouTube takes 2000000, so 1000008 too many"):
        assert words in result.out
    series.edit("5 < 6", "س" * 700)
    series.edit("What is an example?", "😀" * 101)
    result = series.run("check")
    for words in ("YouTube takes 5000, so", "has 101 characters; YouTube allows 100"):
        assert words in result.out


def test_without_a_login_the_rest_is_published(
    short_series: Folder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PUBLISHER_YOUTUBE_CREDENTIALS", str(tmp_path / "nothing.json"))
    result = short_series.run("release")
    assert result.status == 1
    assert "publisher youtube login" in result.out
    assert (short_series.root / "public/feed.xml").exists()
    assert short_series.run("release", "--only", "audio,feed,pages").status == 0


def test_login_by_pasting_stores_a_token_that_only_its_owner_can_read(
    series: Folder, fake: FakeYouTube, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, kept = tmp_path / "client.json", tmp_path / "config/youtube.json"
    installed = {"client_id": "c", "client_secret": "s", "token_uri": fake.address + "token"}
    client.write_text(json.dumps({"installed": installed}), encoding="utf-8")
    monkeypatch.setenv("PUBLISHER_YOUTUBE_CREDENTIALS", str(kept))
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    said: list[str] = []

    def paste(text: str, **_: object) -> str:
        address = next(word for word in " ".join(said).split() if word.startswith("https://accounts"))
        state = parse_qs(urlsplit(address).query)["state"][0]
        return f"http://localhost:8081/?state={state}&code=good-code&scope=x"

    monkeypatch.setattr("publisher.cli.console.print_line", lambda text="", *_, **__: said.append(text))
    monkeypatch.setattr("click.prompt", paste)
    assert series.run("youtube", "login", "--paste", "--client", str(client)).status == 0
    assert kept.stat().st_mode & 0o777 == 0o600
    assert fake.refresh in kept.read_text(encoding="utf-8")
    assert fake.refresh not in " ".join(said)
    assert CHANNEL in " ".join(said)


def test_login_with_the_browser(
    short_series: Folder, fake: FakeYouTube, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, kept, browser = (
        tmp_path / "client.json",
        tmp_path / "config/youtube.json",
        tmp_path / "browser.py",
    )
    installed = {"client_id": "c", "client_secret": "s", "token_uri": fake.address + "token"}
    client.write_text(json.dumps({"installed": installed}), encoding="utf-8")
    browser.write_text(
        "import sys, urllib.parse as p, urllib.request as r\n"
        "asked = p.parse_qs(p.urlsplit(sys.argv[1]).query)\n"
        "back = {'state': asked['state'][0], 'code': 'good-code'}\n"
        "r.urlopen(asked['redirect_uri'][0] + '?' + p.urlencode(back)).read()\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("BROWSER", f"{sys.executable} {browser} %s &")
    monkeypatch.setenv("PUBLISHER_YOUTUBE_CREDENTIALS", str(kept))
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    result = short_series.run("youtube", "login", "--client", str(client))
    assert result.status == 0, result.err
    assert kept.stat().st_mode & 0o777 == 0o600
    assert short_series.run("release").status == 0


def test_without_a_browser_pasting_is_offered(
    series: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = tmp_path / "client.json"
    installed = {"client_id": "c", "client_secret": "s", "token_uri": "http://127.0.0.1:9/token"}
    client.write_text(json.dumps({"installed": installed}), encoding="utf-8")
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("webbrowser._tryorder", [])
    result = series.run("youtube", "login", "--client", str(client), "--json")
    assert result.status == 1
    assert "use `publisher youtube login --paste`" in result.document["error"]


def test_an_interrupted_upload_stops_immediately_and_resumes_later(
    short_series: Folder, fake: FakeYouTube
) -> None:
    fake.fail("upload.put", "hang")
    started = subprocess.Popen(
        [sys.executable, "-m", "publisher", "release", "-C", str(short_series.root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    deadline = time.monotonic() + 60
    while "upload.put" not in fake.calls and time.monotonic() < deadline:
        time.sleep(0.02)
    started.send_signal(signal.SIGINT)
    # Less than the client's own timeout.
    out, _ = started.communicate(timeout=20)
    assert started.returncode == 130, out
    assert short_series.run("release").status == 0
    assert len(fake.channel.videos) == 1


def test_an_unreachable_youtube_does_not_prevent_other_steps(
    short_series: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_series.edit('youtube = "upload"', 'youtube = { id = "old00000001" }')
    monkeypatch.setenv("PUBLISHER_YOUTUBE_ENDPOINT", "http://127.0.0.1:9/")
    credentials = short_series.root / "credentials.json"
    away = {"client_id": "c", "client_secret": "s", "refresh_token": "r", "token_uri": "http://127.0.0.1:9/"}
    credentials.write_text(json.dumps(away), encoding="utf-8")
    credentials.chmod(0o600)
    monkeypatch.setenv("PUBLISHER_YOUTUBE_CREDENTIALS", str(credentials))
    result = short_series.run("release")
    assert result.status == 1
    assert "is there a network?" in result.out
    assert (short_series.root / "public/feed.xml").exists()


def test_any_refusal_of_youtube_ends_with_1_and_advice(short_series: Folder, fake: FakeYouTube) -> None:
    quota = short_series.root / ".publisher/youtube-quota.json"
    for method, kind, words in (
        ("channels.list", "302", "is there a proxy"),
        ("videos.insert", "limit", "run `publisher release` tomorrow"),
        ("videos.insert", "uploads", "today's video uploads of YouTube's quota are spent"),
        ("upload.put", "500", "YouTube answered 500 (backendError); try again later"),
        ("thumbnails.set", "403", "YouTube refused to take the thumbnail (403 forbidden)"),
        ("videos.update", "html 403", "the answer (403) is not YouTube's"),
    ):
        fake.fail(method, kind, times=FOREVER)
        result = short_series.run("release", "--only", "youtube")
        assert result.status == 1, result.out + result.err
        assert words in " ".join(result.out.split())
        fake.faults.clear()
        quota.unlink()
    fake.revoke()
    result = short_series.run("release", "--only", "youtube")
    assert result.status == 1
    assert "run `publisher youtube login`" in result.out
    fake.revoked = False
    assert short_series.run("release", "--only", "youtube").status == 0
    assert the_video(fake)["status"]["privacyStatus"] == "public"
    assert len(fake.channel.videos) == 1
