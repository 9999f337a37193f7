"""The media that a preview makes: a small series folder below .publisher/, whose files a release may use.

It has receipts and media like a series folder, but nothing in it is published, and a release never needs
it. The next preview, release or withdrawal deletes a file when no release will use it (`publisher.prepared`).
"""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from publisher import files, ledger, planner, site_paths
from publisher.context import BuildContext
from publisher.ledger import Ledger
from publisher.model import Receipt, VideoFacts
from publisher.model.facts import AudioFacts
from publisher.plan import Maker, Step
from publisher.prepared import as_released, stale_prepared
from publisher.progress import Progress
from publisher.release_state import ReleaseState
from publisher.run.journal import Journal, RunResult
from publisher.run.make import MakeStage

logger = logging.getLogger(__name__)

Prepared = Mapping[tuple[str, str], Receipt]
"""The receipts of the preview's media, by output and slug."""

LOCK, WORK = "lock", "work"
"""Names below `site_paths.PREPARED_DIR`; the working files are apart from those of a running release."""


def preview_context(context: BuildContext) -> BuildContext:
    """The context of the makers with which a preview makes media."""
    work = context.work / site_paths.PREPARED_DIR / WORK
    return replace(context, public=context.work / site_paths.PREPARED_MEDIA, work=work)


def load_prepared(work: Path) -> dict[tuple[str, str], Receipt]:
    """The receipts of the preview's media; those with missing files are left out."""
    return {
        (output, record.slug): receipt
        for record in _records(work).records.values()
        for output, receipt in record.receipts.items()
        if not receipt.open and _has_files(record.file_sizes(output), work / site_paths.PREPARED_MEDIA)
    }


def _records(work: Path) -> Ledger:
    """The readable receipts of the preview."""
    found = ledger.load_readable(work / site_paths.PREPARED_DIR)
    return Ledger({slug: record for slug, record in found.records.items() if slug not in found.damaged})


def _has_files(sizes: Iterable[tuple[str, int]], folder: Path) -> bool:
    try:
        return all((folder / path).stat().st_size == length for path, length in sizes)
    except OSError:
        return False


@contextmanager
def preview_lock(work: Path, timeout: float = 0) -> Iterator[bool]:
    """Locks the preview's folder while files are made there; yields False if another preview makes some.

    `timeout`: seconds to wait for it.
    """
    from filelock import FileLock, Timeout

    folder = work / site_paths.PREPARED_DIR
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, timeout=timeout)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


def prepare(
    step: Step, state: ReleaseState, makers: Iterable[Maker], context: BuildContext, progress: Progress
) -> RunResult:
    """Makes the media of a step for the preview and stores their receipt below .publisher/.

    `makers` work in `preview_context`. The failure of the step is in the result, not raised. The caller
    has the `preview_lock`.
    """
    released, own = as_released(state), preview_context(context)
    journal = _journal(released, context)
    old = journal.ledger.record(step.episode or "")
    journal.ledger = journal.ledger.with_record(ledger.without_receipt(old, step.output))
    MakeStage(journal, makers, own, progress).make((step,))
    return journal.result


def _journal(state: ReleaseState, context: BuildContext) -> Journal:
    """The journal of the preview's own receipts."""
    root = context.work / site_paths.PREPARED_DIR
    own = replace(state, series=replace(state.series, root=root), ledger=_records(context.work), failed=())
    return Journal(own, preview_context(context))


def remove_stale(
    state: ReleaseState,
    makers: Iterable[Maker],
    context: BuildContext,
    spared: Collection[str] = (),
    timeout: float = 0,
) -> None:
    """Deletes the preview's media that no release will use, and what a killed preview left.

    `spared` are slugs whose files are kept, `timeout` the seconds to wait for a preview that makes media
    now. Raises OSError if a file cannot be deleted, after it has tried all.
    """
    folder = context.work / site_paths.PREPARED_DIR
    if not folder.is_dir():
        return
    state = replace(state, prepared=load_prepared(context.work))
    steps = planner.preview_steps(state, makers) if state.is_complete else ()
    stale = {key: state.prepared[key] for key in stale_prepared(state, steps) if key[1] not in spared}
    kept = {key: receipt for key, receipt in state.prepared.items() if key not in stale}
    with contextlib.ExitStack() as errors:
        # The exit stack calls them from the last to the first, also after an error, which it raises then.
        errors.callback(_remove_remains, state, context, timeout)
        for path in _media(stale) - _media(kept):
            errors.callback(_remove, site_paths.PREPARED_MEDIA + path, context.work)


def _media(prepared: Prepared) -> set[str]:
    """The paths of all files in receipts."""
    facts = (receipt.facts for receipt in prepared.values())
    return {file.path for one in facts if isinstance(one, AudioFacts | VideoFacts) for file in one.files}


def _remove(path: str, work: Path) -> None:
    files.remove(work / path, work)
    logger.info("%s: removed: no release will use it", path)


def _remove_remains(state: ReleaseState, context: BuildContext, timeout: float) -> None:
    """Removes receipts without files, files without a receipt, and the working files of a killed preview.

    Not while a preview makes media: between a file and its receipt there is a moment.
    """
    folder = context.work / site_paths.PREPARED_DIR
    with preview_lock(context.work, timeout) as is_free:
        if not is_free:
            return
        shutil.rmtree(folder / WORK, ignore_errors=True)
        prepared = load_prepared(context.work)
        for path in set(files.scan_tree(context.work / site_paths.PREPARED_MEDIA)) - _media(prepared):
            _remove(site_paths.PREPARED_MEDIA + path, context.work)
        journal = _journal(state, context)
        for path in files.scan_tree(folder / "episodes"):
            slug = path.partition("/")[0]
            record = journal.ledger.record(slug)
            receipts = {name: prepared[name, slug] for name in record.receipts if (name, slug) in prepared}
            if not receipts:
                files.remove(folder / "episodes" / path, context.work)
            elif receipts != record.receipts:
                journal.save(replace(record, receipts=receipts))
