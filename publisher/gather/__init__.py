"""From the files on disk, the receipts and YouTube to the state that a plan is made from.

`series` opens a series folder, `validate` finds every problem in it, `episode_files` reads the notes,
transcripts and pictures beside a talk, `recordings` probes the recordings, `private_names` reads
private/people.toml, `leak_search` searches all of it for those names. Prints nothing; the time and
the environment are handed in by `cli`.
"""
