"""A step of the set-up is done once for the same input."""

from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from deploy.setup import steps
from deploy.setup.errors import Missing, StepFailed
from deploy.setup.steps import Step, run_due


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Step]:
    monkeypatch.setattr(steps, "STAMPS", tmp_path / "stamps")
    made = tmp_path / "made"

    def step(*made_from: str | Path, do: Callable[[], None] = made.touch) -> Step:
        return Step(name="a", title="A", do=do, made_from=made_from, makes=(made,))

    return step


def test_the_second_time_nothing_is_done(make: Callable[..., Step]) -> None:
    assert run_due([make("1")]) == 1
    assert run_due([make("1")]) == 0


def test_a_changed_input_makes_it_due(make: Callable[..., Step], tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("one")
    run_due([make(lock)])
    lock.write_text("two")
    assert make(lock).due()


def test_what_was_deleted_is_made_again(make: Callable[..., Step], tmp_path: Path) -> None:
    run_due([make("1")])
    (tmp_path / "made").unlink()
    assert make("1").due()


def test_an_interrupted_step_is_still_due(make: Callable[..., Step]) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_due([make("1", do=interrupted)])
    assert make("1").due()


def test_inputs_do_not_run_into_one_another(make: Callable[..., Step]) -> None:
    assert make("ab", "c").digest() != make("a", "bc").digest()


def test_a_failure_is_told_by_title_and_the_step_is_still_due(make: Callable[..., Step]) -> None:
    def failing() -> None:
        raise Missing("nothing there")

    with pytest.raises(StepFailed, match="A: failed"):
        run_due([make("1", do=failing)])
    assert make("1").due()


def test_a_step_waits_for_the_one_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "STAMPS", tmp_path / "stamps")
    base, image = tmp_path / "base", tmp_path / "image"

    def build() -> None:
        base.rename(image)

    needs = Step(name="image", title="Image", do=build, makes=(image,), after=("base", "absent"))
    assert run_due([needs, Step(name="base", title="Base", do=base.touch)]) == 2
    assert image.exists()


def test_a_failure_stops_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "STAMPS", tmp_path / "stamps")

    def failing() -> None:
        raise Missing("nothing there")

    def wait() -> None:
        Event().wait()

    endless = Step(name="endless", title="Endless", do=wait)
    with pytest.raises(StepFailed):
        run_due([endless, Step(name="failing", title="Failing", do=failing)])
    assert endless.due()
