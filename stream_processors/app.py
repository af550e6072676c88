"""The Faust app: reads raw bytes and hands them to the agents; everything else is outside of Faust.

Each setting answers a trap of Faust 0.15.3:

- an exception in an agent or a decode error acknowledges the event, so agents get bytes and never raise;
- its producer is not idempotent, so what follows is appended through our own log;
- waiting for empty streams never ends where one of two agents has taken a record that the other has not, so a stop
  waits for the agents instead, and a rebalance for nothing: what is under way is acknowledged later or read again;
- concurrency above 1 commits past what is under way, so there is one actor per agent, which acknowledges in order;
- its defaults stop a group for a minute after a kill, create topics, serve tables over HTTP and write directories;
  a member keeps its name (host and health port, which no two living processes share) over a restart, so that it
  takes its partitions back at once.
"""

from collections.abc import Sequence
from typing import Any, Final

import faust

from schemas.values import Position
from stream_processors.agents import Agent
from stream_processors.source import SourceRecord

GROUP: Final = "stream_processors"

SESSION_S: Final = 6
"""How long a killed process keeps its partitions; the broker allows no less."""

HEARTBEAT_S: Final = 1.5

REQUEST_S: Final = 10
"""How long an answer of the broker may take before the connection counts as dead; the default is 90."""

COMMIT_EVERY_S: Final = 0.25
"""What is not committed is done again after a kill; a commit takes 0.2 ms."""


class StatelessApp(faust.App):
    """An app without tables, which needs no directory for them."""

    def _create_directories(self) -> None:
        """Faust makes three directories at start even where it has nothing to put there."""


def make_app(kafka: str, agents: Sequence[Agent], *, member: str) -> faust.App:
    """The app with these agents, not started. `member` names this process among routers, the same after a restart."""
    app = StatelessApp(
        GROUP,
        broker=[f"kafka://{server}" for server in kafka.split(",")],
        broker_client_id=GROUP,
        consumer_group_instance_id=member,
        broker_session_timeout=SESSION_S,
        broker_rebalance_timeout=SESSION_S,
        broker_heartbeat_interval=HEARTBEAT_S,
        broker_request_timeout=REQUEST_S,
        broker_commit_interval=COMMIT_EVERY_S,
        consumer_auto_offset_reset="earliest",
        processing_guarantee="at_least_once",
        stream_wait_empty=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        store="memory://",
        table_standby_replicas=0,
        web_enabled=False,
        autodiscover=False,
    )
    for agent in agents:
        names = [topic.name for topic in agent.topics]
        channel = app.topic(
            *names, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw", internal=False
        )
        app.agent(channel, name=agent.name, concurrency=1)(_actor(agent))
    return app


def _actor(agent: Agent) -> Any:
    async def read(stream: Any) -> None:
        async for event in stream.noack().events():
            await agent.take(_record(event.message), event.ack)

    return read


def _record(message: Any) -> SourceRecord:
    """What Faust read; a tombstone has no bytes, and is poison like any other."""
    return SourceRecord(
        position=Position(topic=message.topic, partition=message.partition, offset=message.offset),
        key=message.key,
        value=message.value or b"",
    )
