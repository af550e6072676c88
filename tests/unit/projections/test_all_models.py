"""What holds for every read model: any event of its topics, any number of times."""

from typing import Any

import pytest

from projections.models.boards import BOARDS_MODEL
from projections.models.catalog import MODELS
from projections.models.contests import CONTESTS_MODEL
from projections.models.model import FIRST_WINS_FROM, Fact, Model
from projections.models.problems import PROBLEMS_MODEL
from schemas.events import (
    ContestRevised,
    ContestThawed,
    Event,
    ProblemRetired,
    ProblemRevised,
    RejudgingOpened,
    TeamRegistered,
)
from schemas.golden_records import example
from schemas.manifests import NowCurrent, Selected, current_manifest, manifest_named_by, selection_manifest
from schemas.topics import CONTEST_FEED, CONTESTS, PROBLEMS, Topic
from schemas.values import Position
from tests.unit.projections.tables import SCHEMAS, Tables

EVERY = [(model, topic, kind) for model in MODELS for topic in model.topics for kind in topic.events]
OFFSET = 41


def fact(topic: Topic, kind: type[Event], offset: int = OFFSET) -> Fact:
    event: Any = example(kind)
    position = Position(topic=topic.name, partition=0, offset=offset)
    return Fact(position, event, None if manifest_named_by(event) is None else manifest(kind))


def manifest(kind: type[Event]) -> bytes:
    if kind is RejudgingOpened:
        return selection_manifest([example(Selected)])
    return current_manifest([example(NowCurrent)])


@pytest.mark.parametrize(("model", "topic", "kind"), EVERY)
def test_writes_are_stamped_with_the_offset_alone(model: Model, topic: Topic, kind: type[Event]) -> None:
    told = fact(topic, kind)
    effects = model.begin().step([told])
    asked_at = told.event.caused_by.offset if told.event.caused_by else OFFSET  # of a decision: that of its request
    assert {write.values[-1] for write in effects.writes} <= {OFFSET, FIRST_WINS_FROM - OFFSET, asked_at}
    assert effects == model.begin().step([fact(topic, kind)])


@pytest.mark.parametrize(("model", "topic", "kind"), EVERY)
def test_writes_fit_the_tables(model: Model, topic: Topic, kind: type[Event]) -> None:
    tables = Tables()
    tables.apply(model.begin().step([fact(topic, kind)]).writes)
    for table, rows in tables.cells.items():
        assert {name for row in rows.values() for name in row} <= set(SCHEMAS[table].columns)


def test_models_have_names_and_tables_of_their_own() -> None:
    assert len({model.name for model in MODELS}) == len({model.group for model in MODELS}) == len(MODELS)
    assert [model for model in MODELS if model.remembers] == [BOARDS_MODEL]


def written(topic: Topic, *kinds: type[Event]) -> list[Fact]:
    return [fact(topic, kind, offset) for offset, kind in enumerate(kinds)]


@pytest.mark.parametrize(
    ("model", "topic", "kinds"),
    [
        (PROBLEMS_MODEL, PROBLEMS, (ProblemRevised, ProblemRetired, ProblemRevised)),
        (CONTESTS_MODEL, CONTESTS, (ContestRevised, TeamRegistered, ContestThawed, ContestRevised)),
    ],
)
def test_a_replay_in_any_order_leaves_the_latest(model: Model, topic: Topic, kinds: tuple[type[Event], ...]) -> None:
    forwards, backwards, facts = Tables(), Tables(), written(topic, *kinds)
    for one in facts:
        forwards.apply(model.begin().step([one]).writes)
    for one in reversed(facts):
        backwards.apply(model.begin().step([one]).writes)
    assert forwards.cells == backwards.cells


def test_the_feed_and_the_contests_have_the_same_contest_events() -> None:
    assert set(CONTESTS.events) <= set(CONTEST_FEED.events)
