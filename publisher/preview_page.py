"""What a preview adds to a page: a note above it, marks at links to talks that are not public, and a style.

It edits rendered pages, so that no template contains anything for the preview. The texts are in English,
the language of this tool for producers.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

STYLE_NAME = "preview.css"
STATUS_DIR = "preview-status/"
"""The folder of the texts that pages poll while the media of a talk is being made, by slug."""

STYLE = """\
.preview-note{margin:0;padding:.75rem 1rem;background:#ffe9a8;color:#2b2300;
border-block-end:1px solid #8a7000;font:1rem/1.5 system-ui,sans-serif;text-align:start;overflow-wrap:anywhere}
.preview-note p{margin:0 auto;max-inline-size:69rem}
.preview-note p+p{margin-block-start:.25rem}
.preview-note p:empty{display:none}
.preview-mark{display:inline-block;margin-inline:.5em;padding:.1em .5em;background:#ffe9a8;
color:#2b2300;border-radius:2px;font:600 .875rem/1.4 system-ui,sans-serif;letter-spacing:0;
vertical-align:middle;white-space:nowrap;text-decoration:none}
@media print{.preview-note,.preview-mark{display:none}}
"""

_TALK_LINK = re.compile(r'(<a\b[^>]*\bhref="(?:\.\./|\./)*episodes/([a-z0-9-]+)/"[^>]*>.*?)(</a>)', re.DOTALL)
_MAIN = re.compile(r"<main\b|</body>")


@dataclass(frozen=True, slots=True)
class Note:
    """What a preview says about a talk.

    `mark` is shown at links to its page; `state` (whether it is public) and `media` (why it has no audio
    or video yet) above its page.
    """

    mark: str = ""
    state: str = ""
    media: str = ""


def with_marks(page: str, marks: Mapping[str, str]) -> str:
    """The page with a mark in each link to the page of a talk that has one (by slug)."""

    def marked(found: re.Match[str]) -> str:
        link, slug, end = found.groups()
        text = marks.get(slug)
        if text is None:
            return found[0]
        return f'{link}<bdi class="preview-mark" lang="en" dir="ltr">{html.escape(text)}</bdi>{end}'

    return _TALK_LINK.sub(marked, page) if marks else page


def with_note(page: str, note: Note, status: str) -> str:
    """The page with a note above its content; a script polls the text at the address `status`."""
    if not note.state and not note.media:
        return page
    state = f"<p><strong>{html.escape(note.state)}</strong></p>" if note.state else ""
    media = f'<p role="status" data-preview-status="{html.escape(status)}">{html.escape(note.media)}</p>'
    aside = f'<aside class="preview-note" lang="en" dir="ltr" aria-label="Preview">{state}{media}</aside>\n'
    return _MAIN.sub(lambda found: aside + found[0], page, count=1)


def with_style(page: str, address: str) -> str:
    """The page with a link to the preview's style sheet."""
    return page.replace("</head>", f'<link rel="stylesheet" href="{html.escape(address)}"></head>', 1)
