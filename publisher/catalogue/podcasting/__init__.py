"""What the catalogue says for the podcast namespace alone: places, posts, seasons, live talks."""
