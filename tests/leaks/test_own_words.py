"""Names are not searched in the tool's own words, but in everything that people wrote."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from publisher.errors import LeakError
from publisher.leaks import Secret, Secrets, find, in_episode, in_series, model_text
from publisher.leaks.checker import LeakChecker
from publisher.leaks.own_words import Wording
from publisher.model import Chapter, Credit, Link, LiveItem, Person, Translation
from publisher.render.templates import builtin_folder
from tests.conftest import make_episode, make_series
from tests.leaks.corpus import SECRETS, page

GUID = "9f3c2d11-abed-4ada-8bad-0123456789ab"


def checker(
    *words: str, languages: tuple[str, ...] = ("en", "fr", "fa"), texts: tuple[tuple[str, str], ...] = ()
) -> LeakChecker:
    secrets = Secrets(tuple(Secret("name", word, "guest-a") for word in words))
    return LeakChecker(secrets, wording=Wording(builtin_folder(), languages, texts))


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("May", "<time>28 May 2020</time>"),
        ("Mai", "<time>28 mai 2020</time>"),
        ("ژوئن", "۲۸ ژوئن ۲۰۲۰"),
        ("Friday", "Friday"),
        ("2020", "<time datetime='2020-11-28'>"),
        ("600 60", "width=600 60 px"),
        ("Min", "58 min"),
        ("Urdu", "Urdu"),
        ("Search", "<label>Search</label>"),
        ("Itunes", "<itunes:author>"),
    ],
)
def test_a_word_of_the_tool_is_accepted_in_documents(word: str, text: str) -> None:
    checker(word).check("index.html", page(text))
    with pytest.raises(LeakError):
        checker(word, texts=(("series: description", f"Call {word} at once"),)).check(
            "index.html", page(text)
        )


@pytest.mark.parametrize("word", ["Untertestbach", "May Untertestbach", "Mayer", "Nemo Exemplarius"])
def test_every_other_word_is_refused_in_documents(word: str) -> None:
    with pytest.raises(LeakError, match="its text"):
        checker(word).check("index.html", page(f"28 May 2020 {word}"))


def test_a_phone_number_is_refused_in_documents() -> None:
    secrets = Secrets((Secret("phone", "+33 6 99 00 12 34"),))
    with pytest.raises(LeakError):
        LeakChecker(secrets, wording=Wording(builtin_folder())).check("index.html", page("0699001234"))


@pytest.mark.parametrize("word", ["Abed", "Ada", "0123456789ab", "fade"])
def test_a_name_within_an_identifier_is_not_found(word: str) -> None:
    secrets = Secrets((Secret("name", word),))
    digest = "fade" * 16
    assert find("feed.xml", page(f"<guid>{GUID}</guid> {digest}"), secrets) == ()
    assert find("feed.xml", page(f"<guid>{GUID}</guid> by {word.upper()}"), secrets)


def test_every_text_of_an_episode_has_its_key_in_the_catalogue() -> None:
    person = Person("some-body", "A Name", "a title", "a bio", "https://e.example.org/")
    talk = make_episode(
        title="t",
        summary="s",
        notes="n",
        guests=(Credit(person, "guest", "title of the day"),),
        topics=("one", "two"),
        chapters=(Chapter(0, "Welcome"), Chapter(9, "End", "https://e.example.org/c")),
        links=(Link("l", "https://e.example.org/l"),),
        translations={"fr": Translation("titre")},
        guid="g",
    )
    named = dict(model_text.strings_of_episode(talk))
    talk_key = 'episode "first-talk": '
    assert named == {
        f"{talk_key}slug": "first-talk",
        f"{talk_key}title": "t",
        f"{talk_key}summary": "s",
        f"{talk_key}guests": "title of the day",
        "people.some-body: name": "A Name",
        "people.some-body: title": "a title",
        "people.some-body: bio": "a bio",
        "people.some-body: link": "https://e.example.org/",
        f"{talk_key}topics": "two",
        f"{talk_key}links[1].title": "l",
        f"{talk_key}links[1].url": "https://e.example.org/l",
        f"{talk_key}chapters[1].title": "Welcome",
        f"{talk_key}chapters[2].title": "End",
        f"{talk_key}chapters[2].link": "https://e.example.org/c",
        f"{talk_key}guid": "g",
        f"{talk_key}translations.fr.title": "titre",
        "notes.md": "n",
    }


def test_the_texts_of_a_series_are_searched_by_table() -> None:
    name = "Nemo Exemplarius"
    hidden = Person("hidden", name, hidden=True)
    live = LiveItem("soon", "t", datetime(2021, 1, 1, tzinfo=UTC), (), summary=f"with {name}")
    series = make_series(
        Path("x"),
        description=f"by\n{name}",
        people={"some-body": Person("some-body", "B", bio=name), "hidden": hidden},
        live=(live,),
    )
    places = [leak.place for leak in in_series(series, SECRETS)]
    assert places == ["series: description", "people.some-body: bio", 'live "soon": summary']


def test_a_name_across_two_texts_is_found() -> None:
    talk = make_episode(title="Talk with Nemo", summary="Exemplarius speaks")
    other = make_episode(chapters=(Chapter(0, "One"), Chapter(1, "Of Nemo"), Chapter(2, "Exemplarius")))
    both = make_episode(title="Nemo", summary="Exemplarius", notes="by Nemo Exemplarius")
    apart = make_episode(title="Nemo", summary="Here is Exemplarius")
    places = [[leak.place for leak in in_episode(one, SECRETS)] for one in (talk, other, both, apart)]
    key = 'episode "first-talk": '
    assert places == [
        [f"{key}title and {key}summary"],
        [f"{key}chapters[2].title and {key}chapters[3].title"],
        ["notes.md, line 1"],
        [],
    ]


@pytest.mark.parametrize("more", range(110, 126))
def test_half_a_word_at_the_edge_of_a_seam_is_not_a_name(more: int) -> None:
    secrets = Secrets((Secret("name", "Ana"),))
    talk = make_episode(title="x banana " + "y" * more, summary="y" * more + " anatole x")
    assert in_episode(talk, secrets) == ()


def test_the_place_of_a_leak_does_not_contain_the_name() -> None:
    person = Person("nemo-exemplarius", "Somebody", bio="Nemo Exemplarius")
    found = in_episode(make_episode("nemo-exemplarius", guests=(Credit(person, "guest"),)), SECRETS)
    assert {leak.place for leak in found} >= {"slug", "guests", "bio"}
    assert "nemo" not in " ".join(map(str, found)).lower()
