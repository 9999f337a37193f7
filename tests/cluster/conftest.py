"""The series folder of the commands' tests."""

from tests.cli.conftest import folder, released_once

__all__ = ["folder", "released_once"]
