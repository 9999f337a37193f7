"""Sends files to the destination in their order, takes files back, and checks the public addresses."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from publisher import files, site_paths
from publisher.outputs.deliver.announce import Tell
from publisher.outputs.deliver.destination import DeliveryError, Destination, Problems, RemoteFile, Upload
from publisher.outputs.deliver.order import (
    BEFORE_PROOF,
    PHASES,
    DeliveredFile,
    DeliveryState,
    LocalFile,
    Transfers,
    phase_of,
    plan_transfers,
)
from publisher.outputs.deliver.proof import Finding, Prover
from publisher.outputs.deliver.purge import purge
from publisher.outputs.deliver.record import DeliveryRecord
from publisher.outputs.deliver.remedies import remedies
from publisher.progress import Progress, Task

logger = logging.getLogger(__name__)

SAVE_INTERVAL = 5.0
"""Seconds between two writes of the record while files are sent."""
DIGESTS = "delivery.json"
"""The file in .publisher/ with the digests of the files under public/."""


@dataclass(slots=True)
class DeliveryResult:
    """The result of one delivery: paths sent and removed, and what went wrong, as sentences."""

    sent: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    destination: Destination | None = None

    @property
    def message(self) -> str:
        """What is wrong and what to do; empty if nothing is."""
        lines = [*self.problems[:8], *(str(finding) for finding in self.findings[:8])]
        more = len(self.problems) + len(self.findings) - len(lines)
        lines += [f"and {more} more"] if more else []
        return "\n".join([*lines, *remedies(self.findings, self.destination)])


class Delivery:
    """The deliveries of one command to one destination.

    `root` is the series folder, `public` the folder that is delivered, `work` that of working files.
    """

    def __init__(
        self,
        root: Path,
        public: Path,
        work: Path,
        destination: Destination,
        prover: Prover,
        record: DeliveryRecord,
        now: datetime,
        purge_command: Sequence[str] = (),
    ) -> None:
        self.destination = destination
        self.record = record
        self.prover = prover
        self._root, self._public, self._work = root, public, work
        self._purge = purge_command
        self._now = now.replace(microsecond=0).isoformat()
        self._listing: dict[str, RemoteFile] | None = None
        self._saved = time.monotonic()
        self._saving = threading.Lock()

    def listing(self) -> dict[str, RemoteFile]:
        """The files at the destination, read once. Raises DeliveryError."""
        if self._listing is None:
            self._listing = dict(self.destination.list_files())
            logger.info("%d files are at the destination", len(self._listing))
            for path in set(self.record.files) - set(self._listing):
                self.record.forget(path)
        return self._listing

    def local_files(self) -> dict[str, LocalFile]:
        """The files under public/."""
        return local_files(self._public, self._work)

    def recover(self, redactions: Mapping[str, str]) -> None:
        """Rebuilds the record from what is at the destination. Raises DeliveryError, OSError.

        `redactions` are, by slug, the keys of what is left out of the files under public/.
        """
        local = self.local_files()
        for path, there in self.listing().items():
            file = local.get(path)
            if file is None or path in self.record.files:
                continue
            is_media = path.startswith(site_paths.MEDIA)
            # A store may keep a document compressed: its size says nothing.
            if is_media and there.size != file.size:
                continue
            if not is_media:
                content = self.destination.read(path)
                if content is None or hashlib.sha256(content).hexdigest() != file.digest:
                    continue
            self.record.files[path] = DeliveredFile(file.size, file.digest, there)
        self.record.redactions = dict(redactions)
        logger.info("%d files are at the destination as under public/", len(self.record.files))
        self.save()

    def observe(self, announced_to: Iterable[str]) -> DeliveryState:
        """The state of the destination, for a plan. Raises nothing if it cannot be reached.

        `announced_to` are the addresses of the hub and the server that are told of a changed feed.
        """
        known = dict(self.record.files)
        trouble = ""
        try:
            listing = self.listing()
        except DeliveryError as error:
            trouble = str(error)
            listing = {path: file.remote for path, file in known.items()}
        feed = known.get(site_paths.FEED)
        return DeliveryState(
            self.destination.name,
            self.local_files(),
            known,
            dict(listing),
            trouble,
            is_proved=all(path in self.record.proved for path in known),
            unannounced=tuple(
                address
                for address in announced_to
                if feed is not None and self.record.announced.get(address) != feed.digest
            ),
        )

    # What must not be served any more

    def retract(self, edits: Mapping[str, bytes | None], removed: Iterable[str]) -> DeliveryResult:
        """Replaces documents by edited ones, then removes files; empties caches; checks that they are gone.

        A document that cannot be replaced is removed, and sent again once there is room. `edits` of None
        are removed. Raises DeliveryError if the destination cannot be reached.
        """
        result, first = DeliveryResult(destination=self.destination), DeliveryResult()
        changed = {path: content for path, content in edits.items() if content is not None}
        uploads = [_upload_of(self._public, path, content) for path, content in _feed_first(changed)]
        refused = self._send(uploads, first)
        result.sent += first.sent
        gone = [path for path, content in edits.items() if content is None or path in refused]
        gone = list(dict.fromkeys((*gone, *removed)))
        self._remove(gone, result)
        # On a full disk the removed files have left room.
        self._send([upload for upload in uploads if upload.path in refused], result)
        self.empty_caches((*changed, *gone), result)
        left = [path for path in gone if path not in self.listing()]
        result.findings += self.prover.check_gone(left, self._record_gone)
        self.save()
        return result

    def _record_gone(self, path: str) -> None:
        with self.record.lock:
            self.record.retracted[path] = self._now

    def empty_caches(self, paths: Iterable[str], result: DeliveryResult) -> None:
        """Runs `deliver.purge` with the addresses of `paths` on its standard input."""
        urls = [self.prover.url(path) for path in dict.fromkeys(paths)]
        if not self._purge or not urls:
            return
        try:
            purge(self._purge, urls, self._root)
        except DeliveryError as error:
            result.problems.append(f"{error}; caches may still serve old files")

    # Delivering

    def transfers(self, local: Mapping[str, LocalFile]) -> Transfers:
        return plan_transfers(local, self.record.files, self.listing())

    def deliver(
        self, local: Mapping[str, LocalFile], progress: Progress, taken: Collection[str] = ()
    ) -> DeliveryResult:
        """Makes the destination equal to `local`, the feed last; checks the public addresses before it.

        Without a feed in `local`, because it could not be rendered, the one at the destination stays, and
        with it everything but `taken`, the paths that were removed on purpose.

        After a problem the later phases wait for the next delivery: the feed there still names only files
        that are there. Raises DeliveryError if the destination cannot be reached.
        """
        result = DeliveryResult(destination=self.destination)
        transfers = self.transfers(local)
        if site_paths.FEED not in local:
            kept = tuple(path for path in transfers.removed if path in taken and path != site_paths.FEED)
            transfers = replace(transfers, removed=kept)
        total = sum(local[path].size for path in transfers.paths)
        task = progress.start(f"delivering to {self.destination.name}", total, "bytes") if total else None
        counter = _Counter(task)
        try:
            for phase in PHASES:
                if phase == "archive" and not self._prove(self._unproved(local, BEFORE_PROOF), local, result):
                    return result
                uploads = [self._upload(path, local[path]) for path in transfers.sent[phase]]
                if uploads and self._send(uploads, result, counter):
                    return result
            self._after_feed(local, transfers, result)
        finally:
            if task is not None:
                task.finish()
            self.save()
        return result

    def _after_feed(
        self, local: Mapping[str, LocalFile], transfers: Transfers, result: DeliveryResult
    ) -> None:
        """Checks the feed, then removes the files that nothing names any more."""
        if result.sent:
            self.empty_caches(result.sent, result)
        if not self._prove(self._unproved(local, ("archive", "feed")), local, result):
            return
        self._remove(transfers.removed, result)

    def _upload(self, path: str, file: LocalFile) -> Upload:
        return Upload(path, self._public / path, file.size, file.digest)

    def _unproved(self, local: Mapping[str, LocalFile], phases: Sequence[str]) -> list[str]:
        order = {phase: number for number, phase in enumerate(phases)}
        paths = (path for path in local if path not in self.record.proved and phase_of(path) in order)
        return sorted(paths, key=lambda path: (order[phase_of(path)], path))

    def _prove(self, paths: Sequence[str], local: Mapping[str, LocalFile], result: DeliveryResult) -> bool:
        """Checks files at their public addresses; records those that are right."""

        def record(path: str) -> None:
            with self.record.lock:
                self.record.proved[path] = self._now

        found = self.prover.check([(path, local[path]) for path in paths], record)
        result.findings += found
        if found:
            logger.info("%d public addresses are wrong: the feed is not delivered", len(found))
        return not found

    def _send(
        self, uploads: Sequence[Upload], result: DeliveryResult, counter: _Counter | None = None
    ) -> Problems:
        if not uploads:
            return {}

        def sent(upload: Upload, there: RemoteFile) -> None:
            self.record.add(upload, there)
            self.listing()[upload.path] = there
            result.sent.append(upload.path)
            self._save_sometimes()

        report = counter.add if counter is not None else _ignore
        problems = self.destination.send(uploads, sent, report)
        result.problems += [f"{path}: {text}" for path, text in problems.items()]
        return problems

    def _remove(self, paths: Iterable[str], result: DeliveryResult) -> None:
        listing = self.listing()
        there = [path for path in paths if path in listing]
        if not there:
            return
        problems = self.destination.remove(there)
        for path in there:
            if path in problems:
                result.problems.append(f"{path} could not be removed: {problems[path]}")
            else:
                listing.pop(path)
                self.record.forget(path)
                result.removed.append(path)

    # Announcing

    def announce(self, targets: Mapping[str, Tell], result: DeliveryResult) -> None:
        """Tells each of `targets`, by address, once for each state of the feed."""
        feed = self.record.files.get(site_paths.FEED)
        if feed is None:
            return
        known = {address: digest for address, digest in self.record.announced.items() if address in targets}
        self.record.announced = known
        for address, tell in targets.items():
            if known.get(address) == feed.digest:
                continue
            try:
                tell(self.prover.url(site_paths.FEED))
            except DeliveryError as error:
                result.problems.append(str(error))
            else:
                known[address] = feed.digest
                self.save()

    # The record

    def save(self) -> None:
        """Writes the record. Raises OSError."""
        with self._saving:
            self.record.save(self._root)
            self._saved = time.monotonic()

    def _save_sometimes(self) -> None:
        if time.monotonic() - self._saved > SAVE_INTERVAL:
            self.save()


def local_files(public: Path, work: Path) -> dict[str, LocalFile]:
    """The files under `public`, by path. The digest of a file is computed once, until it changes."""
    digests = files.DigestCache(work / DIGESTS)
    tree = files.scan_tree(public)
    found = {path: LocalFile(size, digests.of(public / path)) for path, (size, _) in tree.items()}
    with contextlib.suppress(OSError):
        # Only a cache: on a full disk the next command reads the files again.
        digests.save()
    return found


class _Counter:
    """Sums up the bytes that several threads have sent."""

    def __init__(self, task: Task | None) -> None:
        self._task, self._lock, self._done = task, threading.Lock(), 0

    def add(self, size: int) -> None:
        with self._lock:
            self._done += size
            if self._task is not None:
                self._task.advance(self._done)


def _ignore(size: int) -> None: ...


def _feed_first(edits: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
    """The feed must not refer to a file that is removed before a page is."""
    return sorted(edits.items(), key=lambda item: (site_paths.output_for_path(item[0]) != "feed", item[0]))


def _upload_of(public: Path, path: str, content: bytes) -> Upload:
    return Upload(path, public / path, len(content), hashlib.sha256(content).hexdigest(), content)
