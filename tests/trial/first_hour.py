"""The steps of a newcomer's first hour, in order: each is one thing that such a user does, and expects.

From `init` over four talks of different recordings and every change of real life to the withdrawal of a talk.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.trial import recordings
from tests.trial.installed import Newcomer, install

Step = Callable[[Newcomer], None]
STEPS: list[Step] = []


def step(function: Step) -> Step:
    STEPS.append(function)
    return function


def replay(folder: Path) -> int:
    """Runs every step, prints its result, and returns the number of failed ones."""
    home = folder / "home"
    home.mkdir()
    newcomer = Newcomer(install(folder), home, home / "talks")
    failed = 0
    for number, function in enumerate(STEPS, 1):
        title = function.__name__.replace("_", " ")
        started = time.monotonic()
        try:
            function(newcomer)
        except (AssertionError, OSError, ValueError, KeyError, IndexError) as error:
            failed += 1
            print(f"FAILED {number:2}  {title}\n{error!r}"[:6000], flush=True)
        else:
            print(f"ok     {number:2}  {title} ({time.monotonic() - started:.1f} s)", flush=True)
    print(f"{len(STEPS) - failed} of {len(STEPS)} steps passed")
    return failed


# Reading the results


def public(user: Newcomer, path: str) -> Path:
    return user.series / "public" / path


def read(user: Newcomer, path: str) -> str:
    return public(user, path).read_text(encoding="utf-8")


def tree(folder: Path) -> dict[str, str]:
    """The digest of every file below `folder`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def replace_in_catalogue(user: Newcomer, old: str, new: str) -> None:
    path = user.series / "episodes.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in the catalogue:\n{text}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def add_to_episode(user: Newcomer, slug: str, line: str) -> None:
    replace_in_catalogue(user, f'slug = "{slug}"\n', f'slug = "{slug}"\n{line}\n')


def problems(user: Newcomer, level: str) -> list[dict[str, Any]]:
    listed = user.run("check", "--json", status=None).json()["problems"]
    return [problem for problem in listed if problem["level"] == level]


def warns_about(user: Newcomer, *words: str) -> None:
    texts = [f"{problem['key']}: {problem['text']}" for problem in problems(user, "warning")]
    assert any(all(word in text for word in words) for text in texts), f"{words} is in none of {texts}"


def refuses(user: Newcomer, *words: str) -> None:
    texts = [f"{problem['key']}: {problem['text']}" for problem in problems(user, "error")]
    assert any(all(word in text for word in words) for text in texts), f"{words} is in none of {texts}"


def fetch(address: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=60) as answer:
        return answer.status, dict(answer.headers), answer.read()


# The hour


@step
def the_installed_command_finds_its_own_help(user: Newcomer) -> None:
    listed = user.run("help").stdout
    for topic in ("catalogue", "youtube", "audio", "feed", "pages", "guests", "commands"):
        assert topic in listed, listed
        assert len(user.run("help", topic).stdout) > 1000, topic
    assert "release" in user.run("relaese", status=2).text
    assert "catalogue" in user.run("help", "catalog", status=2).text


@step
def init_asks_and_repeats_a_question_with_a_wrong_answer(user: Newcomer) -> None:
    answers = [
        "Press talks",
        "A press in exile",
        "",
        "not an address",
        "https://talks.press.test/",
        "en",
        "UTC",
    ]
    output = user.answer(["init", "talks"], answers)
    assert output.status == 0, output.stdout
    catalogue = (user.series / "episodes.toml").read_text(encoding="utf-8")
    assert 'title = "Press talks"' in catalogue, output.stdout
    assert 'link = "https://talks.press.test/"' in catalogue, output.stdout
    user.run("check")
    assert user.answer(["init", "other"], ["Other talks"], interrupt=True).status == 130
    assert not (user.home / "other").exists()


@step
def check_names_the_texts_of_the_starter_that_nobody_has_written_yet(user: Newcomer) -> None:
    warns_about(user, "series: description", "the text of a new catalogue")
    warns_about(user, "series: link", "address for examples")
    replace_in_catalogue(
        user, "What this series is about, in a few sentences.", "A press in exile talks with guests."
    )
    assert not [problem for problem in problems(user, "warning") if "description" in problem["key"]]


