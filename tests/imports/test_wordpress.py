"""Exports of WordPress."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.errors import UsageError
from publisher.imports.markup import to_markdown, to_text
from publisher.imports.people_lines import people_in
from publisher.imports.wordpress import read_wordpress

HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/"><channel>
<title>Border talks</title><link>https://old.example.org</link><description>Talks &amp;amp; more</description><language>en-US</language>
<wp:wxr_version>1.2</wp:wxr_version>
"""
TAIL = "</channel></rss>"


def post(number: int, title: str, content: str = "", **values: str) -> str:
    given = {
        "status": "publish",
        "password": "",
        "type": "post",
        "name": f"post-{number}",
        "more": "",
    } | values
    date = given.get("date", "2021-03-02 15:00:00")
    universal = given.get("date_gmt", "2021-03-02 10:00:00")
    return f"""<item><title><![CDATA[{title}]]></title><link>https://old.example.org/{given["name"]}/</link>
<guid isPermaLink="false">https://old.example.org/?p={number}</guid>
<content:encoded><![CDATA[{content}]]></content:encoded><excerpt:encoded><![CDATA[{given.get("excerpt", "")}]]></excerpt:encoded>
<wp:post_id>{number}</wp:post_id><wp:post_date><![CDATA[{date}]]></wp:post_date><wp:post_date_gmt><![CDATA[{universal}]]></wp:post_date_gmt>
<wp:post_name><![CDATA[{given["name"]}]]></wp:post_name><wp:status><![CDATA[{given["status"]}]]></wp:status>
<wp:post_type><![CDATA[{given["type"]}]]></wp:post_type><wp:post_password><![CDATA[{given["password"]}]]></wp:post_password>
{given["more"]}<wp:comment><wp:comment_author><![CDATA[A Stranger]]></wp:comment_author><wp:comment_content>Hi</wp:comment_content></wp:comment></item>
"""


def export(tmp_path: Path, *posts: str) -> Path:
    path = tmp_path / "export.xml"
    path.write_text(HEAD + "".join(posts) + TAIL, encoding="utf-8")
    return path


TALK = """<!-- wp:paragraph --><p>A talk about <b>borders</b>.<br>Guests: Ann One (Senator), Ben Two and Cem Üç</p><!-- /wp:paragraph -->
<p>Moderator: Dee Four</p>
<figure><iframe src="https://www.youtube.com/embed/dQw4w9WgXcQ?feature=oembed"></iframe></figure>
<p>0:00 Welcome<br>12:40 Questions</p>
<h3>Press coverage</h3><ul><li><a href="https://paper.example.org/a?b=1&amp;c=2">The paper</a></li></ul>
<script>alert(1)</script><p onclick="x()">End [audio mp3="https://old.example.org/a.mp3"][/audio]</p>"""


def test_a_post_becomes_a_talk(tmp_path: Path) -> None:
    more = """<category domain="category" nicename="talks"><![CDATA[Talks]]></category>
<category domain="post_tag" nicename="rights"><![CDATA[Human &amp; rights]]></category>
<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>9</wp:meta_value></wp:postmeta>
<wp:postmeta><wp:meta_key>enclosure</wp:meta_key><wp:meta_value><![CDATA[https://old.example.org/full.mp3
12345
audio/mpeg
a:2:{s:8:"duration";s:8:"01:02:03";s:6:"season";s:1:"2";}]]></wp:meta_value></wp:postmeta>"""
    picture = post(9, "a", type="attachment").replace(
        "</item>", "<wp:attachment_url>https://old.example.org/a.jpg</wp:attachment_url></item>"
    )
    (talk,) = read_wordpress(export(tmp_path, post(4, "Borders", TALK, more=more), picture), "talks").talks
    assert (talk.title, talk.guid, talk.page) == (
        "Borders",
        "https://old.example.org/?p=4",
        "https://old.example.org/post-4/",
    )
    assert talk.date == datetime(2021, 3, 2, 10, tzinfo=UTC)
    assert [(one.name, one.role, one.title) for one in talk.people] == [
        ("Ann One", "guest", "Senator"),
        ("Ben Two", "guest", None),
        ("Cem Üç", "guest", None),
        ("Dee Four", "moderator", None),
    ]
    assert talk.youtube == "dQw4w9WgXcQ"
    assert [(one.at, one.title) for one in talk.chapters] == [(0, "Welcome"), (760, "Questions")]
    assert [(one.title, one.url, one.kind) for one in talk.links] == [
        ("The paper", "https://paper.example.org/a?b=1&c=2", "coverage")
    ]
    assert [file.place for file in talk.media] == [
        "https://old.example.org/full.mp3",
        "https://old.example.org/a.mp3",
    ]
    assert (talk.media[0].length, talk.duration, talk.season) == (12345, 3723.0, 2)
    assert talk.image is not None
    assert talk.image.place == "https://old.example.org/a.jpg"
    assert talk.topics == ("Human & rights",)
    assert talk.notes is not None
    assert "**borders**" in talk.notes
    for unwanted in ("<", "alert", "onclick", "[audio", "wp:"):
        assert unwanted not in talk.notes


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"status": "draft", "date_gmt": "0000-00-00 00:00:00"}, "a draft"),
        ({"status": "private"}, "private"),
        ({"status": "future", "date_gmt": "2031-03-02 10:00:00"}, "scheduled"),
        ({"status": "pending"}, "waiting for review"),
        ({"password": "p"}, "locked with a password"),
        ({"status": "trash"}, "in the trash"),
        ({"status": "of-a-plugin"}, "of the unknown status 'of-a-plugin'"),
    ],
)
def test_what_the_public_cannot_see_is_invisible(values: dict[str, str], reason: str, tmp_path: Path) -> None:
    shown, hidden = read_wordpress(export(tmp_path, post(1, "Shown"), post(2, "Hidden", **values))).talks
    assert (shown.visible, hidden.visible, hidden.why_hidden) == (True, False, reason)


