"""What a release makes: `MAKERS` and `RENDERERS`, each in the order in which it works.

A destination is one module and its name in `MAKERS`; a document is one and its name in
`RENDERERS`. The feed comes last: it names what all the others put there.
"""

from __future__ import annotations

from publisher.outputs.audio import AudioMaker
from publisher.outputs.chapters import ChaptersRenderer
from publisher.outputs.feed import FeedRenderer
from publisher.outputs.images import ImagesRenderer
from publisher.outputs.pages import PagesRenderer
from publisher.outputs.transcripts import TranscriptsRenderer
from publisher.outputs.video import VideoMaker
from publisher.outputs.youtube import YouTubeMaker

MAKERS = (AudioMaker, VideoMaker, YouTubeMaker)
RENDERERS = (ImagesRenderer, ChaptersRenderer, TranscriptsRenderer, PagesRenderer, FeedRenderer)
"""Pictures, chapters and transcripts before the pages and the feed that link to them."""
