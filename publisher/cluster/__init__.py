"""Encodings on other machines: workers of Dask execute them, this process keeps everything else.

`connection` finds or starts a scheduler and its workers and examines them; `executor` sends encodings and
verifies their results; `worker` is what runs there.
"""
