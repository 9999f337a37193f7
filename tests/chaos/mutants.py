"""Mutation tests: checks that the tests detect the removal of each safeguard.

``python -m tests.chaos.mutants`` copies the program for each row of `MUTANTS`, removes the safeguard in
the copy and runs tests there: by default the chaos tests, first of the core and then of the command. A
row names other tests where random faults would hardly ever need the safeguard. The exit status is 1 if a
mutant is not detected. ``make chaos-mutants`` runs this.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent
COPIED = ("publisher", "templates", "tests", "pyproject.toml")
ROUNDS = {"CHAOS_FEW": "120", "CHAOS_ROUNDS": "0"}, {"CHAOS_FEW": "0", "CHAOS_ROUNDS": "100"}
ENVIRONMENTS = {
    "tests/chaos/test_core_release.py": {"CHAOS_POWER": "1"},
    "tests/outputs/deliver/test_destinations.py": {"PUBLISHER_TEST_ALL": "1"},
    "tests/promises": {"PUBLISHER_TEST_ALL": "1"},
    "tests/outputs/youtube/test_release.py": {"PUBLISHER_TEST_ALL": "1"},
}
"""Environment variables for the tests in a folder."""

HARNESS = ("tests/chaos", "-k", "completed")
POWER = ("tests/chaos/test_core_release.py", "-k", "power_cut")
UPLOADS = ("tests/outputs/youtube/test_release.py",)
UPLOADING = "outputs/youtube/upload.py"
PROMISES = ("tests/promises", "-k")


@dataclass(frozen=True)
class Mutant:
    """A removed safeguard: its file, the exact code and the replacement; the pytest arguments that must fail."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = HARNESS


