"""Recordings and audio files: ffmpeg, loudness, formats."""
