"""Reads the series folder, the receipts and YouTube into the `ReleaseState` that a plan is built from.

`series` opens a series folder, `validate` finds every problem in it, `episode_files` reads the notes,
transcripts and images of an episode, `recordings` probes the recordings, `private_names` reads
private/people.toml, `leak_search` searches for these names. Prints nothing; `cli` passes the time
and the environment.
"""
