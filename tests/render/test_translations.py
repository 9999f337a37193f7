"""Every word of the pages is translated, and every place in it kept."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from publisher.outputs.pages.episode import KINDS, ROLES
from publisher.render.templates import Templates, builtin_folder

TRANSLATIONS = builtin_folder() / "translations"
LANGUAGES = ("ar", "fa", "fr", "ps", "ur")
PLACE = re.compile(r"%\((\w+)\)s")


def catalogue(language: str) -> Catalog:
    with (TRANSLATIONS / f"{language}.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def messages() -> set[str]:
    found = extract_from_dir(
        str(builtin_folder()), [("**.html", "jinja2"), ("**.txt", "jinja2")], {"**": {"encoding": "utf-8"}}
    )
    in_templates = {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}
    return in_templates | set(ROLES.values()) | set(KINDS.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_has_its_words(language: str) -> None:
    words = catalogue(language)
    missing = [message for message in messages() if not words.get(message) or not words.get(message).string]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_place_of_a_message_is_kept(language: str) -> None:
    for message in catalogue(language):
        if isinstance(message.id, str) and message.id:
            assert set(PLACE.findall(message.id)) == set(PLACE.findall(str(message.string))), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_kept_that_nobody_says(language: str) -> None:
    known = messages()
    ids = {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue(language)}
    assert ids - known - {""} == set()


def test_plurals_follow_the_language(tmp_path: Path) -> None:
    templates = Templates(tmp_path)
    arabic = templates.language("ar").words
    said = [arabic.ngettext("%(num)s talk", "%(num)s talks", n) for n in (1, 2, 5, 11)]
    assert len(set(said)) == 4


def test_a_catalogue_of_the_series_takes_the_place_of_the_built_in_one(tmp_path: Path) -> None:
    own = tmp_path / "translations"
    own.mkdir()
    (own / "de.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Talks"\nmsgstr "Gespräche"\n',
        encoding="utf-8",
    )
    templates = Templates(tmp_path)
    assert templates.speaking("de-AT") == "de"
    assert templates.language("de").words.gettext("Talks") == "Gespräche"
