"""Drawn and given pictures: covers, cards, thumbnails, portraits, the logo, and the palette.

No network, no clock: a picture depends on the catalogue, the files it names and the fonts of this
machine. Paths under public/ are set by `outputs.images`. Pillow is imported only when a picture is
made.
"""
