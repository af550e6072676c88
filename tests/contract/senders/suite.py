"""What every adapter of the senders promises."""

import hashlib
import secrets

from ingest_api.senders.port import Senders
from schemas.ids import Sha256, UserId


def new_name() -> Sha256:
    return Sha256(hashlib.sha256(secrets.token_bytes(8)).hexdigest())


def new_user() -> UserId:
    return UserId(f"user-{secrets.token_hex(8)}")


class SendersContract:
    """Subclasses have a fixture `senders`."""

    async def test_what_one_sent_is_known_and_again_is_harmless(self, senders: Senders) -> None:
        ada, name = new_user(), new_name()
        await senders.record(ada, name)
        await senders.record(ada, name)
        assert await senders.sent(ada, [name, name]) == {name}

    async def test_what_another_sent_is_not_ones_own(self, senders: Senders) -> None:
        ada, grace, name = new_user(), new_user(), new_name()
        await senders.record(ada, name)
        assert await senders.sent(grace, [name]) == frozenset()
        await senders.record(grace, name)
        assert await senders.sent(ada, [name]) == {name}
        assert await senders.sent(grace, [name]) == {name}

    async def test_of_the_names_those_that_were_sent_come_back(self, senders: Senders) -> None:
        ada, mine, others = new_user(), [new_name(), new_name()], [new_name() for _ in range(1500)]
        for name in [*mine, new_name()]:
            await senders.record(ada, name)
        assert await senders.sent(ada, [*others, *mine]) == set(mine)
        assert await senders.sent(ada, []) == frozenset()
