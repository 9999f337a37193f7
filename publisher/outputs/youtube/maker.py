"""The output `youtube`: reads YouTube, plans with `plan`, executes one video at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial

from publisher import site_paths
from publisher.context import BuildContext
from publisher.errors import PublisherError
from publisher.model import AnyFacts, Episode, Receipt, Series
from publisher.model.youtube_facts import PlaylistFacts, YouTubeFacts
from publisher.outputs.youtube import quota, resource
from publisher.outputs.youtube.client import Client
from publisher.outputs.youtube.desired import NAME, DesiredVideo, desired_video, is_desired
from publisher.outputs.youtube.endpoint import Settings, read_settings
from publisher.outputs.youtube.errors import NotAuthorised, NotFound, Unfinished, YouTubeError
from publisher.outputs.youtube.hide import hide_video
from publisher.outputs.youtube.plan import RemoteState, plan_hiding, plan_videos
from publisher.outputs.youtube.state import (
    UploadContext,
    UploadIndex,
    VideoJob,
    VideoRecord,
    facts_of,
    find_file,
)
from publisher.outputs.youtube.sync_video import sync_video
from publisher.outputs.youtube.texts import upload_tag
from publisher.plan import MakeResult, Plan, Step, Target
from publisher.progress import Progress
from publisher.render.templates import Templates

logger = logging.getLogger(__name__)

Keep = Callable[[AnyFacts], None]
"""Writes facts into the open receipt."""


class YouTubeMaker:
    """Uploads talks to YouTube and keeps them in step with the catalogue."""

    name = NAME
    title = "YouTube"
    remote = True

    def __init__(self, context: BuildContext) -> None:
        self._context = context
        self._video_lock = threading.Lock()
        self._stopped = threading.Event()
        self._client: Client | None = None
        self._upload: UploadContext | None = None
        self._receipts: Mapping[str, Receipt] = {}
        self._now: datetime | None = None

    @cached_property
    def _settings(self) -> Settings:
        # Read when needed: an invalid setting must not prevent other outputs from hiding a talk.
        return read_settings(self._context.environment)

    def items(self, series: Series, now: datetime) -> Iterable[Target]:
        for slug, desired in self._desired(series, now).items():
            inputs = desired.inputs()
            yield Target(self.name, slug, inputs, frozenset(inputs))

    def cost(self, series: Series, step: Step) -> Mapping[str, float]:
        return step.cost

    def observe(self, series: Series, receipts: Mapping[str, Receipt], now: datetime) -> RemoteState:
        """Reads the videos that the catalogue and the receipts name, fifty per call."""
        left = quota.remaining(self._context.work, now)
        chosen = tuple(self._chosen(series, now))
        if not chosen:
            return RemoteState({}, left)
        credentials = self._settings.credentials
        if credentials is None or not credentials.is_file():
            logger.info("YouTube is not read: there are no credentials")
            where = f" in {credentials}" if credentials else ""
            reason = f"there are no credentials{where}; run `publisher youtube login`"
            return RemoteState(None, left, no_login=reason)
        facts = (facts_of(episode, receipts.get(episode.slug)) for episode in chosen)
        ids = [known.id for known in facts if known.id is not None]
        try:
            videos = self._open_client(now).videos(ids, resource.PARTS)
        except YouTubeError as error:
            logger.info("YouTube could not be read: %s", type(error).__name__)
            return RemoteState(None, left, failure=str(error))
        logger.info("%d of %d known videos exist on YouTube", len(videos), len(ids))
        return RemoteState(videos, quota.remaining(self._context.work, now))

    def plan(self, series: Series, receipts: Mapping[str, Receipt], observed: object, now: datetime) -> Plan:
        self._receipts, self._now = receipts, now
        if not isinstance(observed, RemoteState):
            observed = RemoteState(left=quota.price_table().budget)
        desired = self._desired(series, now)
        return plan_videos(series, desired, receipts, observed, now, self._context.options)

    def retractions(
        self, series: Series, receipts: Mapping[str, Receipt], hidden: Mapping[str, str], now: datetime
    ) -> Iterable[Step]:
        self._receipts, self._now = receipts, now
        unrenderable = dict(self._unrenderable(series, now, hidden))
        return tuple(plan_hiding(series, receipts, {**hidden, **unrenderable}, now, unrenderable))

    def _unrenderable(
        self, series: Series, now: datetime, hidden: Container[str]
    ) -> Iterator[tuple[str, str]]:
        """(slug, reason) of other talks whose texts may name a hidden person and cannot be rendered."""
        templates = Templates(series.root / "templates")
        for episode in self._chosen(series, now):
            try:
                if episode.hidden and episode.slug not in hidden:
                    desired_video(series, episode, templates, now)
            except PublisherError as error:
                logger.info("%s: hide the video: its texts cannot be rendered", episode.slug)
                yield episode.slug, f"its texts may name a hidden person and cannot be rendered: {error}"

    def retract(self, step: Step, series: Series, receipt: Receipt | None, keep: Keep) -> Iterator[str]:
        """Hides the talk's video. Raises YouTubeError with instructions for hiding it by hand."""
        facts, now = facts_of(series.episode(step.episode), receipt), self._planned_now()
        with self._video_lock:
            client = open_client(self._context, now, self._stopped, is_urgent=True)
            try:
                channel = own_channel(client, series)
                if facts.id is None:
                    facts = self._find_unrecorded(step, series, client)
                record = VideoRecord(facts, keep)
                yield from hide_video(client, record, str(facts.id), channel["id"], now)
            except YouTubeError as error:
                path = f"video/{facts.id}/edit" if facts.id else ""
                raise YouTubeError(
                    f"{error}. Run this command again, or make the video private by hand: "
                    f"https://studio.youtube.com/{path}"
                ) from error
            finally:
                client.close()

    def _find_unrecorded(self, step: Step, series: Series, client: Client) -> YouTubeFacts:
        """The facts of a video that is in no receipt, found on the channel. Raises NotFound."""
        episode, video = series.episode(step.episode), None
        if episode is not None:
            title, page = episode.youtube.title or episode.title, site_paths.episode_url(series, episode)
            video = UploadIndex(client).identify(upload_tag(series, episode), page, title)
        if video is None:
            raise NotFound(
                "its receipt is damaged, and no video of the channel could be identified as this talk's"
            )
        playlist = PlaylistFacts(id=series.youtube.playlist) if series.youtube.playlist else None
        return YouTubeFacts(id=video, visible=self._planned_now().isoformat(), playlist=playlist)

    def _planned_now(self) -> datetime:
        now = self._now or self._context.now
        assert now is not None, "the runner plans before it makes"
        return now

    def make(
        self, step: Step, series: Series, receipt: Receipt | None, keep: Keep, progress: Progress
    ) -> MakeResult:
        # Uploads share one quota and one connection, so parallel uploads are not faster.
        with self._video_lock:
            self._require_running()
            try:
                job = self._open_job(step, series, receipt, keep, progress)
                return MakeResult(sync_video(job))
            except PublisherError as error:
                self._require_running(error)
                raise

    def _require_running(self, cause: PublisherError | None = None) -> None:
        if self._stopped.is_set():
            raise Unfinished("stopped; run `publisher release` again to continue") from cause

    def stop(self) -> None:
        self._stopped.set()
        if self._client is not None:
            self._client.close()

    def _open_job(
        self, step: Step, series: Series, receipt: Receipt | None, keep: Keep, progress: Progress
    ) -> VideoJob:
        episode = next(episode for episode in series.episodes if episode.slug == step.episode)
        context = replace(self._open_context(series, progress), progress=progress)
        # A new upload of a video that was deleted on YouTube: facts of the old video are not used.
        facts = YouTubeFacts() if step.action == "make" else facts_of(episode, receipt)
        desired = desired_video(series, episode, Templates(series.root / "templates"), context.now)
        return VideoJob(
            facts,
            keep,
            context,
            episode,
            desired,
            partial(find_file, self._context, episode, step.upstream_facts),
        )

    def _open_context(self, series: Series, progress: Progress) -> UploadContext:
        if self._upload is None:
            now = self._planned_now()
            client = self._open_client(now)
            require_channel(client, series)
            dates = {
                video: episode.date
                for episode in series.episodes
                if (video := facts_of(episode, self._receipts.get(episode.slug)).id) is not None
            }
            self._upload = UploadContext(
                client, UploadIndex(client), series, now, self._context.options, progress, dates
            )
        return self._upload

    def _open_client(self, now: datetime) -> Client:
        if self._client is None:
            self._client = open_client(self._context, now, self._stopped)
        return self._client

    def _chosen(self, series: Series, now: datetime) -> Iterator[Episode]:
        """The talks that should be on YouTube; none if the catalogue names no channel."""
        if series.youtube.id is not None:
            yield from (episode for episode in series.episodes if is_desired(episode, now))

    def _desired(self, series: Series, now: datetime) -> dict[str, DesiredVideo]:
        templates = Templates(series.root / "templates")
        return {
            episode.slug: desired_video(series, episode, templates, now)
            for episode in self._chosen(series, now)
        }


def open_client(
    context: BuildContext, now: datetime, stopped: threading.Event | None = None, *, is_urgent: bool = False
) -> Client:
    """A client with the environment's settings; `is_urgent` ignores the quota ledger. Makes no call yet."""
    ledger = quota.QuotaLedger(context.work, now, is_urgent=is_urgent)
    return Client(
        read_settings(context.environment), ledger, stopped or threading.Event(), context.leak_checker
    )


def own_channel(client: Client, series: Series) -> resource.Resource:
    """The channel of the login. Raises NotAuthorised if the catalogue names another one."""
    return client.channel() if series.youtube.id is None else require_channel(client, series)


def require_channel(client: Client, series: Series) -> resource.Resource:
    """The channel of the login. Raises NotAuthorised unless the catalogue names the same."""
    channel = client.channel()
    if channel["id"] != series.youtube.id:
        name = channel.get("snippet", {}).get("title", "")
        raise NotAuthorised(
            f"logged in to the channel {channel['id']} ({name}), but the catalogue says {series.youtube.id}; "
            "run `publisher youtube login` with the right account, or correct channel in [youtube]"
        )
    return channel
