"""Looking after read models over HTTP: what an admin sees, may order, and is refused."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from projections.models.boards import BOARDS_MODEL
from projections.models.catalog import MODELS
from projections.models.executors import EXECUTORS_MODEL
from projections.query_api import projection_documents as documents
from projections.upkeep.port import ToldModel, ToldParked, ToldPartition
from projections.upkeep.task import Kind, State
from schemas.eventlog.port import Partition
from schemas.topics import CONTEST_FEED, EXECUTORS
from schemas.values import Position
from tests.unit.query_api.read_side import JUDY, NOW, ROOT, ReadSide, refusal_of

BOARDS, POISON = BOARDS_MODEL.projection, Position(topic=CONTEST_FEED.name, partition=2, offset=40)


async def ordered(side: ReadSide, name: str, order: str, **body: object) -> httpx.Response:
    return await side.http.post(f"/projections/{name}/{order}", json=body, headers=side.token(*ROOT))


def park(side: ReadSide) -> None:
    """The boards stand still at `POISON`."""
    parked = ToldParked(offset=POISON.offset, detail="KeyError", since=NOW)
    told = ToldPartition(rate=0.0, parked=parked)
    side.upkeep.told[BOARDS] = [ToldModel(partitions={f"{POISON.topic}:{POISON.partition}": told})]
    side.upkeep.positions[BOARDS] = {Partition(POISON.topic, POISON.partition): POISON.offset}


async def test_all_models_are_told_with_what_they_lag(side: ReadSide) -> None:
    page = (await side.get("/projections", ROOT)).json()
    documents.ProjectionList.model_validate(page)
    assert [one["name"] for one in page["projections"]] == [model.name for model in MODELS]
    assert {one["state"] for one in page["projections"]} == {"stopped"}
    assert {one["lag_events"] for one in page["projections"]} == {0}


async def test_a_model_tells_positions_rates_troubles_and_age(side: ReadSide) -> None:
    side.log.inject(EXECUTORS, b"one", partition=0)
    side.log.inject(EXECUTORS, b"two", partition=0)
    appended_at = side.log.records(EXECUTORS)[1].appended_at
    side.now = appended_at + timedelta(seconds=7)
    side.upkeep.positions[EXECUTORS_MODEL.projection] = {Partition(EXECUTORS.name, 0): 1}
    side.upkeep.told[EXECUTORS_MODEL.projection] = [
        ToldModel(
            partitions={"executors:0": ToldPartition(rate=12.5)}, last_error="gave up executors:0:0", last_error_at=NOW
        )
    ]
    body = (await side.get("/projections/executors", ROOT)).json()
    documents.Projection.model_validate(body)
    assert (body["state"], body["position"], body["end"], body["lag_events"]) == ("running", 1, 2, 1)
    assert (body["lag_s"], body["rate"], body["last_error"]) == (7.0, 12.5, "gave up executors:0:0")
    assert body["partitions"][0]["rate"] == 12.5


@pytest.mark.parametrize("who", [JUDY, None])
async def test_only_admins_look_after_models(side: ReadSide, who: Any) -> None:
    response = await side.get("/projections", who)
    assert response.status_code == (401 if who is None else 403)


async def test_a_model_that_there_is_not_is_told_as_such(side: ReadSide) -> None:
    response = await ordered(side, "bords", "rebuild", reason="to see")
    assert refusal_of(response) == (404, "unknown-projection")


async def test_one_rebuild_at_a_time(side: ReadSide) -> None:
    response = await ordered(side, "boards", "rebuild", reason="mend it", only_if_equal=True)
    assert response.status_code == 202
    body = documents.Projection.model_validate(response.json())
    assert body.task is not None
    assert (body.task.kind, body.task.state, body.task.requested_by) == ("rebuild", "requested", ROOT[0])
    assert (body.task.reason, body.task.only_if_equal) == ("mend it", True)
    for order in ("rebuild", "verify"):
        response = await ordered(side, "boards", order, reason="again")
        assert refusal_of(response) == (409, "task-under-way")


async def test_a_reason_is_needed(side: ReadSide) -> None:
    response = await ordered(side, "boards", "pause", reason="")
    assert refusal_of(response) == (422, "invalid-body")


async def test_it_can_be_cancelled_until_readers_are_switched(side: ReadSide) -> None:
    assert refusal_of(await ordered(side, "boards", "cancel")) == (409, "no-task-under-way")
    await ordered(side, "boards", "verify", reason="to see")
    assert side.upkeep.tasks[BOARDS].kind is Kind.VERIFY
    assert (await ordered(side, "boards", "cancel")).json()["task"]["cancelled_by"] == ROOT[0]
    side.upkeep.tasks[BOARDS] = replace(side.upkeep.tasks[BOARDS], state=State.RETIRING)
    assert refusal_of(await ordered(side, "boards", "cancel")) == (409, "too-late-to-cancel")


async def test_a_pause_lasts_until_it_is_taken_back(side: ReadSide) -> None:
    assert refusal_of(await ordered(side, "boards", "resume")) == (409, "not-paused")
    body = (await ordered(side, "boards", "pause", reason="to look")).json()
    assert (body["state"], body["paused"]["reason"]) == ("paused", "to look")
    assert refusal_of(await ordered(side, "boards", "pause", reason="again")) == (409, "already-paused")
    assert (await ordered(side, "boards", "resume")).json()["paused"] is None


async def test_a_parked_partition_is_tried_again_or_its_record_passed_over(side: ReadSide) -> None:
    park(side)
    assert (await ordered(side, "boards", "resume")).json()["state"] == "parked"
    assert side.upkeep.controls[BOARDS].retries == 1
    elsewhere = replace(POISON, offset=41)
    response = await ordered(side, "boards", "skip", position=str(elsewhere), reason="broken")
    assert refusal_of(response) == (409, "not-parked")
    assert str(POISON) in response.json()["detail"]
    body = (await ordered(side, "boards", "skip", position=str(POISON), reason="broken")).json()
    assert [(one["position"], one["reason"], one["by"]) for one in body["skipped"]] == [
        (str(POISON), "broken", ROOT[0])
    ]
