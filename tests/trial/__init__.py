"""A newcomer's first hour, replayed with the installed wheel: `python -m tests.trial`."""
