"""Cores for services, by the executor's own plan."""

import pytest

from deploy.local.cores import service_cores


@pytest.mark.parametrize(
    ("available", "slots", "services"),
    [
        ([0, 1], "", None),
        ([0, 1, 2, 3], "", (0, 1)),
        ([0, 1, 2, 3], "3", (0,)),
        ([0, 1, 2, 3], "4", None),
        ([0, 1, 2, 3], "9", None),
        ([0, 1, 2, 3], "nonsense that the executor itself will refuse", (0, 1)),
        ([4, 5, 6, 7, 8], "", (4, 5)),
    ],
)
def test_services_get_what_the_slots_leave(available: list[int], slots: str, services: tuple[int, ...] | None) -> None:
    assert service_cores(available, {"JUDGESTREAM_SLOTS": slots}) == services
