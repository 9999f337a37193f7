"""Rebuilds the receipts of published talks from what is published and from the catalogue.

A receipt says that a published file was made from certain inputs. To prove it, the file is made once more
from the recording: equal bytes have equal inputs. A file that cannot be proved is kept only if nothing is
left out of the talk; otherwise the next release makes it again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from publisher import files, site_paths
from publisher.context import BuildContext
from publisher.errors import PublisherError
from publisher.ledger import EpisodeRecord, WithdrawalLock, publication, with_receipt
from publisher.ledger.records import FormerSlug
from publisher.model import AudioFacts, Enclosure, Episode, Receipt, VideoFacts
from publisher.outputs.feed.published import WITHDRAWN, PublishedFeed, PublishedItem, ReadFile, read_page
from publisher.plan import MEDIA_OUTPUTS, Maker, Renderer, Step, Target, places_of
from publisher.progress import Progress
from publisher.release_state import ReleaseState, RenderedFile
from publisher.run.cache import save_rendered
from publisher.run.journal import Journal
from publisher.visibility import apply_holds, redaction

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Recovery:
    """The result: sentences about what was recovered, by slug, and about what could not be known."""

    recovered: dict[str, str] = field(default_factory=dict)
    redactions: dict[str, str] = field(default_factory=dict)
    """The keys of what is left out of the talks whose audio was proved, by slug."""
    unknown: list[str] = field(default_factory=list)


class Recover:
    """The recovery of one series. `read` reads published files; missing media are copied to public/."""

    def __init__(
        self,
        state: ReleaseState,
        makers: Iterable[Maker],
        renderers: Iterable[Renderer],
        context: BuildContext,
        progress: Progress,
        read: ReadFile,
    ) -> None:
        self._journal = Journal(state, context)
        self._state, self._context, self._progress, self._read = state, context, progress, read
        self._renderers = tuple(renderers)
        self._makers = [maker for maker in makers if maker.name in MEDIA_OUTPUTS]
        self.result = Recovery()

    def run(self, feed: PublishedFeed) -> Recovery:
        """Writes the receipts of every talk that is published and has none."""
        series = self._state.series
        if feed.address not in (None, series.feed_url):
            raise PublisherError(
                f"the published feed is {feed.address}, but `link` makes it {series.feed_url}: correct `link`"
            )
        identified = replace(self._state.ledger, feed_guid=feed.guid, feed_address=feed.address)
        self._journal.save_identities(identified)
        slugs = {episode.slug for episode in series.episodes}
        former = self._former_slugs(feed, slugs)
        for episode in series.episodes:
            self._recover(episode, feed.items.get(episode.slug), former.get(episode.slug, ()))
        for slug in feed.items.keys() - slugs:
            self._report(f"{slug} is in the feed and not in the catalogue: add it, or `remove` it")
        for title in feed.skipped:
            self._report(f"an item of the feed was not understood: {title}")
        self._recover_rendered()
        return self.result

    def _recover_rendered(self) -> None:
        """Records the documents under public/ that are as they would be rendered now."""
        state = self._journal.current_state()
        series = apply_holds(state.series, state.ledger, state.now)
        rendered: dict[str, RenderedFile] = {}
        for renderer in self._renderers:
            visible = publication(series, state.ledger, state.now, places_of(renderer.name))
            for document in renderer.documents(visible):
                if (file := state.public.get(document.path)) is None:
                    continue
                if files.read_bytes(self._context.public / document.path) == document.render():
                    rendered[document.path] = RenderedFile(document.key, file)
        logger.info("%d documents are as they would be rendered now", len(rendered))
        save_rendered(self._context.work, rendered)

    def _report(self, text: str) -> None:
        self.result.unknown.append(text)

    def _former_slugs(self, feed: PublishedFeed, slugs: set[str]) -> dict[str, tuple[FormerSlug, ...]]:
        """The earlier slugs of talks, as far as pages under public/ redirect."""
        found: dict[str, tuple[FormerSlug, ...]] = {}
        pages = (site_paths.slug_from_path(path) for path in self._state.public)
        for slug in sorted({slug for slug in pages if slug} - slugs - feed.items.keys()):
            kind, target = read_page(self._read, slug, self._state.series.link)
            if target in slugs:
                found[target or ""] = (*found.get(target or "", ()), FormerSlug(slug, self._state.now))
            elif kind == WITHDRAWN:
                self._report(f"{slug} was withdrawn, and is not in the catalogue")
        return found

    def _recover(self, episode: Episode, item: PublishedItem | None, former: tuple[FormerSlug, ...]) -> None:
        record = self._journal.ledger.record(episode.slug)
        if record.guid is not None:
            self.result.recovered[episode.slug] = "has its receipts"
            return
        if item is None:
            self._recover_absent(episode)
            return
        published = _as_written(item, episode)
        record = replace(record, guid=item.guid, published=published, former=former)
        if episode.guid not in (None, item.guid):
            self._report(f"{episode.slug}: its published guid is {item.guid}, not {episode.guid}")
        self._journal.save(record)
        self.result.recovered[episode.slug] = "its identity"
        for maker in self._makers:
            for target in maker.items(self._state.series, self._state.now):
                if target.episode == episode.slug and target.made_for is None:
                    self._recover_media(maker, target, episode, item)

    def _recover_absent(self, episode: Episode) -> None:
        """A talk that is not in the feed: locked if its page says that it was withdrawn."""
        kind, _ = read_page(self._read, episode.slug, self._state.series.link)
        if kind == WITHDRAWN:
            lock = WithdrawalLock(self._state.now.date(), "its published page says that it was withdrawn")
            # Its page remains only if it was published.
            self._journal.save(EpisodeRecord(episode.slug, published=episode.date, withdrawn=lock))
            self.result.recovered[episode.slug] = "its withdrawal"
        elif episode.is_due(self._state.now) and episode.recording is not None:
            # Receipts that are lost may have contained a withdrawal.
            lock = WithdrawalLock(
                self._state.now.date(), "not in the published feed when receipts were rebuilt"
            )
            self._journal.save(EpisodeRecord(episode.slug, withdrawn=lock))
            self._report(
                f"{episode.slug} is due and not in the feed: perhaps it was withdrawn, so it is locked; "
                f"`publisher withdraw {episode.slug} --restore` allows the next release to publish it"
            )

    def _recover_media(self, maker: Maker, target: Target, episode: Episode, item: PublishedItem) -> None:
        published = [path for path in item.media if site_paths.is_video(path) == (maker.name == "video")]
        if not published:
            return
        for path in published:
            self._copy(path, item.media[path])
        step = Step(target.output, target.episode, "make", "new", inputs=target.inputs)
        with files.temp_dir(self._context.work / "recover") as folder:
            own = type(maker)(replace(self._context, public=folder))  # type: ignore[call-arg]
            made = own.make(step, self._state.series, None, lambda facts: None, self._progress).facts
        assert isinstance(made, AudioFacts | VideoFacts)
        name = f"{episode.slug}: its {maker.name}"
        if {file.path for file in made.files} != set(published):
            if redaction(episode):
                self._report(
                    f"{name} could not be proved to be without what is cut, muted or hidden: the next "
                    "release makes it again, and listeners download it again"
                )
                return
            self._report(
                f"{name} has other bytes than this machine makes, perhaps with another ffmpeg: it is kept"
            )
            made = self._as_published(made, published)
        receipt = Receipt(target.output, target.inputs, made)
        self._journal.save(with_receipt(self._journal.ledger.record(episode.slug), receipt))
        self.result.recovered[episode.slug] += f", {maker.name}"
        if key := redaction(episode):
            self.result.redactions[episode.slug] = key

    def _as_published(self, made: AudioFacts | VideoFacts, paths: Iterable[str]) -> AudioFacts | VideoFacts:
        """The facts with the published files instead of those made now, by format."""
        by_suffix = {path.rpartition(".")[2]: path for path in paths}

        def published(file: Enclosure) -> Enclosure:
            path = by_suffix.get(file.path.rpartition(".")[2], file.path)
            existing = self._context.public / path
            if not existing.is_file():
                return file
            return replace(file, path=path, length=existing.stat().st_size, digest=files.sha256(existing))

        if isinstance(made, VideoFacts):
            return replace(made, file=published(made.file) if made.file else None)
        return replace(made, enclosures=tuple(map(published, made.enclosures)))

    def _copy(self, path: str, length: int) -> None:
        """Copies a published media file to public/ if it is not there. Raises PublisherError."""
        file = self._context.public / path
        if file.is_file() and file.stat().st_size == length:
            return
        content = self._read(path)
        parts = site_paths.media_parts(path)
        if content is None or parts is None:
            raise PublisherError(f"{path} is in the feed, and is not served")
        files.write_atomic(file, content)
        if not files.sha256(file).startswith(parts.digest):
            file.unlink()
            raise PublisherError(f"{path} is damaged: its name says {parts.digest}")


def _as_written(item: PublishedItem, episode: Episode) -> datetime:
    """The date of the catalogue if it is the same moment: it also has the time zone."""
    return episode.date if episode.date == item.published else item.published
