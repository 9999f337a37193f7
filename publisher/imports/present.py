"""Reads which talks and people the catalogue has already, to match imported ones with them."""

from __future__ import annotations

from pathlib import Path

from publisher import catalogue
from publisher.catalogue import toml_source
from publisher.catalogue.load import written_episodes
from publisher.catalogue.problems import ProblemCollector
from publisher.errors import CatalogueError
from publisher.imports.entries import People
from publisher.imports.matching import Present
from publisher.ledger import Ledger
from publisher.model import AudioFacts


def read_present(root: Path, ledger: Ledger) -> tuple[list[Present], People]:
    """The talks and people of the catalogue. Raises CatalogueError."""
    loaded = catalogue.read(root, lambda path: "")
    sources, problems = toml_source.read_catalogue(root)
    errors = tuple(problem for problem in (*problems, *loaded.errors) if problem.level == "error")
    # A recording that is copied later is no reason to stop.
    if loaded.series is None or any(not error.key.endswith("recording") for error in errors):
        raise CatalogueError(errors)
    ignored = ProblemCollector(sources, ())
    written = {
        str(raw["slug"]): raw
        for source in sources
        for _, raw in written_episodes(source, source is sources[0], ignored)
        if isinstance(raw, dict) and "slug" in raw
    }
    present = []
    for episode in loaded.series.episodes + loaded.invalid_episodes:
        record = ledger.record(episode.slug)
        facts = record.receipts["audio"].facts if "audio" in record.receipts else None
        duration = facts.recording_duration if isinstance(facts, AudioFacts) else None
        guid, date = record.guid or episode.guid, record.published or episode.date
        values, is_published = written.get(episode.slug, {}), record.published is not None
        present.append(Present(episode.slug, values, guid, date, duration, is_published))
    return present, People(dict(loaded.series.people))
