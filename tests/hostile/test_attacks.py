"""Every attack that is a program gets what it must get, finds no hole, and leaves nothing behind."""

import pytest

from tests.hostile.arena import Arena, Result
from tests.hostile.attack import Attack
from tests.hostile.attacks import LISTENER, PROGRAMS, SENDER
from tests.hostile.compilations import COLLECTIONS, COMPILATIONS, Collection, Compilation


def _id(attack: Attack | Compilation | Collection) -> str:
    language = "" if isinstance(attack, Collection) else f"-{attack.language}"
    return f"{attack.id}-{attack.name.replace(' ', '_')}{language}"


def _hold(result: Result) -> None:
    assert result.wrong == ()
    assert result.left == ()


@pytest.mark.parametrize("attack", PROGRAMS, ids=_id)
def test_a_program_is_contained(ground: Arena, attack: Attack) -> None:
    _hold(ground.attack(attack))


@pytest.mark.parametrize("attack", COMPILATIONS, ids=_id)
def test_a_source_harms_no_compiler(ground: Arena, attack: Compilation) -> None:
    _hold(ground.compilation(attack))


@pytest.mark.parametrize("attack", COLLECTIONS, ids=_id)
def test_only_plain_files_are_collected(ground: Arena, attack: Collection) -> None:
    _hold(ground.collection(attack))


def test_a19_two_runs_at_once_do_not_know_of_each_other(ground: Arena) -> None:
    _hold(ground.two_at_once(SENDER, LISTENER))
