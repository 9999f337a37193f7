"""What a release changes for listeners and viewers, talk by talk: in the feed, on the site, on YouTube."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from publisher import estimates, ledger, site_paths
from publisher.cli import console
from publisher.cli.display import format_clock
from publisher.cli.document_changes import NEIGHBOURS, FileChanges, feed_changes, file_changes
from publisher.gather.series import Session
from publisher.model import AudioFacts, Episode
from publisher.plan import MEDIA_OUTPUTS, RENDERERS_BY_OUTPUT, Difference, Plan, Renderer, Step
from publisher.progress import Progress

if TYPE_CHECKING:
    from publisher.outputs.feed.diff import FeedChange

Place = Literal["feed", "youtube", "pages"]
KNOWN_TO_APPS = "taken over with its guid and its file: no app downloads it again"
PLACE_NAMES: Mapping[Place, str] = {"feed": "In the feed", "youtube": "On YouTube", "pages": "On the site"}

SERIES_NAME = "The series"


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """The change of one talk in one place. `seconds` is the length of a new talk there."""

    place: Place
    text: str
    details: tuple[Difference, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class TalkChange:
    """The changes of one talk; `slug` is None for the series as a whole."""

    slug: str | None
    title: str
    places: tuple[PlaceChange, ...]


@dataclass(frozen=True, slots=True)
class PlanChanges:
    """Everything that a plan changes for the public."""

    feed: tuple[FeedChange, ...] = ()
    files: FileChanges = field(default_factory=FileChanges)
    talks: tuple[TalkChange, ...] = ()


def plan_changes(opened: Session, plan: Plan, progress: Progress) -> PlanChanges:
    """The changes of the outputs for which the plan has steps."""
    opened = _without_unmade(opened, plan)
    feed = feed_changes(opened) if plan.steps_for("feed") else ()
    renderers = tuple(renderer for renderer in opened.renderers if _is_planned(renderer, plan))
    changed = file_changes(opened, plan, renderers, progress)
    return PlanChanges(feed, changed, tuple(_Report(opened, plan, feed, changed).talks()))


def _without_unmade(opened: Session, plan: Plan) -> Session:
    """The session without the talks that stay unpublished: this plan does not make their audio."""
    state = opened.state
    made = {step.episode for step in plan.steps if step.output in MEDIA_OUTPUTS}

    def is_published(episode: Episode) -> bool:
        record = state.ledger.record(episode.slug)
        needs_audio = episode.recording is not None or episode.slug in opened.unusable
        has_audio = bool(record.file_paths("audio")) or episode.slug in made
        return record.published is not None or has_audio or not needs_audio

    episodes = tuple(filter(is_published, state.series.episodes))
    return replace(opened, state=replace(state, series=replace(state.series, episodes=episodes)))


def _is_planned(renderer: Renderer, plan: Plan) -> bool:
    return any(
        renderer.name in names and any(step.episode is None for step in plan.steps_for(output))
        for output, names in RENDERERS_BY_OUTPUT.items()
    )


# The talks


class _Report:
    """Collects the changes of one plan by talk."""

    def __init__(
        self, opened: Session, plan: Plan, feed: tuple[FeedChange, ...], changed: FileChanges
    ) -> None:
        self._opened, self._files = opened, changed
        identified = ledger.identify(opened.series, opened.state.ledger)
        slugs = {record.guid: slug for slug, record in identified.records.items()}
        self._feed = {change.guid and slugs.get(change.guid, change.guid): change for change in feed}
        self._with_new_links = 0
        """The talks on whose pages only the links to other talks change."""
        self._steps: dict[str, list[Step]] = {}
        for step in (*plan.steps, *plan.deferred):
            if step.episode is not None and not step.retracts:
                self._steps.setdefault(step.episode, []).append(step)
        self._taken_back = {(step.episode, step.output) for step in plan.retractions}
        self._written = _by_talk((*changed.new, *changed.changed))
        self._removed = _by_talk(changed.removed)
        self._new = frozenset(changed.new)

    def talks(self) -> Iterator[TalkChange]:
        """The talks that change, in the order of the catalogue, then the series as a whole."""
        series = self._opened.series
        for episode in series.episodes:
            places = tuple(self._places(episode.slug))
            if places == (_NEIGHBOURS_CHANGE,):
                self._with_new_links += 1
            elif places:
                yield TalkChange(episode.slug, episode.title, places)
        if places := tuple(self._series_places()):
            yield TalkChange(None, SERIES_NAME, places)

    def _places(self, slug: str) -> Iterator[PlaceChange]:
        if feed := self._feed_change(slug):
            yield feed
        if youtube := self._youtube_change(slug):
            yield youtube
        if site := self._site_change(slug):
            yield site

    def _is_taken_back(self, slug: str, output: str) -> bool:
        return (slug, output) in self._taken_back

    def _feed_change(self, slug: str) -> PlaceChange | None:
        change = self._feed.get(slug)
        media = self._media_words(slug)
        if change is None and not media:
            return None
        if change is not None and change.action == "add":
            text = KNOWN_TO_APPS if not media and self._is_taken_over(slug) else "new"
            return PlaceChange("feed", text, seconds=self._seconds(slug))
        if change is not None and change.action == "remove":
            return None if self._is_taken_back(slug, "feed") else PlaceChange("feed", "removed")
        words = [word for word in (change.changes if change else ()) if word not in media]
        details = (*(change.details if change else ()), *self._length_change(slug))
        return PlaceChange("feed", ", ".join((*words, *media.values())), details)

    def _is_taken_over(self, slug: str) -> bool:
        """Whether apps know the talk from another feed, with the guid and the file that it has here."""
        record, episode = self._opened.state.ledger.record(slug), self._opened.series.episode(slug)
        return record.published is not None and episode is not None and episode.guid == record.guid

    def _length_change(self, slug: str) -> Iterator[Difference]:
        """The length of a published talk before and after, if its audio is made again."""
        audio = [
            step for step in self._steps.get(slug, ()) if step.output == "audio" and step.action == "make"
        ]
        receipt = self._opened.state.ledger.record(slug).receipts.get("audio")
        if not audio or receipt is None or not isinstance(facts := receipt.facts, AudioFacts):
            return
        jingles = (facts.intro_duration or 0.0) + (facts.outro_duration or 0.0)
        for enclosure in facts.enclosures[:1]:
            before, after = format_clock(enclosure.duration), format_clock(self._seconds(slug) + jingles)
            if before != after:
                yield Difference("length", before, after)

    def _media_words(self, slug: str) -> dict[str, str]:
        """The published media files that are replaced, and why, by output."""
        words: dict[str, str] = {}
        for step in self._steps.get(slug, ()):
            if step.output not in MEDIA_OUTPUTS or step.made_for is not None:
                continue
            reason = ", ".join(step.changes) or step.reason
            if step.action == "remove":
                if step.output not in words:
                    words[f"{step.output} file"] = f"an old {step.output} file is removed ({step.reason})"
            elif step.action == "update":
                words[step.output] = f"{step.output} with new tags ({reason})"
            else:
                words[step.output] = f"{step.output} made again ({reason})"
        return words

    def _seconds(self, slug: str) -> float:
        return estimates.spoken(slug, self._opened.series)

    def _youtube_change(self, slug: str) -> PlaceChange | None:
        steps = [step for step in self._steps.get(slug, ()) if step.output == "youtube"]
        if not steps:
            return None
        step = steps[0]
        day = f" on day {step.day}, because of the quota" if step.day > 1 else ""
        if step.cost.get("video uploads"):
            return PlaceChange("youtube", f"uploaded{day}", seconds=self._seconds(slug))
        text = {"unfinished": "made visible", "first seen": "compared for the first time"}.get(step.reason)
        return PlaceChange("youtube", (text or ", ".join(step.changes) or step.reason) + day, step.details)

    def _site_change(self, slug: str) -> PlaceChange | None:
        page = f"{site_paths.episode_page(slug)}index.html"
        own, removed = self._written.get(slug, ()), self._removed.get(slug, ())
        if page in self._new:
            return PlaceChange("pages", "new page")
        if page in removed and not self._is_taken_back(slug, "pages"):
            return PlaceChange("pages", "page removed")
        found = {_page_word(path) for path in (*own, *removed)}
        if self._is_taken_back(slug, "pages"):
            # The page that remains at the talk's address names nothing.
            found.discard(PAGE)
        if self._media_outputs(slug) and page in self._opened.state.public:
            found.add(PAGE)
        words = [word for word in (PAGE, *_PAGE_WORDS.values()) if word in found]
        if PAGE in found and (said := self._page_details(slug)):
            words[0] = f"{PAGE} ({', '.join(said)})"
        title = None if slug in self._feed else self._files.titles.get(slug)
        details = (title,) if title else ()
        return PlaceChange("pages", ", ".join(dict.fromkeys(words)), details) if words else None

    def _page_details(self, slug: str) -> list[str]:
        """What changes on a talk's page: as in its feed item, otherwise the parts that differ."""
        change = self._feed.get(slug)
        words = [*(change.changes if change else ()), *self._media_outputs(slug)]
        words = [word for word in words if word != "description"]
        if not words:
            words = ["title"] if slug in self._files.titles else []
            words += self._files.pages.get(slug, ())
        return list(dict.fromkeys(words))

    def _media_outputs(self, slug: str) -> list[str]:
        return [output for output in self._media_words(slug) if output in MEDIA_OUTPUTS]

    def _series_places(self) -> Iterator[PlaceChange]:
        change = self._feed.get(None)
        # The date of the feed itself changes with every talk; no app shows it.
        words = [word for word in change.changes if word != "date"] if change else []
        if change is not None and words:
            yield PlaceChange("feed", ", ".join(words), change.details)
        paths = (*self._files.new, *self._files.changed, *self._files.removed)
        shared = [path for path in paths if site_paths.slug_from_path(path) is None]
        words = [
            text for name, text in _SHARED_WORDS.items() if any(path.startswith(name) for path in shared)
        ]
        for name, (one, many) in _LISTING_WORDS.items():
            folders = {
                folder for path in shared if (folder := site_paths.listing_of(path) or "").startswith(name)
            }
            words += [one if len(folders) == 1 else f"{len(folders)} {many}"] if folders else []
        if self._with_new_links:
            words.append(f"{NEIGHBOURS} on {console.count(self._with_new_links, 'page')}")
        if words:
            yield PlaceChange("pages", ", ".join(dict.fromkeys(words)))


