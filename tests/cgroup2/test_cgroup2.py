"""The sandbox's suites on a machine with cgroup v2 alone: a small emulated one, where this machine is not of that kind.

On a machine that is, the suites themselves are that test, and nothing is emulated.
"""

import pytest

from deploy.setup.guest import make
from tests.cgroup2.session import Report, run_session
from tests.cgroup2.suites import Suite, wanted_suites

SHOWN_CHARACTERS = 2_000


@pytest.fixture(scope="module")
def report(docker_url: str) -> Report:
    """What one session of the guest found."""
    if not make.is_needed():
        pytest.skip("this machine has cgroup v2 alone: the suites have run on it directly")
    if not make.DISK.exists():
        pytest.skip(make.lack() or "there is no guest: `make test` makes it")
    return run_session(docker_url)


@pytest.mark.parametrize("suite", wanted_suites(), ids=lambda suite: suite.name)
def test_the_suite_passes_on_cgroup_v2(report: Report, suite: Suite, subtests: pytest.Subtests) -> None:
    found = report.results.get(suite.name, [])
    for result in found:
        with subtests.test(result.name):
            assert result.outcome in ("passed", "skipped"), result.said
    passed = sum(result.outcome == "passed" for result in found)
    assert passed >= suite.passes_at_least, report.logs.get(suite.name, "it never began")[-SHOWN_CHARACTERS:]


def test_the_guest_came_to_its_end_and_its_groups_are_still_delegated_as_safely_as_before(report: Report) -> None:
    """A container in the machine's own cgroup namespace would take `nsdelegate` from the whole machine."""
    mounts = [line.split() for line in report.mounts if line.split()[2].startswith("cgroup")]
    assert [(kind, place) for _, place, kind, *_ in mounts] == [("cgroup2", "/sys/fs/cgroup")]
    assert "nsdelegate" in mounts[0][3].split(",")


def test_nothing_is_left_on_the_guest(report: Report) -> None:
    assert report.left == []