@step
def new_without_a_terminal_asks_nothing_and_adds_the_people_it_does_not_know(user: Newcomer) -> None:
    shutil.copy(recordings.PHONE, user.home / "phone.mp4")
    arguments = ["--title", "Pashtuns under attack?", "--recording", str(user.home / "phone.mp4")]
    people = ["--guest", "Bushra Gohar", "--guest", "افراسیاب خٹک", "--moderator", "Taha Siddiqui"]
    topics = ["--topic", "Human rights", "--topic", "حقوق بشر"]
    date = ["--date", "2021-02-01T18:00:00+01:00"]
    said = user.run("new", "pashtuns-under-attack", *arguments, *people, *topics, *date).text
    catalogue = (user.series / "episodes.toml").read_text(encoding="utf-8")
    for person in ("bushra-gohar", "taha-siddiqui"):
        assert f"[people.{person}]" in catalogue, catalogue
        assert person in said, said
    assert re.search(
        r"\[people\.[a-z-]*khtk|\[people\.[a-z-]*khatak|\[people\.afrasia[a-z-]+\]", catalogue
    ), catalogue
    user.run("check")


@step
def new_on_a_terminal_asks_and_completes_known_people(user: Newcomer) -> None:
    recordings.make_two_microphones(user.publisher, user.series / "two microphones.wav")
    output = user.answer(
        ["new"],
        [
            "Balochistan in focus",
            "",
            "1",
            "2021-02-33",
            "2021-02-08",
            "",
            "Taha Siddiqui",
            "",
            "Human rights",
            "",
        ],
    )
    assert output.status == 0, output.stdout
    catalogue = (user.series / "episodes.toml").read_text(encoding="utf-8")
    assert 'slug = "balochistan-in-focus"' in catalogue, output.stdout
    assert 'moderator = "taha-siddiqui"\ntopics = ["Human rights"]' in catalogue, catalogue


@step
def check_finds_a_half_copied_recording(user: Newcomer) -> None:
    whole = recordings.make_two_microphones(user.publisher, user.home / "protests.wav")
    recordings.copy_half(whole, user.home / "half.wav")
    arguments = ["--title", "Worldwide protests", "--recording", str(user.home / "half.wav")]
    user.run("new", "worldwide-protests", *arguments, "--date", "2021-02-12", status=None)
    refuses(user, "is incomplete", "copy it again")
    shutil.copy(whole, user.series / "episodes" / "worldwide-protests" / "recording.wav")
    user.run("check")


@step
def the_fourth_talk_has_surround_sound_and_waits_for_its_day(user: Newcomer) -> None:
    shutil.copy(recordings.SURROUND, user.home / "surround.mkv")
    arguments = ["--title", "Is extremism on the rise?", "--recording", str(user.home / "surround.mkv")]
    user.run("new", "extremism", *arguments, "--date", "2021-03-10T18:00:00+01:00")
    user.run("check")


CAPTIONS = """\
WEBVTT

00:00:01.000 --> 00:00:03.000
this is a stand in recording

00:00:03.000 --> 00:00:05.000
this is a stand in recording
for the test of the publisher

00:00:05.000 --> 00:00:08.000
for the test of the publisher
and nobody of the talk is heard in it
"""

TURNS = """\
WEBVTT

00:00.000 --> 00:04.000
<v Taha Siddiqui>Good evening, and welcome to this

00:04.000 --> 00:07.000
stand-in recording. It names the title

00:07.000 --> 00:10.000
of the talk and nothing else.

00:10.000 --> 00:14.000
<v Bushra Gohar>Nobody of the talk is heard here.
"""


@step
def transcripts_read_as_paragraphs(user: Newcomer) -> None:
    folder = user.series / "episodes" / "pashtuns-under-attack"
    (folder / "transcript.vtt").write_text(TURNS, encoding="utf-8")
    said = [
        problem["text"] + problem["key"] for problem in problems(user, "warning") + problems(user, "error")
    ]
    assert any("transcript.en.vtt" in text for text in said), said
    (folder / "transcript.vtt").rename(folder / "transcript.en.vtt")
    (user.series / "episodes" / "worldwide-protests" / "transcript.en.vtt").write_text(CAPTIONS)
    user.run("check")


