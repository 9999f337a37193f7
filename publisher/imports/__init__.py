"""Takes over what exists: a feed, a YouTube channel, a WordPress site, a folder of recordings."""