MUTANTS = (
    Mutant("a file replaced without being forced to disk", "files.py", "            os.fsync(file.fileno())\n", ""),
    Mutant("a file written in place", "files.py", "        temporary.replace(path)\n", "        temporary.unlink()\n        path.write_bytes(content)\n"),
    Mutant("a folder not forced to disk", "files.py", "        os.fsync(descriptor)\n", "        pass\n"),
    Mutant("documents put in place before they are on disk", "write_batch.py", "            _flush(pending, lambda each: each.temporary)\n", "            pass\n", POWER),
    Mutant("names of documents not forced to disk", "write_batch.py", "            _flush(pending, lambda each: each.path.parent)\n", "            pass\n", POWER),
    Mutant("a flush of the file system that does nothing", "write_batch.py", "            sync_file_system(next(iter(paths)))\n", "            pass\n", POWER),
    Mutant("no open receipt before a deed", "run/make.py", "        if maker.remote:\n", "        if False:\n"),
    Mutant("an open receipt taken for a closed one", "planner.py", "    if receipt.open:\n", "    if False:\n"),
    Mutant("no check that made files are there", "planner.py", "    return any(files.get(path, (-1, 0))[0] != length for path, length in record.file_sizes(target.output))\n", "    return False\n"),
    Mutant("a file removed that a feed in place names", "run/cleanup.py", "            for path in documents\n            if mentions", "            for path in ()\n            if mentions", ("tests/run/test_runner.py", "-k", "failing_feed")),
    Mutant("names of delivered files not forced to disk", "outputs/deliver/folder.py", "        self._sync(uploads)\n", "", ("tests/outputs/deliver/test_kills.py",)),
    Mutant("a refused document not sent again", "outputs/deliver/transfer.py", "        self._send([upload for upload in uploads if upload.path in refused], result)\n", "", ("tests/outputs/deliver/test_kills.py",)),
    Mutant("a shell with other paths believed", "outputs/deliver/sftp.py", "        if found.get(path) != RemoteFile(", "        if False and found.get(path) != RemoteFile(", ("tests/outputs/deliver/test_destinations.py",)),
    Mutant("facts forgotten when a deed begins", "run/make.py", "receipt.facts if receipt else OtherFacts(), open=True", "OtherFacts(), open=True"),
    Mutant("facts not kept while a deed is under way", "run/make.py", "lambda facts: self._journal.save_receipt(step, facts, open=True)", "lambda facts: None"),
    Mutant("a video's facts not written down before its deeds", "outputs/youtube/state.py", "        self.write(facts)\n", "", UPLOADS),
    Mutant("no look for a video that may be there", UPLOADING, "found := _find_uploaded(job, tag, session)", "found := None", UPLOADS),
    Mutant("no look after a session is gone", UPLOADING, "found := _find_uploaded(job, tag, session)", "found := None if session else _find_uploaded(job, tag, session)", UPLOADS),
    Mutant("no look without a session", UPLOADING, "found := _find_uploaded(job, tag, session)", "found := _find_uploaded(job, tag, session) if session else None", UPLOADS),
    Mutant("the channel's videos not read again", UPLOADING, "refresh=session is not None", "refresh=False", UPLOADS),
    Mutant("a video not listed yet taken for none", UPLOADING, "    if session is not None and session.complete:\n        _require_listed", "    if False:\n        _require_listed", UPLOADS),
    Mutant("a whole upload forgotten with its file", UPLOADING, "replace(session, gone=True) if session and _may_be_complete(job, session) else None", "None", UPLOADS),
    Mutant("the last piece sent without a note", UPLOADING, "        job.save(replace(job.facts, session=complete))\n", "        assert complete\n", UPLOADS),
    Mutant("an id not written down", UPLOADING, "    job.save(replace(facts, duration=file.duration))\n", "    job.facts = replace(facts, duration=file.duration)\n", UPLOADS),
    Mutant("captions sent without a note", "outputs/youtube/attachments.py", "        job.save(job.facts.with_caption(language, CaptionFacts(trying=words)))\n", "", UPLOADS),
    Mutant("a withdrawal that waits for the templates", "run/retract.py", "        edits = remove_mentions(documents, mentions, empties=empties)\n", "        edits = {}\n", (*PROMISES, "withdrawn_by_command and template or withdrawn and template")),
    Mutant("an error elsewhere that keeps a talk public", "cli/release.py", "            _report_retracted(_retract(root), error, as_json)\n            raise\n", "            raise\n", (*PROMISES, "status and error")),
    Mutant("a withdrawal that needs the whole catalogue", "cli/withdraw.py", "    opened, moment = session.open_to_retract(root), session.now()", "    opened, moment = session.open_series(root), session.now()", (*PROMISES, "command and error or command and TOML")),
    Mutant("a video that is hidden only if its text is clean", "run/retract.py", "            for change in maker.retract(", "            self._context.leak_checker.check_talk(self._journal.state.series.episode(step.episode))\n            for change in maker.retract(", (*PROMISES, "leak")),
    Mutant("words that are cut only where a duration is known", "transcripts/__init__.py", "    return to_published_time(read(transcript), timeline)\n", "    return read(transcript) if timeline.is_open else to_published_time(read(transcript), timeline)\n", ("tests/outputs/pages/test_renderer.py", "-k", "unknown")),
    Mutant("transcripts with the words that are cut", "transcripts/__init__.py", "    return to_published_time(read(transcript), timeline)\n", "    return read(transcript)\n", (*PROMISES, "cut or muted")),
    Mutant("a selection that leaves a withdrawn talk", "planner.py", "    steps = (*retracting, *made,", "    steps = (*(step for step in retracting if selection.includes(step.output, step.episode)), *made,", (*PROMISES, "only")),
    Mutant("a filter that sees what is cut", "media/cuts.py", "    for at, samples in blocks:\n", "    for at, samples in ((at, filtered(samples)) for at, samples in blocks):\n", ("tests/media/test_cuts.py", "-k", "depend")),
    Mutant("a muted word under the room tone", "media/cuts.py", "    audible = np.zeros_like(samples)\n", "    audible = samples * np.float32(0.01)\n", ("tests/media/test_cuts.py", "-k", "depend")),
    Mutant("a join with samples of the cut", "media/cuts.py", "                first, last = max(start, at), min(end, here)\n                piece", "                first, last = max(start, at), min(end + (end < TO_END), here)\n                piece", ("tests/media/test_cuts.py", "-k", "depend")),
    Mutant("a name that only a hidden cue contains", "transcripts/__init__.py", "    is_named = cue.named is None or _keeps_words(*cue.named, timeline)\n", "    is_named = True\n", ("tests/transcripts/test_speakers.py", "-k", "hidden")),
    Mutant("a muted line that rolling captions repeat", "transcripts/__init__.py", "    return tuple(cues_of(collapse(ordered)))\n", "    return tuple(cues_of(ordered))\n", ("tests/transcripts/test_rolling.py", "-k", "muted or cut")),
    Mutant("captions that keep a muted line", "outputs/youtube/desired.py", "    if any(removed):\n", "    if False:\n", ("tests/outputs/youtube/test_release.py", "-k", "removed_otherwise")),
    Mutant("an uncut file that stays for days", "replaced_files.py", 'REDACTING_INPUTS = frozenset({"recording", "start", "end", "cut", "mute"})', "REDACTING_INPUTS = frozenset()", (*PROMISES, "cut or muted")),
    Mutant("an uncut file that waits for its successor", "run/cleanup.py", "            if not step.superseded or not current or (step.output, step.episode) in made:\n", "            if True:\n", (*PROMISES, "ffmpeg and (cut or muted)")),
    Mutant("a file removed although it is named again", "run/cleanup.py", "            removable = tuple(path for path in step.changes if path not in current)\n            named = self._named(removable, step)\n", "            removable, named = step.changes, []\n", ("tests/run/test_runner.py", "-k", "former_name")),
    Mutant("a renderer that sees what its place may not show", "ledger/publication.py", "any(episode.is_due(now, place) for place in places)", "episode.is_due(now)", (*PROMISES, "withdrawn and from")),
    Mutant("a preview of talks withheld from the feed", "cli/document_changes.py", "renderer.documents(expected_publication(opened, renderer.name))", "renderer.documents(expected_publication(opened, 'images'))", ("tests/cli/test_withdraw.py", "-k", "announce")),
    Mutant("a hidden name looked for in changed documents only", "gather/leak_search.py", "    if secrets and secrets != state.visibility.secrets and state.public:\n", "    if False:\n", ("tests/cli/test_withdraw.py", "-k", "hidden")),
    Mutant("an old page that stays when it cannot be rendered", "run/runner.py", "        self._retraction.purge_failed(self._render.failed)\n", "", (*PROMISES, "template and (person or muted)")),
    Mutant("a lock that is not written", "run/runner.py", "        refused = [change for change in plan.changes if not self._apply(change)]\n", "        refused = []\n", (*PROMISES, "withdrawn")),
    Mutant("media of a preview that stay after a withdrawal", "run/runner.py", "        self._retraction.execute(plan.retractions)\n        self._remove_stale_previews()\n", "        self._retraction.execute(plan.retractions)\n", ("tests/cli/test_preview_media.py", "-k", "must_not_be")),
    Mutant("a hidden name in a file that a preview made", "prepared.py", " and not is_redacting(changes, episode)", "", ("tests/test_prepared.py", "-k", "only_tags")),
    Mutant("an uncut file of a preview with an error elsewhere", "prepared.py", "if _is_unsafe(key[1], receipt, state)", "if False", ("tests/test_prepared.py", "-k", "dangerous")),
    Mutant("a damaged file of a preview that is published", "files.py", "        return sha256(path) == digest\n", "        return True\n", ("tests/cli/test_preview_media.py", "-k", "damaged")),
    Mutant("a preview that encodes while a release runs", "cli/preview_media.py", "                elif self.is_locked(self._series[1]):", "                elif False:", ("tests/cli/test_preview_media.py", "-k", "goes_first")),
    Mutant("a damaged receipt that blocks", "ledger/store.py", "            records[slug], damaged[slug] = _salvage(slug, path), str(error)\n", "            raise\n", (*PROMISES, "receipt")),
)  # fmt: skip


