"""Types of single values of the catalogue, with their validators.

Each type is a pydantic annotation with a `TypeDoc` for the reference. A validator raises
ValueError with the message that follows the key: what is wrong, and what to write instead.
Does not access the disk.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit
from uuid import UUID

from pydantic import AfterValidator, PlainValidator

from publisher.bidi import neutralize
from publisher.catalogue import constants
from publisher.model.podcast_namespace import MAX_TEXT
from publisher.render.sanitize import strip_illegal_xml
from publisher.transliteration import transliterate_id

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")
"""Characters that XML forbids or that no text needs; without tab and line feed."""

_BREAK = re.compile(r"[\t\n\u2028\u2029]")
_SEPARATORS = re.compile(r"[\u2028\u2029]")
_LANGUAGE = re.compile(
    r"(?P<language>[a-z]{2,3}(?:-[a-z]{3}){0,3})(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<rest>(?:-(?:[0-9a-z]{5,8}|[0-9][0-9a-z]{3}))*(?:-[0-9a-wyz](?:-[0-9a-z]{2,8})+)*(?:-x(?:-[0-9a-z]{1,8})+)?)",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[^@\s<>\"(),:;\\]+@[^@\s<>\"(),:;\\]+\.[^@\s<>\"(),:;\\.]+")
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# Windows opens a device for these names, with any suffix.
_DEVICES = re.compile(r"con|prn|aux|nul|(?:com|lpt)[0-9]")


@dataclass(frozen=True)
class TypeDoc:
    """The name of a type in the reference, and the rule for its values."""

    type: str
    rule: str = ""


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most similar to `word`, ignoring case; None if none is similar."""
    folded = {name.casefold(): name for name in known}
    low = word.casefold()
    if low in folded:
        return folded[low]
    near = [name for name in folded if abs(len(name) - len(low)) <= 3][:2000]
    found = difflib.get_close_matches(low, near, n=1, cutoff=0.7)
    return folded[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``; did you mean "…"?`` or an empty string."""
    suggestion = closest(word, known)
    return f"; did you mean {quoted(suggestion)}?" if suggestion is not None else ""


def quoted(text: str) -> str:
    """A producer's text for a message: in quotes, on one line, truncated after 80 characters."""
    shown = CONTROL.sub("\N{REPLACEMENT CHARACTER}", _BREAK.sub(" ", text))
    return f'"{shown[:77]}…"' if len(shown) > 80 else f'"{shown}"'


def choice_of(words: Iterable[str]) -> str:
    """``"a", "b" or "c"``."""
    *most, last = [f'"{word}"' for word in words]
    return f"{', '.join(most)} or {last}" if most else last


MAX_TEXT_LENGTH = 100_000
"""Characters of a text; notes, which may be longer, are in a separate file."""


def text(value: str) -> str:
    """A text without characters that XML forbids or that reorder other text; line ends are ``\\n``.

    Every text of the model has passed this function, so no other code cleans it again.
    """
    if len(value) > MAX_TEXT_LENGTH:
        raise ValueError(f"has {len(value)} characters; {MAX_TEXT_LENGTH} are allowed")
    # Printable characters need none of the following: 10 000 episodes are read in a tenth less time.
    return _not_empty(value if value.isprintable() else _cleaned(value))


def _cleaned(value: str) -> str:
    found = CONTROL.search(value)
    if found:
        code = ord(found[0])
        raise ValueError(
            f"contains the control character U+{code:04X} after {_before(value, found)}; delete it"
        )
    return neutralize(strip_illegal_xml(_SEPARATORS.sub("\n", value)))


def _not_empty(value: str) -> str:
    stripped = value.strip()
    if not stripped:
        raise ValueError("is empty; write a text or delete the key")
    return stripped


def _before(value: str, found: re.Match[str]) -> str:
    return quoted(value[max(0, found.start() - 20) : found.start()])


def line(value: str) -> str:
    """Like `text`, but on one line."""
    stripped = text(value)
    if not stripped.isprintable() and _BREAK.search(stripped):
        raise ValueError("must be one line; remove the line breaks and tabs")
    return stripped


def max_length(limit: int) -> Callable[[str], str]:
    def check(value: str) -> str:
        if len(value) > limit:
            raise ValueError(f"has {len(value)} characters; {limit} are allowed")
        return value

    return check


def matching(pattern: str, text: str) -> Callable[[str], str]:
    """A validator: the value must match `pattern`; `text` follows the value in the message."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"{quoted(value)} {text}")
        return value

    return check


def web_address(value: str) -> str:
    """An absolute http(s) URL, in ASCII as feeds require."""
    stripped = line(value)
    try:
        parts = urlsplit(stripped)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"{quoted(value)} is not a web address; write https://…") from None
    if parts.scheme.lower() not in ("http", "https"):
        hint = f"; did you mean https://{stripped}?" if _looks_like_host(stripped) else "; write https://…"
        raise ValueError(f"{quoted(value)} is not a web address{hint}")
    if not host or re.search(r'[\s<>"\\^`{|}]', stripped):
        raise ValueError(f"{quoted(value)} is not a web address; write https://…, without spaces")
    if parts.username is not None or parts.password is not None:
        raise ValueError("contains a user name or password, which would be published; remove it")
    return _in_ascii(parts._replace(scheme=parts.scheme.lower()), host, port)


def _looks_like_host(value: str) -> bool:
    return re.match(r"[\w-]+(\.[\w-]+)+(/|$)", value) is not None


def _in_ascii(parts: SplitResult, host: str, port: int | None) -> str:
    try:
        name = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        raise ValueError(f"{quoted(host)} is not the name of a web server; write https://…") from None
    netloc = f"[{name}]" if ":" in name else name
    return urlunsplit(
        parts._replace(
            netloc=netloc if port is None else f"{netloc}:{port}",
            path=quote(parts.path, safe="/%:@!$&'()*+,;=~-._"),
            query=quote(parts.query, safe="/?%:@!$&'()*+,;=~-._[]"),
            fragment=quote(parts.fragment, safe="/?%:@!$&'()*+,;=~-._"),
        )
    )


def series_link(value: str) -> str:
    """The URL of the series, ending in a slash."""
    address = web_address(value)
    parts = urlsplit(address)
    if parts.query or parts.fragment:
        raise ValueError("must be the plain address of the series; remove ? or # and what follows")
    return address if address.endswith("/") else address + "/"


def email(value: str) -> str:
    stripped = line(value)
    if not _EMAIL.fullmatch(stripped):
        raise ValueError(f'{quoted(value)} is not an e-mail address; write "name@example.org"')
    return stripped


def language(value: str) -> str:
    """A BCP 47 tag in canonical case.

    >>> language("EN-us"), language("uz-cyrl")
    ('en-US', 'uz-Cyrl')
    """
    tag = value.strip().replace("_", "-")
    match = _LANGUAGE.fullmatch(tag)
    if match is None:
        raise ValueError(_not_a_language(value, tag))
    if "_" in value:
        raise ValueError(f'write "{_usual_case(match)}", with a hyphen')
    primary = match["language"].lower().split("-")[0]
    if primary not in constants.LANGUAGES:
        _check_rare_language(value, primary)
    return _usual_case(match)


def _usual_case(match: re.Match[str]) -> str:
    script, region = match["script"], match["region"]
    parts = (match["language"].lower(), script and script.title(), region and region.upper())
    return "-".join(part for part in parts if part) + match["rest"].lower()


def _check_rare_language(value: str, primary: str) -> None:
    from babel.core import get_global

    aliases = get_global("language_aliases").get(primary)
    if aliases:
        raise ValueError(f'{quoted(value)} is an old or long code; write "{aliases[0]}"')
    if len(primary) == 2:
        raise ValueError(f'no language has the code {quoted(primary)}; write "en", "ur", "ps", "fr" …')


def _not_a_language(value: str, tag: str) -> str:
    from babel import Locale

    names = {name.casefold(): code for code, name in Locale("en").languages.items() if "_" not in code}
    suggestion = closest(tag.split("-")[0], names)
    if suggestion is not None:
        return f'{quoted(value)} is not a language code; write "{names[suggestion]}"'
    return f'{quoted(value)} is not a language code (BCP 47); write "en", "ur", "ps", "fr" …'


def identifier(value: str) -> str:
    """A slug or a person's id: lower-case ASCII letters, digits and hyphens."""
    if not _ID.fullmatch(value):
        suggestion = transliterate_id(value)
        hint = f'; write "{suggestion}"' if suggestion else ', such as "a-first-talk"'
        raise ValueError(f"{quoted(value)}: only a-z, 0-9 and single hyphens are allowed{hint}")
    if len(value) > 100:
        raise ValueError(f"has {len(value)} characters; 100 are allowed")
    if _DEVICES.fullmatch(value):
        raise ValueError(f"{quoted(value)} cannot be a folder's name on Windows; add a word to it")
    return value


def relative_path(value: str) -> str:
    """A path below the series folder, with forward slashes; its existence is not checked here."""
    stripped = line(value)
    if "://" in stripped:
        raise ValueError(f"{quoted(value)} is an address; download the file and write its path")
    if "\\" in stripped:
        raise ValueError("write / instead of \\ in paths")
    if stripped.startswith(("/", "~")) or re.match(r"[A-Za-z]:", stripped):
        raise ValueError("must be a path from the series folder; copy the file there and write its path")
    if ".." in stripped.split("/"):
        raise ValueError('must not leave the series folder; remove the ".."')
    return stripped


def hashtag(value: str) -> str:
    """A hashtag without its leading #."""
    tag = line(value).removeprefix("#")
    if not tag or re.search(r"[\s#<>,.;:!?\"'&/\\()@]", tag):
        joined = re.sub(r"[\s#<>,.;:!?\"'&/\\()@]", "", tag)
        hint = f'; write "{joined}"' if joined else ""
        raise ValueError(f"{quoted(value)}: a hashtag is letters, digits and _ only, in any script{hint}")
    return tag


def category(value: object) -> tuple[str, str | None]:
    """One of Apple's categories: ``News`` or ``News > Politics``."""
    if not isinstance(value, str):
        raise ValueError('must be one of Apple\'s names in quotes, such as "News > Politics"')
    parent, _, child = (part.strip() for part in value.partition(">"))
    names = constants.APPLE_CATEGORIES
    if parent not in names:
        raise ValueError(_unknown_category(value, parent))
    if child and child not in names[parent]:
        suggestion = closest(child, names[parent])
        listed = f"it has {choice_of(names[parent])}" if names[parent] else "it has none"
        hint = f'; did you mean "{parent} > {suggestion}"?' if suggestion else f"; {listed}"
        raise ValueError(f'Apple has no subcategory {quoted(child)} in "{parent}"{hint}')
    return parent, child or None


def _unknown_category(value: str, parent: str) -> str:
    names = constants.APPLE_CATEGORIES
    suggestion = closest(parent, names)
    if suggestion is not None:
        return f'Apple has no category {quoted(parent)}; did you mean "{suggestion}"?'
    for name, children in names.items():
        child = closest(parent, children)
        if child is not None:
            return f'{quoted(value)} is a subcategory; write "{name} > {child}"'
    return f"Apple has no category {quoted(parent)}; it has {choice_of(names)}"


def timezones() -> frozenset[str]:
    """The names of the IANA time zone database."""
    from importlib.resources import files

    return frozenset((files("tzdata") / "zones").read_text(encoding="ascii").split())


def timezone(value: str) -> str:
    """A name of the IANA time zone database."""
    names = timezones()
    if value in names:
        return value
    city = value.replace(" ", "_").casefold()
    ending = sorted(name for name in names if name.casefold().endswith("/" + city))
    suggestion = ending[0] if ending else closest(value, names)
    hint = (
        f'; did you mean "{suggestion}"?' if suggestion else '; write "Europe/Paris", "Asia/Karachi", "UTC" …'
    )
    raise ValueError(f"{quoted(value)} is not a time zone{hint}")


def uuid(value: str) -> str:
    try:
        canonical = str(UUID(value.strip()))
    except ValueError:
        raise ValueError("is not a UUID; copy <podcast:guid> of that feed, or delete the key") from None
    # uuid.UUID also accepts braces, prefixes and missing hyphens; feeds use one form.
    if value.strip().lower() != canonical:
        raise ValueError(f'write the UUID with hyphens alone: "{canonical}"')
    return value.strip()


def guid(value: str) -> str:
    return max_length(1000)(line(value))


Text = Annotated[str, AfterValidator(text), TypeDoc("text")]
Line = Annotated[str, AfterValidator(line), TypeDoc("text", "one line")]
ShortLine = Annotated[
    str, AfterValidator(line), AfterValidator(max_length(MAX_TEXT)), TypeDoc("text", "≤ 128 characters")
]
Address = Annotated[str, AfterValidator(web_address), TypeDoc("address", "absolute, http or https")]
SeriesLink = Annotated[
    str,
    AfterValidator(series_link),
    TypeDoc("address", "absolute, http or https; a missing last slash is added"),
]
Email = Annotated[str, AfterValidator(email), TypeDoc("e-mail")]
Language = Annotated[str, AfterValidator(language), TypeDoc("language", "a BCP 47 code")]
Slug = Annotated[
    str, AfterValidator(identifier), TypeDoc("slug", "a-z, 0-9 and single hyphens; ≤ 100 characters")
]
PersonId = Annotated[str, AfterValidator(line), TypeDoc("person", "an id in [people]")]
FilePath = Annotated[str, AfterValidator(relative_path), TypeDoc("file", "inside the series folder")]
Hashtag = Annotated[str, AfterValidator(hashtag), TypeDoc("hashtag", "no spaces; a leading # is dropped")]
Category = Annotated[tuple[str, str | None], PlainValidator(category), TypeDoc("category")]
Timezone = Annotated[str, AfterValidator(timezone), TypeDoc("time zone", "a name of the IANA database")]
Uuid = Annotated[str, AfterValidator(uuid), TypeDoc("UUID")]
Guid = Annotated[str, AfterValidator(guid), TypeDoc("text", "unique in the series")]
