"""Receipts: what was made for each episode and from which inputs, and its published identity.

One small text file per episode, ``episodes/<slug>/released.json``, belongs under version control: it
cannot be made again. The identity of the feed is in ``episodes/released.json``. A damaged file is
reported with its line and never replaced silently; `validation` has the rules for each value.

    {"schema": 1, "slug": "a-talk", "guid": "…", "published": "2020-11-28T18:00:00+01:00",
     "receipts": {"audio": {"inputs": {"recording": "…"}, "facts": {…}}},
     "replaced": [{"path": "media/…", "at": "2020-12-02T10:00:00+00:00"}],
     "former": [{"slug": "a-slug-it-had-before", "at": "2020-12-02T10:00:00+00:00"}],
     "withdrawn": {"day": "2021-03-01", "reason": "…", "places": ["feed", "pages", "youtube"]}}
"""

from publisher.ledger.identity import (
    accept_identity,
    feed_guid,
    identify,
    identity_changes,
    topic_ids,
    with_topic_ids,
)
from publisher.ledger.publication import publication
from publisher.ledger.records import (
    EpisodeRecord,
    FormerSlug,
    Ledger,
    WithdrawalLock,
    enclosures,
    video_enclosure,
    with_receipt,
    without_receipt,
)
from publisher.ledger.store import FILE, WITHDRAWALS, load, load_readable, save_feed, save_record, set_aside

__all__ = [
    "FILE",
    "WITHDRAWALS",
    "EpisodeRecord",
    "FormerSlug",
    "Ledger",
    "WithdrawalLock",
    "accept_identity",
    "enclosures",
    "feed_guid",
    "identify",
    "identity_changes",
    "load",
    "load_readable",
    "publication",
    "save_feed",
    "save_record",
    "set_aside",
    "topic_ids",
    "video_enclosure",
    "with_receipt",
    "with_topic_ids",
    "without_receipt",
]