@step
def check_finds_times_that_no_listener_can_reach(user: Newcomer) -> None:
    notes = user.series / "episodes" / "pashtuns-under-attack" / "notes.md"
    notes.write_text("Begins at [0:05], ends at [59:00].\n\n![A photo](missing.jpg)\n", encoding="utf-8")
    said = [
        f"{problem['file']} {problem['text']}"
        for problem in problems(user, "warning") + problems(user, "error")
    ]
    assert any("59:00" in text for text in said), said
    assert any("missing.jpg" in text for text in said), said
    notes.write_text("Begins at [0:05].\n", encoding="utf-8")
    user.run("check")


@step
def plan_says_first_what_listeners_will_notice(user: Newcomer) -> None:
    shown = user.run("plan").stdout
    for words in ("handler_name", "follows:", "seconds of sound"):
        assert words not in shown, shown
    assert shown.index("In the feed") < shown.lower().index("minute"), shown
    assert "On the site" in shown, shown
    assert not (user.series / "public").exists()


@step
def preview_plays_a_talk_before_its_day_and_the_release_encodes_it_once(user: Newcomer) -> None:
    server = user.start("preview", "--as-of", "2021-03-11", "--port", "0")
    try:
        address = _address(server)
        page = _wait_for_player(f"{address}/episodes/extremism/")
        media = re.search(
            r'[^"/]*/media/(extremism\.[0-9a-f]{8}\.mp3)|media/(extremism\.[0-9a-f]{8}\.mp3)', page
        )
        assert media, page
        name = media[1] or media[2]
        status, headers, first = fetch(f"{address}/media/{name}", Range="bytes=0-1")
        assert (status, len(first)) == (206, 2), headers
        assert not public(user, "media").exists() or not list(public(user, "media").glob("extremism*"))
        digest = hashlib.sha256(fetch(f"{address}/media/{name}")[2]).hexdigest()
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=10) in (0, 130)
    before = user.now
    user.now = "2021-03-11T12:00"
    released = Newcomer(user.publisher, user.home, user.home / "later", user.now)
    shutil.copytree(user.series, released.series, symlinks=True)
    started = time.monotonic()
    released.run("release", "extremism", "--only", "audio")
    assert hashlib.sha256(public(released, f"media/{name}").read_bytes()).hexdigest() == digest
    print(f"        the release after the preview took {time.monotonic() - started:.1f} s")
    user.now = before
    shutil.rmtree(released.series)


def _address(server: subprocess.Popen[str]) -> str:
    """The address that `preview` prints."""
    assert server.stdout is not None
    shown = ""
    for line in server.stdout:
        shown += line
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            return found[0]
    raise AssertionError(shown)


def _wait_for_player(address: str, seconds: float = 120) -> str:
    until = time.monotonic() + seconds
    while True:
        page = fetch(address)[2].decode()
        if "<audio" in page:
            return page
        assert time.monotonic() < until, page
        time.sleep(0.5)


@step
def release_publishes_what_is_due_and_names_the_preview(user: Newcomer) -> None:
    shown = user.run("release")
    assert "publisher preview" in shown.text, shown.text
    feed = read(user, "feed.xml")
    assert feed.count("<item>") == 3, shown.text
    assert "extremism" not in feed
    assert not list(user.series.glob("public/**/*extremism*"))
    again = user.run("release").text
    assert "Nothing to do" in again, again


@step
def two_microphones_are_brought_to_the_middle_and_the_plan_says_so(user: Newcomer) -> None:
    status = {talk["slug"]: talk for talk in user.run("status", "--json").json()["episodes"]}
    audio = status["balochistan-in-focus"]["audio"]
    assert abs(audio["loudness"] + 16) <= 1, audio
    assert audio["true_peak"] <= -0.9, audio


@step
def the_site_is_built_the_same_after_it_was_deleted(user: Newcomer) -> None:
    before = tree(user.series / "public")
    shutil.rmtree(user.series / "public")
    user.run("release")
    assert tree(user.series / "public") == before
    shutil.rmtree(user.series / ".publisher")
    user.run("release")
    assert tree(user.series / "public") == before


