"""Makes transcripts of recordings on this machine, or on the workers of a cluster.

speech      decodes a recording to 16 kHz, finds stretches of speech without cuts and mutes
engines     faster-whisper, or a program of the producer's choice
captions    words with times → captions by speaker, uncertain words marked, as WebVTT
job         one talk, stretch by stretch; what was done before an interruption is not done again
"""
