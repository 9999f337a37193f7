"""The web app of ``publisher studio``: screens over the catalogue, plan and release of the commands."""
