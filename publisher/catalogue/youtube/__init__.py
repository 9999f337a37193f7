"""What the catalogue says for YouTube alone: the channel, and the video of a talk."""