@step
def the_page_shows_paragraphs_and_the_captions_are_wrapped(user: Newcomer) -> None:
    page = read(user, "episodes/pashtuns-under-attack/index.html")
    words = re.sub(r"<[^>]+>|\s+", " ", page)
    words = re.sub(r"\s+", " ", words)
    assert "welcome to this stand-in recording. It names the title of the talk" in words
    rolling = re.sub(r"\s+", " ", read(user, "episodes/worldwide-protests/transcript.en.srt"))
    assert rolling.count("for the test of the publisher") == 1, rolling
    for line in read(user, "episodes/pashtuns-under-attack/transcript.en.vtt").splitlines():
        assert len(re.sub(r"<[^>]+>", "", line)) <= 65, line


@step
def every_page_has_its_own_title_and_description(user: Newcomer) -> None:
    titles: dict[str, str] = {}
    for path in sorted((user.series / "public").rglob("*.html")):
        page = path.read_text(encoding="utf-8")
        if 'http-equiv="refresh"' in page:
            continue
        title = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
        assert title, path
        if "noindex" not in page:
            assert title[1] not in titles, (path, titles[title[1]])
            titles[title[1]] = str(path)
            assert re.search(r'<meta name="?description', page), path
            assert "og:description" in page, path
        for link in re.findall(r'\shref="?([^">\s]+)', page):
            assert not link.startswith("http://"), (path, link)


@step
def the_subscribe_page_opens_apps_and_a_browser_can_read_the_feed(user: Newcomer) -> None:
    page = read(user, "subscribe/index.html")
    for app in (
        "podcast://talks.press.test",
        "Overcast",
        "Pocket Casts",
        "AntennaPod",
        "Podcast Addict",
        "gPodder",
    ):
        assert app in page, app
    assert "<?xml-stylesheet" in read(user, "feed.xml")[:400]


@step
def topics_in_other_scripts_have_readable_addresses(user: Newcomer) -> None:
    names = {path.name for path in (user.series / "public" / "topics").iterdir() if path.is_dir()}
    assert "human-rights" in names, names
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in names), names
    assert len(names) == 2, names


@step
def a_changed_title_needs_no_encoding(user: Newcomer) -> None:
    guid = re.findall(r"<guid[^>]*>([^<]+)", read(user, "feed.xml"))
    replace_in_catalogue(user, 'title = "Worldwide protests"', 'title = "PTM worldwide protests"')
    plan = user.run("plan").stdout
    assert "Worldwide protests" in plan, plan
    done = user.run("release").text
    assert "without encoding" in done, done
    assert sorted(re.findall(r"<guid[^>]*>([^<]+)", read(user, "feed.xml"))) == sorted(guid)


@step
def a_cut_names_the_chapter_that_it_moves(user: Newcomer) -> None:
    chapters = '[{ at = "0:00", title = "Welcome" }, { at = "0:06", title = "The middle" }]'
    add_to_episode(user, "worldwide-protests", f'cut = [["0:05", "0:08"]]\nchapters = {chapters}')
    warns_about(user, "cut", "0:05")
    before = {path.name for path in public(user, "media").glob("worldwide-protests.*")}
    user.run("release")
    after = {path.name for path in public(user, "media").glob("worldwide-protests.*")}
    assert len(after) == 1 and not after & before, (before, after)


@step
def a_slug_changed_by_hand_is_offered_as_a_rename(user: Newcomer) -> None:
    feed = read(user, "feed.xml")
    replace_in_catalogue(user, 'slug = "worldwide-protests"', 'slug = "ptm-worldwide-protests"')
    episodes = user.series / "episodes"
    (episodes / "worldwide-protests").rename(episodes / "ptm-worldwide-protests")
    stopped = user.run("release", status=3).text
    assert "publisher rename worldwide-protests ptm-worldwide-protests" in stopped, stopped
    assert read(user, "feed.xml") == feed
    user.run("rename", "worldwide-protests", "ptm-worldwide-protests")
    user.run("release")
    assert sorted(re.findall(r"<guid[^>]*>([^<]+)", read(user, "feed.xml"))) == sorted(
        re.findall(r"<guid[^>]*>([^<]+)", feed)
    )
    for page in ("", "embed/"):
        assert "ptm-worldwide-protests" in read(user, f"episodes/worldwide-protests/{page}index.html")