def _by_talk(paths: Iterable[str]) -> Mapping[str, list[str]]:
    """The files that belong to one talk, without media files, by slug."""
    found: dict[str, list[str]] = {}
    for path in paths:
        slug = site_paths.slug_from_path(path)
        if slug is not None and site_paths.MEDIA not in path:
            found.setdefault(slug, []).append(path)
    return found


PAGE = "page"
_NEIGHBOURS_CHANGE = PlaceChange("pages", f"{PAGE} ({NEIGHBOURS})")
_PAGE_WORDS = {
    site_paths.CHAPTERS: "chapters",
    "chapter-": "chapters",
    "transcript": "transcript",
    site_paths.COVER: "cover",
    site_paths.CARD: "preview image",
    site_paths.THUMBNAIL: "thumbnail",
    "embed/": "embedded player",
    "oembed.json": "embedded player",
}
"""Words for the files of a talk, by the beginning of their names in its folder."""

_SHARED_WORDS = {
    "index.html": "list of talks",
    "page/": "list of talks",
    "subscribe/": "subscribe page",
    "assets/": "style and series images",
}
"""Words for the pages that belong to no single talk, by the beginning of their path."""

_LISTING_WORDS = {
    "people/": ("page of a person", "pages of people"),
    "topics/": ("page of a topic", "pages of topics"),
    "seasons/": ("page of a season", "pages of seasons"),
}


def _page_word(path: str) -> str:
    """The word for a file in an episode's folder."""
    name = path.split("/", 2)[2]
    return next((word for start, word in _PAGE_WORDS.items() if name.startswith(start)), PAGE)
