"""Tests of the transcription."""
