"""Who takes part in the demo, and the tokens that the local key signs for them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from judgestream.tokens import sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A demo user; a contestant is a team of one."""

    user_id: str
    name: str
    roles: tuple[str, ...] = ("user",)


CONTESTANTS: Final = (
    Person(user_id="ada", name="Ada"),
    Person(user_id="grace", name="Grace"),
    Person(user_id="linus", name="Linus"),
)
JURY: Final = Person(user_id="jury", name="Jury", roles=("user", "setter", "jury", "admin"))
PEOPLE: Final = (*CONTESTANTS, JURY)


def token(person: Person, private_key: Path) -> str:
    """A token for the person, good for 12 hours from now."""
    return sign(private_key, person.user_id, name=person.name, roles=person.roles, now=datetime.now(UTC))