def copy_with(mutant: Mutant, folder: Path) -> None:
    """Copies the program to `folder` and removes the safeguard there."""
    for part in COPIED:
        source = REPOSITORY / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, folder / part)
    path = folder / "publisher" / mutant.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise SystemExit(f"{mutant.name}: {mutant.file} contains the code {text.count(mutant.old)} times")
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")


def detect(mutant: Mutant) -> str:
    """The first lines of the error that detected the mutant, or ""."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve() / "copy"
        folder.mkdir()
        copy_with(mutant, folder)
        for rounds in ROUNDS if mutant.tests == HARNESS else ({},):
            result = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutant.tests],
                cwd=folder, env={**os.environ, **rounds, **ENVIRONMENTS.get(mutant.tests[0], {}), "PYTHONPATH": str(folder)}, capture_output=True, text=True,
            )  # fmt: skip
            if result.returncode == 1:
                errors = [line for line in result.stdout.splitlines() if line.startswith("E ")]
                return " ".join(" ".join(errors[:3]).split())[:300] or "an error"
            if result.returncode:
                # Also 5: keywords that select no test would let every mutant through.
                raise SystemExit(result.stdout + result.stderr)
    return ""


def main() -> int:
    selected = sys.argv[1:]
    survivors = []
    for mutant in MUTANTS:
        if selected and not any(word in mutant.name for word in selected):
            continue
        report = detect(mutant)
        sys.stdout.write(f"{mutant.name}: {report or 'NOT DETECTED'}\n")
        sys.stdout.flush()
        survivors += [] if report else [mutant.name]
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
