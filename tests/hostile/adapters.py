"""Both adapters of the sandbox, made for tests, each with what its programs are called on the machine."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.setup.places import SUPERVISOR
from executor.sandbox import nested_hardening
from executor.sandbox.cgroup import Accounting, accounting
from executor.sandbox.container import KIND as CONTAINER
from executor.sandbox.container import ContainerSandbox
from executor.sandbox.engine import Engine
from executor.sandbox.hardening import FIRST_USER, Slot
from executor.sandbox.leftovers import sweep
from executor.sandbox.nested import KIND as NESTED
from executor.sandbox.nested import NestedSandbox
from executor.sandbox.port import Sandbox

KINDS: Final = (CONTAINER, NESTED)

FIRST_SLOT: Final = 40
"""Far from any executor's, so that no process of another one's is taken for ours."""
SLOTS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """Two slots of one kind; `users` are the ids that their programs have on the host."""

    kind: str
    owner: str
    work: Path
    sandboxes: tuple[Sandbox, ...]
    engine: Engine
    users: range


@contextmanager
def adapter(kind: str, docker_url: str, owner: str, work: Path) -> Iterator[Adapter]:
    """An adapter that is closed and swept away at the end."""
    with ExitStack() as held:
        engine = held.enter_context(closing(Engine(docker_url)))
        info = engine.info()
        groups = accounting(version=info.cgroup_version, driver=info.cgroup_driver, owner=owner)
        held.callback(sweep, engine, groups, owner, work)
        make = _nested if kind == NESTED else _container
        sandboxes = []
        for slot in range(SLOTS):
            own_engine = held.enter_context(closing(Engine(docker_url)))
            sandboxes.append(make(own_engine, groups, Slot(number=FIRST_SLOT + slot, cpu=slot), owner, work))
            held.callback(sandboxes[-1].close)
        yield Adapter(kind=kind, owner=owner, work=work, sandboxes=tuple(sandboxes), engine=engine, users=_users(kind))


def _container(engine: Engine, groups: Accounting, slot: Slot, owner: str, work: Path) -> Sandbox:
    return ContainerSandbox(engine=engine, accounting=groups, slot=slot, owner=owner, work=work)


def _nested(engine: Engine, groups: Accounting, slot: Slot, owner: str, work: Path) -> Sandbox:
    return NestedSandbox(
        engine=engine,
        accounting=groups,
        slot=slot,
        owner=owner,
        work=work,
        supervisor=SUPERVISOR,
        apparmor=engine.info().apparmor,
    )


def _users(kind: str) -> range:
    first, each = (nested_hardening.FIRST_USER, nested_hardening.USERS_PER_SLOT) if kind == NESTED else (FIRST_USER, 1)
    return range(first + FIRST_SLOT * each, first + (FIRST_SLOT + SLOTS) * each)
