"""What set-up looks for, and how it tells a version."""

import pytest

from deploy.setup.java import major
from deploy.setup.packages import Scope, missing_packages


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("openjdk 17.0.15 2025-04-15", 17),
        ('java version "1.8.0_292"', 1),
        ("v18.20.4", 18),
        ("", 0),
    ],
)
def test_a_version_is_the_first_number_that_a_program_tells(said: str, number: int) -> None:
    assert major(said) == number


def test_nothing_is_found_on_an_empty_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert set(missing_packages(Scope.CHECK)) == {"nodejs"}
    assert {"maven", "nginx", "docker.io", "debootstrap"} <= set(missing_packages(Scope.RUN))
    assert "chromium" in missing_packages(Scope.TEST)
    assert "chromium" not in missing_packages(Scope.RUN)
