"""Every message of the pages is translated, with its placeholders."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from publisher.errors import RenderError
from publisher.outputs.pages.episode import RELATION_LABELS, ROLES
from publisher.render.templates import Templates, builtin_folder

TRANSLATIONS = builtin_folder() / "translations"
LANGUAGES = ("ar", "fa", "fr", "ps", "ur")
PLACE = re.compile(r"%\((\w+)\)s")


def catalogue(language: str) -> Catalog:
    with (TRANSLATIONS / f"{language}.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def messages() -> set[str]:
    found = extract_from_dir(
        str(builtin_folder()),
        [(f"**.{kind}", "jinja2") for kind in ("html", "txt", "xml", "css")],
        {"**": {"encoding": "utf-8"}},
    )
    in_templates = {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}
    return in_templates | set(ROLES.values()) | set(RELATION_LABELS.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_has_its_words(language: str) -> None:
    words = catalogue(language)
    missing = [message for message in messages() if not words.get(message) or not words.get(message).string]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_placeholder_of_a_message_is_kept(language: str) -> None:
    for message in catalogue(language):
        if isinstance(message.id, str) and message.id:
            assert set(PLACE.findall(message.id)) == set(PLACE.findall(str(message.string))), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_unused(language: str) -> None:
    known = messages()
    ids = {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue(language)}
    assert ids - known - {""} == set()


def test_plurals_follow_the_language(tmp_path: Path) -> None:
    templates = Templates(tmp_path)
    arabic = templates.language("ar").words
    said = [arabic.ngettext("%(num)s talk", "%(num)s talks", n) for n in (1, 2, 5, 11)]
    assert len(set(said)) == 4


def test_a_catalogue_of_the_series_replaces_the_built_in_one(tmp_path: Path) -> None:
    own = tmp_path / "translations"
    own.mkdir()
    (own / "de.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\nmsgid "Talks"\nmsgstr "Gespräche"\n',
        encoding="utf-8",
    )
    templates = Templates(tmp_path)
    assert templates.resolve_language("de-AT") == "de"
    assert templates.language("de").words.gettext("Talks") == "Gespräche"


PLACES_WRONG = {
    "another name": ('msgid "with %(guests)s"\nmsgstr "avec %(invites)s"', 6),
    "a number in the place of text": ('msgid "with %(guests)s"\nmsgstr "avec %(guests)d"', 6),
    "a place without a name": ('msgid "with %(guests)s"\nmsgstr "avec %s"', 6),
    "a place where there is none": ('msgid "Talks"\nmsgstr "Entretiens %(guests)s"', 6),
    "a percent sign": ('msgid "Talks"\nmsgstr "100 %"', 6),
    "a wide place": ('msgid "with %(guests)s"\nmsgstr "avec %(guests)1000000000s"', 6),
    "an unfinished place": ('msgid "with %(guests)s"\nmsgstr "avec %(guests"', 6),
    "the second of a plural": (
        'msgid "%(num)s talk"\nmsgid_plural "%(num)s talks"\nmsgstr[0] "%(num)s"\nmsgstr[1] "%(nombre)s"',
        6,
    ),
    "garbage": ("garbage {", None),
}
HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\n'


@pytest.mark.parametrize("name", PLACES_WRONG)
def test_a_mistake_in_a_translation_is_reported_with_its_line(name: str, tmp_path: Path) -> None:
    written, line = PLACES_WRONG[name]
    (tmp_path / "translations").mkdir()
    (tmp_path / "translations/fr.po").write_text(HEADER + written + "\n", encoding="utf-8")
    templates = Templates(tmp_path)
    place = rf"templates/translations/fr\.po:{line or '[0-9]+'}: "
    with pytest.raises(RenderError, match=place):
        templates.render("404.html", "fr", {})
    assert [error for error in templates.broken_templates() if re.match(place, str(error))]


HEADERS_WRONG = {
    "an unknown charset": '"Content-Type: text/plain; charset=nosuch\\n"',
    "a charset of bytes": '"Content-Type: text/plain; charset=base64\\n"',
    "a date of nonsense": '"POT-Creation-Date: yesterday\\n"',
    "a language of nonsense": '"Language: ../../x\\n"',
    "10^9 plurals": '"Plural-Forms: nplurals=1000000000; plural=0;\\n"',
    "plurals of nonsense": '"Plural-Forms: nplurals=2; plural=__import__(1);\\n"',
    "plurals by a power": '"Plural-Forms: nplurals=2; plural=9**9**9**9;\\n"',
    "plurals nested": '"Plural-Forms: nplurals=2; plural=' + "(" * 5000 + "n" + ")" * 5000 + ';\\n"',
}


@pytest.mark.parametrize("name", HEADERS_WRONG)
def test_a_strange_header_of_a_translation_is_refused_or_does_no_harm(name: str, tmp_path: Path) -> None:
    (tmp_path / "translations").mkdir()
    plural = 'msgid "%(num)s talk"\nmsgid_plural "%(num)s talks"\nmsgstr[0] "%(num)s"\nmsgstr[1] "%(num)s"\n'
    text = f'msgid ""\nmsgstr ""\n{HEADERS_WRONG[name]}\n\n' + plural
    (tmp_path / "translations/fr.po").write_text(text, encoding="utf-8")
    (tmp_path / "one.html").write_text('{{ ngettext("%(num)s talk", "%(num)s talks", 3) }}', encoding="utf-8")
    try:
        assert Templates(tmp_path).render("one.html", "fr", {}) == "3"
    except RenderError as error:
        assert str(error).startswith("templates/translations/fr.po"), error
