"""What every test shares. The servers of `tests/services.py` belong to the run, not to one worker of it."""

import pytest

from tests import services


def _controls(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def pytest_configure(config: pytest.Config) -> None:
    """Name the room in which the run's servers start, should a test need one."""
    if _controls(config):
        services.open_room()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End them with the run."""
    if _controls(config):
        services.close_room()
