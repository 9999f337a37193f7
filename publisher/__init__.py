"""publisher: from recordings and one catalogue to audio, a podcast feed, pages and YouTube."""

__version__ = "0.1.0"
