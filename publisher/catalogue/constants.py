"""Names defined by others: Apple's categories, licences, language codes, keys of other tools.

Data only. Spelling and case matter: directories compare them exactly.
"""

from __future__ import annotations

from collections.abc import Mapping

_CATEGORIES = """\
Arts: Books, Design, Fashion & Beauty, Food, Performing Arts, Visual Arts
Business: Careers, Entrepreneurship, Investing, Management, Marketing, Non-Profit
Comedy: Comedy Interviews, Improv, Stand-Up
Education: Courses, How To, Language Learning, Self-Improvement
Fiction: Comedy Fiction, Drama, Science Fiction
Government:
History:
Health & Fitness: Alternative Health, Fitness, Medicine, Mental Health, Nutrition, Sexuality
Kids & Family: Education for Kids, Parenting, Pets & Animals, Stories for Kids
Leisure: Animation & Manga, Automotive, Aviation, Crafts, Games, Hobbies, Home & Garden, Video Games
Music: Music Commentary, Music History, Music Interviews
News: Business News, Daily News, Entertainment News, News Commentary, Politics, Sports News, Tech News
Religion & Spirituality: Buddhism, Christianity, Hinduism, Islam, Judaism, Religion, Spirituality
Science: Astronomy, Chemistry, Earth Sciences, Life Sciences, Mathematics, Natural Sciences, Nature,
  Physics, Social Sciences
Society & Culture: Documentary, Personal Journals, Philosophy, Places & Travel, Relationships
Sports: Baseball, Basketball, Cricket, Fantasy Sports, Football, Golf, Hockey, Rugby, Running, Soccer,
  Swimming, Tennis, Volleyball, Wilderness, Wrestling
Technology:
True Crime:
TV & Film: After Shows, Film History, Film Interviews, Film Reviews, TV Reviews
"""
APPLE_CATEGORIES: Mapping[str, tuple[str, ...]] = {
    name: tuple(children.strip().split(", ")) if children.strip() else ()
    for name, children in (line.split(":") for line in _CATEGORIES.replace("\n  ", " ").splitlines())
}
"""Apple Podcasts' categories with their subcategories."""

AUDIO_FORMATS = ("mp3", "m4a", "opus")

_CC_PARTS = ("by", "by-sa", "by-nd", "by-nc", "by-nc-sa", "by-nc-nd")
_CC_VERSIONS = ("2.0", "2.5", "3.0", "4.0")

LICENSES: Mapping[str, str] = {
    f"cc-{parts}-{version}": f"https://creativecommons.org/licenses/{parts}/{version}/"
    for version in _CC_VERSIONS
    for parts in _CC_PARTS
} | {
    "cc0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "lal-1.3": "https://artlibre.org/licence/lal/en/",
    "gfdl-1.3-or-later": "https://www.gnu.org/licenses/fdl-1.3.html",
}
"""Licences for talks: SPDX identifiers in lower case, with the URLs of their texts."""

_CODES = """
aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv
dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii
ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk
ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc
sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve
vi vo wa wo xh yi yo za zh zu
"""
LANGUAGES = frozenset(_CODES.split())
"""The two-letter codes of ISO 639-1."""

_WORDS_OF_OTHER_TOOLS: Mapping[str, Mapping[str, str]] = {
    "episode": {
        "title": "name",
        "summary": "description subtitle abstract",
        "date": "published pubdate publication",
        "slug": "id",
        "recording": "file source media",
        "guests": "speakers people persons",
        "moderator": "host hosts",
        "topics": "tags keywords categories",
        "kind": "type",
        "status": "draft state",
        "language": "lang",
        "mute": "mutes",
        "cut": "cuts",
    },
    "series": {
        "title": "name",
        "link": "url website site",
        "cover": "image artwork",
        "language": "lang",
        "categories": "category",
        "hashtags": "tags",
        "license": "licence",
        "timezone": "tz",
        "owner": "email",
    },
    "people": {"link": "url website", "photo": "image", "title": "role", "bio": "biography"},
    "audio": {"loudness": "lufs", "formats": "format", "true_peak": "peak truepeak"},
    "chapters": {"at": "start time", "title": "name", "link": "url href"},
    "links": {"title": "text name", "url": "link href", "kind": "type"},
    "guests": {"person": "id name", "title": "role"},
}
SYNONYMS: Mapping[str, Mapping[str, str]] = {
    table: {word: key for key, words in keys.items() for word in words.split()}
    for table, keys in _WORDS_OF_OTHER_TOOLS.items()
}
"""By table: keys of other tools, with the key of this catalogue."""