@step
def a_talk_that_vanished_from_the_catalogue_stops_the_release(user: Newcomer) -> None:
    path = user.series / "episodes.toml"
    before = path.read_text(encoding="utf-8")
    block = re.search(
        r'\[\[episode\]\]\nslug = "balochistan-in-focus".*?(?=\n\[\[episode\]\]|\n\[people|\Z)',
        before,
        re.DOTALL,
    )
    assert block, before
    path.write_text(before.replace(block[0], ""), encoding="utf-8")
    stopped = user.run("release", status=3).text
    assert "publisher remove balochistan-in-focus" in stopped, stopped
    assert public(user, "episodes/balochistan-in-focus/index.html").exists()
    path.write_text(before, encoding="utf-8")
    user.run("release")


@step
def remove_withdraws_the_talk_and_takes_it_out_of_the_catalogue(user: Newcomer) -> None:
    user.run("remove", "balochistan-in-focus", "--reason", "published by mistake")
    assert "balochistan-in-focus" not in (user.series / "episodes.toml").read_text(encoding="utf-8")
    user.run("release")
    assert "balochistan" not in read(user, "feed.xml").lower()
    assert not list(public(user, "media").glob("balochistan*"))


@step
def a_logo_a_bio_and_a_video_are_on_the_pages(user: Newcomer) -> None:
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><circle cx="32" cy="32" r="30"/></svg>'
    )
    (user.series / "episodes" / "logo.svg").write_text(drawing, encoding="utf-8")
    replace_in_catalogue(user, "[series]\n", '[series]\nlogo = "episodes/logo.svg"\n')
    replace_in_catalogue(
        user, "[people.bushra-gohar]\n", '[people.bushra-gohar]\nbio = "A **politician**."\n'
    )
    add_to_episode(user, "pashtuns-under-attack", "video = true")
    user.run("release")
    page = read(user, "episodes/pashtuns-under-attack/index.html")
    assert "assets/mark-96.png" in page
    assert '<video controls preload="none"' in page
    assert "<strong>politician</strong>" in read(user, "people/bushra-gohar/index.html")
    assert "episodes/pashtuns-under-attack/#player" in read(user, "index.html")
    assert not public(user, "assets/mark.svg").exists()


@step
def a_long_talk_shows_its_progress_in_status_and_its_mute_keeps_the_length(user: Newcomer) -> None:
    recording = recordings.make_long(user.publisher, user.home / "long.wav", minutes=8)
    user.run(
        "new", "long-talk", "--title", "A long talk", "--recording", str(recording), "--date", "2021-02-20"
    )
    add_to_episode(user, "long-talk", 'mute = [["1:00", "1:05"]]')
    release, seen = user.start("release"), []
    while release.poll() is None:
        running = user.run("status", "--json").json()["running"]
        seen += [task["stage"] for task in running["tasks"]] if running else []
    assert release.returncode == 0, release.stdout.read() if release.stdout else ""
    assert set(seen) & {"decoding", "levelling", "encoding mp3"}, seen
    status = {talk["slug"]: talk for talk in user.run("status", "--json").json()["episodes"]}
    assert abs(status["long-talk"]["audio"]["duration"] - 8 * 60) < 1, status["long-talk"]


@step
def doctor_names_the_font_of_each_script(user: Newcomer) -> None:
    parts = {
        finding["part"]: finding for finding in user.run("doctor", "--json", status=None).json()["findings"]
    }
    urdu = next(finding for part, finding in parts.items() if "Nastaliq" in part)
    assert urdu["works"] and "bundled" in urdu["text"], urdu


@step
def the_embargo_ends_on_its_day(user: Newcomer) -> None:
    user.now = "2021-03-11T12:00"
    user.run("release")
    assert "extremism" in read(user, "feed.xml")


@step
def a_withdrawn_talk_is_gone_everywhere_although_a_template_is_broken(user: Newcomer) -> None:
    templates = user.series / "templates"
    templates.mkdir(exist_ok=True)
    (templates / "index.html").write_text("{% if %}", encoding="utf-8")
    user.run("withdraw", "pashtuns-under-attack", "--reason", "A guest asked for it.", status=None)
    assert not list(public(user, "media").glob("pashtuns*"))
    for path in (user.series / "public").rglob("*"):
        if path.suffix in (".html", ".xml", ".json"):
            assert "Pashtuns under attack" not in path.read_text(encoding="utf-8"), path
    shutil.rmtree(templates)
    user.run("release")
    assert "Nothing to do" in user.run("release").text