def test_the_date_of_a_draft_has_the_offset_of_the_site(tmp_path: Path) -> None:
    posts = post(1, "Shown"), post(2, "Hidden", status="draft", date_gmt="0000-00-00 00:00:00")
    talk = read_wordpress(export(tmp_path, *posts)).talks[1]
    assert talk.date is not None
    assert talk.date.isoformat() == "2021-03-02T15:00:00+05:00"


def test_comments_pages_and_revisions_are_not_read(tmp_path: Path) -> None:
    posts = [
        post(n, kind, type=kind) for n, kind in enumerate(("page", "revision", "nav_menu_item", "post"), 1)
    ]
    series = read_wordpress(export(tmp_path, *posts))
    assert [talk.title for talk in series.talks] == ["post"]
    assert "Stranger" not in repr(series)


def test_a_cdata_section_that_was_split_is_whole(tmp_path: Path) -> None:
    path = export(tmp_path, post(1, "fin ]]]]><![CDATA[> odd"))
    assert read_wordpress(path).talks[0].title == "fin ]]> odd"


BOMB = '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{"&" + chr(97 + n) + ";"}{"&" + chr(97 + n) + ";"}">' for n in range(20)
)
HOSTILE = {
    "no XML": "Hello",
    "HTML": "<!doctype html><html><head><title>x</title></head></html>",
    "cut short": HEAD + post(1, "a"),
    "entity bomb": BOMB + "]><rss><channel><item>&u;</item></channel></rss>",
    "a file of this machine": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><title>&x;</title></channel></rss>',
    "deep elements": "<rss><channel>" + "<a>" * 10_000,
    "a feed": "<rss><channel><title>a</title><item><title>b</title></item></channel></rss>",
    "empty": "",
    "a huge text": HEAD + "<item><title>" + "x" * 11_000_000 + "</title></item>" + TAIL,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_other_files_are_refused_with_their_name(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_text(HOSTILE[kind], encoding="utf-8")
    with pytest.raises(UsageError, match=r"export\.xml") as refused:
        read_wordpress(path)
    assert "root:" not in str(refused.value)


def test_nested_html_is_left_out_and_said(tmp_path: Path) -> None:
    (talk,) = read_wordpress(export(tmp_path, post(1, "Deep", "<div>" * 5000 + "x"))).talks
    assert (talk.notes, talk.not_understood) == (None, ("its text has elements nested too deeply",))


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="measures memory as Linux does")
@pytest.mark.skipif("PUBLISHER_TEST_ALL" not in os.environ, reason="reads 200 MB; make test-all")
def test_an_export_of_200_mb_takes_little_memory(tmp_path: Path) -> None:
    import subprocess
    import sys

    path = tmp_path / "export.xml"
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        for number in range(20_000):
            file.write(post(number, "A page", "word " * 2000, type="page"))
        file.write(post(1, "A talk") + TAIL)
    assert path.stat().st_size > 200_000_000
    # Linux: the highest use of memory of this program alone; that of `resource` includes its parent's.
    program = (
        "import re, sys, pathlib; from publisher.imports.wordpress import read_wordpress; "
        "print(len(read_wordpress(pathlib.Path(sys.argv[1])).talks)); "
        "print(re.search('VmHWM:\\s*(\\d+)', pathlib.Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, check=True)
    talks, memory = map(int, done.stdout.split())
    assert (talks, memory < 150_000) == (1, True)


PEOPLE = {
    "Guests: A. One, B. Two and C. Three": ["A. One", "B. Two", "C. Three"],
    "Guest: Ann One": ["Ann One"],
    "With: Ann One & Ben Two": ["Ann One", "Ben Two"],
    "Invitées : Ann One et Béa Deux": ["Ann One", "Béa Deux"],
    "Gäste: Ann Eins und Ben Zwei": ["Ann Eins", "Ben Zwei"],
    "Invitados: Ana Uno y Beto Dos": ["Ana Uno", "Beto Dos"],
    "Гости: Анна Один и Борис Два": ["Анна Один", "Борис Два"],
    "مہمان: احمد خان، سارہ بی بی اور علی": ["احمد خان", "سارہ بی بی", "علی"],
    "مهمانان: احمد و سارا": ["احمد", "سارا"],
    "الضيوف: أحمد وسارة": ["أحمد وسارة"],
    "Guests: Ann One, journalist and author, Ben Two": ["Ann One", "Ben Two"],
    "The guests: nobody": [],
    "Guests: https://example.org/": [],
    "Guests: we talked for a very long time about this and that": [],
    "Time: 12:40": [],
}


@pytest.mark.parametrize("text", PEOPLE)
def test_people_in_lines(text: str) -> None:
    assert [person.name for person in people_in(text)] == PEOPLE[text]


def test_html_becomes_markdown_without_html() -> None:
    text = '<h2>About</h2><p>See <a href="javascript:x()">this</a> and <a href="https://e.org/">that</a>.</p><ul><li>one</li></ul>'
    assert to_markdown(text) == "## About\n\nSee this and [that](https://e.org/).\n\n- one"
    assert to_text("<p>a &amp; b</p><p>c<script>x</script></p>") == "a & b\nc"
