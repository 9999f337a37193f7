"""The command line: the only place that prints, exits, reads the clock and the environment."""


def main() -> None:
    """Runs the command ``publisher``."""
    raise SystemExit("not yet")
