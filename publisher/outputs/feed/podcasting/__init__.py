"""Elements of the podcast namespace, as tables.

Follows https://github.com/Podcastindex-org/podcast-namespace (docs/1.0.md, docs/tags/). The
namespace has no trailing slash: readers that look at it see nothing otherwise.
"""

from publisher.outputs.feed.podcasting.channel import ELEMENTS as CHANNEL_ELEMENTS
from publisher.outputs.feed.podcasting.item import ELEMENTS as ITEM_ELEMENTS

__all__ = ["CHANNEL_ELEMENTS", "ITEM_ELEMENTS", "NAMESPACE"]

NAMESPACE = "https://podcastindex.org/namespace/1.0"
