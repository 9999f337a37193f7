"""The outputs of a release: `MAKERS` and `RENDERERS`, each in the order in which they run.

A new output is one module and one name in `MAKERS` (media, uploads) or `RENDERERS` (documents). The
feed is last because it links to the files of all others.
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
"""Images, chapters and transcripts come before the pages and the feed, which link to them."""
