"""The maker of videos: looks at YouTube, lets `planning` decide, and `making` do it, one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property, partial

from publisher import addresses
from publisher.errors import PublisherError
from publisher.model import Episode, Facts, Receipt, Series
from publisher.outputs.youtube import faults, planning, quota, resource
from publisher.outputs.youtube.deciding import Observed
from publisher.outputs.youtube.desk import Desk, Job, Uploads
from publisher.outputs.youtube.facts import facts_of
from publisher.outputs.youtube.making import VideoMaking
from publisher.outputs.youtube.retracting import Retraction
from publisher.outputs.youtube.service import Service, Settings, settings
from publisher.outputs.youtube.texts import mark_of
from publisher.outputs.youtube.video import video_as_made
from publisher.outputs.youtube.wanting import NAME, Wanted, is_wanted, want
from publisher.plan import Item, Made, Plan, Step
from publisher.progress import Progress
from publisher.render.templates import Templates
from publisher.workbench import Workbench


class YouTubeMaker:
    """Uploads talks to YouTube and keeps them in step with the catalogue."""

    name = NAME
    title = "YouTube"
    remote = True

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._one_at_a_time = threading.Lock()
        self._stopped = threading.Event()
        self._service: Service | None = None
        self._desk: Desk | None = None
        self._receipts: Mapping[str, Receipt] = {}
        self._now: datetime | None = None

    @cached_property
    def _settings(self) -> Settings:
        # Read when they are needed: a wrong one must not keep other outputs from taking a talk back.
        return settings(self._bench.environment)

    def items(self, series: Series, now: datetime) -> Iterable[Item]:
        for slug, wanted in self._wanted(series, now).items():
            inputs = wanted.inputs()
            yield Item(self.name, slug, inputs, frozenset(inputs))

    def cost(self, series: Series, step: Step) -> Mapping[str, float]:
        return step.cost

    def observe(self, series: Series, receipts: Mapping[str, Receipt], now: datetime) -> Observed:
        """The videos that the catalogue and the receipts name, fifty in a call."""
        left = quota.left_of(self._bench.work, quota.table(), now)
        chosen = tuple(self._chosen(series, now))
        if not chosen:
            return Observed({}, left)
        credentials = self._settings.credentials
        if credentials is None or not credentials.is_file():
            where = f" in {credentials}" if credentials else ""
            why = f"there are no credentials{where}; run `publisher youtube login`"
            return Observed(None, left, unseen=why)
        facts = (facts_of(one, receipts.get(one.slug)) for one in chosen)
        ids = [str(found["id"]) for found in facts if "id" in found]
        try:
            videos = self._open_service(now).videos(ids, resource.PARTS)
        except faults.YouTubeError as error:
            return Observed(None, left, trouble=str(error))
        return Observed(videos, quota.left_of(self._bench.work, quota.table(), now))

    def plan(self, series: Series, receipts: Mapping[str, Receipt], observed: object, now: datetime) -> Plan:
        self._receipts, self._now = receipts, now
        if not isinstance(observed, Observed):
            observed = Observed(left=quota.table().budget)
        wanted = self._wanted(series, now)
        return planning.plan(series, wanted, receipts, observed, now, self._bench.wishes)

    def retractions(
        self, series: Series, receipts: Mapping[str, Receipt], hidden: Mapping[str, str], now: datetime
    ) -> Iterable[Step]:
        self._receipts, self._now = receipts, now
        unspeakable = {slug: why for slug, why in self._unspeakable(series, now) if slug not in hidden}
        return tuple(planning.hiding(series, receipts, {**hidden, **unspeakable}, now, unspeakable))

    def _unspeakable(self, series: Series, now: datetime) -> Iterator[tuple[str, str]]:
        """The talks whose texts on YouTube may name somebody hidden, and cannot be written anew."""
        templates = Templates(series.root / "templates")
        for episode in self._chosen(series, now):
            try:
                if episode.hidden:
                    want(series, episode, templates, now)
            except PublisherError as error:
                yield episode.slug, f"its texts may name somebody hidden, and cannot be written anew: {error}"

    def retract(
        self, step: Step, series: Series, receipt: Receipt | None, keep: Callable[[Facts], None]
    ) -> Iterator[str]:
        """Takes the talk's video out of sight. Raises YouTubeError, with how to do it by hand."""
        facts = facts_of(series.episode(step.episode), receipt)
        with self._one_at_a_time:
            service = open_service(self._bench, self._moment(), self._stopped, is_urgent=True)
            try:
                channel = own_channel(service, series)
                if "id" not in facts:
                    facts = self._recognised(step, series, service)
                yield from Retraction(service, facts, self._moment(), keep, channel["id"]).carry_out()
            except faults.YouTubeError as error:
                place = f"video/{facts['id']}/edit" if "id" in facts else ""
                by_hand = f"https://studio.youtube.com/{place}"
                raise faults.YouTubeError(
                    f"{error}. Run this command again, or make the video private by hand: {by_hand}"
                ) from error
            finally:
                service.close()

    def _recognised(self, step: Step, series: Series, service: Service) -> Facts:
        """The facts of a talk's video that no receipt tells of, looked for on the channel."""
        episode, video = series.episode(step.episode), None
        if episode is not None:
            title, page = episode.youtube.title or episode.title, addresses.page_of(series, episode)
            video = Uploads(service).recognise(mark_of(series, episode), page, title)
        if video is None:
            raise faults.Missing(
                "its receipt is damaged, and no video of the channel could be recognised as this talk's"
            )
        playlist = {"playlist": {"id": series.youtube.playlist}} if series.youtube.playlist else {}
        return {"id": video, "visible": self._moment().isoformat(), **playlist}

    def _moment(self) -> datetime:
        now = self._now or self._bench.now
        assert now is not None, "a maker is asked what there is to do before it does it"
        return now

    def make(
        self,
        step: Step,
        series: Series,
        receipt: Receipt | None,
        keep: Callable[[Facts], None],
        progress: Progress,
    ) -> Made:
        # The quota is one, and so is the line: a second upload at a time gains nothing.
        with self._one_at_a_time:
            if self._stopped.is_set():
                raise faults.Unfinished("stopped; run `publisher release` again to go on")
            episode = next(one for one in series.episodes if one.slug == step.episode)
            try:
                facts = self._make(step, series, episode, receipt, keep, progress)
            except PublisherError as error:
                if self._stopped.is_set():
                    raise faults.Unfinished("stopped; run `publisher release` again to go on") from error
                raise
        return Made(facts)

    def stop(self) -> None:
        self._stopped.set()
        if self._service is not None:
            self._service.close()

    def _make(
        self,
        step: Step,
        series: Series,
        episode: Episode,
        receipt: Receipt | None,
        keep: Callable[[Facts], None],
        progress: Progress,
    ) -> Facts:
        now = self._moment()
        desk = self._open_desk(series, now, progress)
        facts = facts_of(episode, receipt)
        if step.action == "make":
            # Deleted there and asked for again: nothing of the old video counts.
            facts = {}
        templates = Templates(series.root / "templates")
        wanted = want(series, episode, templates, now)
        find_file = partial(video_as_made, self._bench, episode, step.given)
        return VideoMaking(Job(desk, episode, wanted, facts, keep, find_file)).carry_out()

    def _open_desk(self, series: Series, now: datetime, progress: Progress) -> Desk:
        if self._desk is None:
            service = self._open_service(now)
            require_channel(service, series)
            dates = {
                str(facts["id"]): one.date
                for one in series.episodes
                if "id" in (facts := facts_of(one, self._receipts.get(one.slug)))
            }
            uploads = Uploads(service)
            self._desk = Desk(service, uploads, series, now, self._bench.wishes, progress, dates)
        return self._desk

    def _open_service(self, now: datetime) -> Service:
        if self._service is None:
            self._service = open_service(self._bench, now, self._stopped)
        return self._service

    def _chosen(self, series: Series, now: datetime) -> Iterator[Episode]:
        """The talks that are to be on YouTube; none while the catalogue names no channel."""
        if series.youtube.id is not None:
            yield from (one for one in series.episodes if is_wanted(one, now))

    def _wanted(self, series: Series, now: datetime) -> dict[str, Wanted]:
        templates = Templates(series.root / "templates")
        return {one.slug: want(series, one, templates, now) for one in self._chosen(series, now)}


def open_service(
    bench: Workbench, now: datetime, stopped: threading.Event | None = None, *, is_urgent: bool = False
) -> Service:
    """YouTube as the environment says it is reached; `is_urgent`: whatever was spent. Asks nothing yet."""
    book = quota.Book(bench.work, quota.table(), now, is_urgent=is_urgent)
    return Service(settings(bench.environment), book, stopped or threading.Event(), bench.guard)


def own_channel(service: Service, series: Series) -> resource.Resource:
    """The channel that is logged in; the catalogue's, where that can be read. Raises NotAuthorised."""
    return service.channel() if series.youtube.id is None else require_channel(service, series)


def require_channel(service: Service, series: Series) -> resource.Resource:
    """The channel that is logged in. Raises NotAuthorised unless it is the catalogue's."""
    channel = service.channel()
    if channel["id"] != series.youtube.id:
        name = channel.get("snippet", {}).get("title", "")
        raise faults.NotAuthorised(
            f"logged in to the channel {channel['id']} ({name}), but the catalogue says {series.youtube.id}; "
            "run `publisher youtube login` with the right account, or correct channel in [youtube]"
        )
    return channel
