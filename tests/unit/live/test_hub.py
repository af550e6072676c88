from datetime import timedelta

import orjson
import pytest

from projections.live.channels import Channel
from projections.live.frames import Place
from projections.live.history import OLDEST, Announced
from projections.live.hub import ConnectionId, Hub, Turn
from tests.unit.live.announcing import (
    BOARD,
    JURY_BOARD,
    NOW,
    SUBMISSION,
    USER,
    reset,
    rows,
    snapshot,
    told,
)

ANA, BOB, CAT = map(ConnectionId, (1, 2, 3))


def new_hub(start: int = 0) -> Hub:
    return Hub("T", {0: start})


def seen(turn: Turn, connection: ConnectionId = ANA) -> list[tuple[str, int, object]]:
    """Type, offset and version (of a board: solved per team) of what a connection is sent."""
    return [
        (frame.type, frame.place.offset if frame.place else -2, _gist(orjson.loads(frame.data)))
        for frame in turn.deliveries.get(connection, [])
    ]


def _gist(data: dict[str, object]) -> object:
    match data:
        case {"rows": list(changed)}:
            return {row["team_id"]: row["solved"] for row in changed}
        case {"missed": missed}:
            return missed
    return data["version"]


def following(hub: Hub, channel: Channel, *connections: ConnectionId, version: int = 0) -> None:
    """Lets these follow the channel, past the snapshot."""
    for connection in connections:
        for read in hub.subscribe(connection, channel).reads:
            hub.model_read(read, snapshot(version))


def test_a_subscriber_gets_a_snapshot_then_changes() -> None:
    hub = new_hub(start=7)
    [read] = hub.subscribe(ANA, SUBMISSION).reads
    assert (read.channel, read.since) == (SUBMISSION, 7)
    assert seen(hub.model_read(read, snapshot(3))) == [("snapshot", 6, 3)]
    assert seen(hub.take(0, [told(7, 4), told(8, 5)])) == [("case", 7, 4), ("case", 8, 5)]


def test_what_comes_while_the_model_is_read_follows_the_snapshot() -> None:
    hub = new_hub()
    [read] = hub.subscribe(ANA, SUBMISSION).reads
    assert not hub.take(0, [told(0, 1), told(1, 2)]).deliveries
    assert seen(hub.model_read(read, snapshot(1))) == [("snapshot", -1, 1), ("case", 1, 2)]


@pytest.mark.parametrize("repeat", [told(1, 4), told(1, 2)], ids=["the same again", "an older one"])
def test_a_repeat_and_what_was_overtaken_are_left_out(repeat: Announced) -> None:
    hub = new_hub()
    following(hub, SUBMISSION, ANA)
    assert seen(hub.take(0, [told(0, 4), repeat, told(2, 5)])) == [("case", 0, 4), ("case", 2, 5)]


def test_each_of_a_users_submissions_has_versions_of_its_own() -> None:
    hub = new_hub()
    following(hub, USER, ANA, version=0)
    sent = seen(hub.take(0, [told(0, 9, channel=USER.name), told(1, 4, channel=USER.name)]))
    assert sent == [("case", 0, 9), ("case", 1, 4)]


def test_a_record_that_comes_again_is_not_told_again() -> None:
    hub = new_hub()
    following(hub, SUBMISSION, ANA)
    hub.take(0, [told(0, 1)])
    assert not hub.take(0, [told(0, 1)]).deliveries


def test_whoever_comes_while_the_model_is_read_gets_the_next_reading() -> None:
    hub = new_hub()
    [read] = hub.subscribe(ANA, SUBMISSION).reads
    hub.take(0, [told(0, 1)])
    assert not hub.subscribe(BOB, SUBMISSION).reads
    turn = hub.model_read(read, snapshot(1))
    assert (seen(turn, ANA), seen(turn, BOB)) == ([("snapshot", -1, 1)], [])
    [again] = turn.reads
    turn = hub.model_read(again, snapshot(1))
    assert (seen(turn, ANA), seen(turn, BOB)) == ([], [("snapshot", 0, 1)])


def test_all_who_wait_share_a_reading() -> None:
    hub = new_hub()
    [read] = hub.subscribe(ANA, SUBMISSION).reads
    hub.subscribe(BOB, SUBMISSION)
    hub.subscribe(CAT, SUBMISSION)
    [again] = hub.model_read(read, snapshot(0)).reads
    assert hub.model_read(again, snapshot(0)).deliveries.keys() == {BOB, CAT}


def test_a_read_that_nobody_waits_for_any_more_is_dropped() -> None:
    hub = new_hub()
    [read] = hub.subscribe(ANA, SUBMISSION).reads
    hub.unsubscribe(ANA, SUBMISSION)
    [later] = hub.subscribe(ANA, SUBMISSION).reads
    assert not hub.model_read(read, snapshot(0)).deliveries
    assert seen(hub.model_read(later, snapshot(1))) == [("snapshot", -1, 1)]


def test_one_frame_goes_to_all() -> None:
    hub = new_hub()
    following(hub, SUBMISSION, ANA, BOB)
    turn = hub.take(0, [told(0, 1)])
    assert turn.deliveries[ANA][0] is turn.deliveries[BOB][0]


def test_after_unsubscribing_nothing_comes() -> None:
    hub = new_hub()
    following(hub, SUBMISSION, ANA, BOB)
    hub.unsubscribe(ANA, SUBMISSION)
    hub.unsubscribe(ANA, SUBMISSION)
    assert hub.take(0, [told(0, 1)]).deliveries.keys() == {BOB}
    assert hub.subscriptions == 1


def test_whoever_comes_back_gets_what_was_missed() -> None:
    hub = new_hub()
    hub.take(0, [told(0, 1), told(1, 2), told(2, 7, channel=USER.name), told(3, 3)])
    turn = hub.subscribe(ANA, SUBMISSION, Place(epoch="T:1", offset=0))
    assert not turn.reads
    assert seen(turn) == [("recovered", 0, 2), ("case", 1, 2), ("case", 3, 3)]


def test_whoever_comes_back_to_another_node_gets_the_same() -> None:
    announced = [told(0, 1), told(1, 2), told(2, 3)]
    first, second = new_hub(), new_hub(start=1)
    first.take(0, announced)
    second.take(0, announced[1:])
    after = Place(epoch="T:1", offset=1)
    assert seen(first.subscribe(ANA, SUBMISSION, after)) == seen(second.subscribe(ANA, SUBMISSION, after))


@pytest.mark.parametrize(
    "after",
    [
        Place(epoch="U:1", offset=6),
        Place(epoch="T:2", offset=6),
        Place(epoch="T:10", offset=6),
        Place(epoch="T:1", offset=3),
        Place(epoch="T:1", offset=99),
    ],
    ids=["another log", "another model", "alike but another model", "before what is kept", "ahead of this node"],
)
def test_where_not_all_can_be_told_there_is_a_snapshot(after: Place) -> None:
    hub = new_hub(start=5)
    hub.take(0, [told(5, 1), told(6, 2), told(7, 3)])
    [read] = hub.subscribe(ANA, SUBMISSION, after).reads
    assert seen(hub.model_read(read, snapshot(3))) == [("snapshot", 7, 3)]


def test_what_is_too_old_is_not_recovered() -> None:
    hub = new_hub()
    hub.take(0, [told(0, 1, at=NOW - OLDEST - timedelta(seconds=1)), told(1, 2)])
    hub.tick(NOW)
    assert hub.subscribe(ANA, SUBMISSION, Place(epoch="T:1", offset=-1)).reads
    assert not hub.subscribe(BOB, SUBMISSION, Place(epoch="T:1", offset=0)).reads


def test_a_model_that_was_read_too_slowly_is_read_again() -> None:
    hub = new_hub()
    [read] = hub.subscribe(ANA, SUBMISSION).reads
    hub.take(0, [told(0, 1, at=NOW - 2 * OLDEST), told(1, 2)])
    hub.tick(NOW)
    [again] = hub.model_read(read, snapshot(0)).reads
    assert seen(hub.model_read(again, snapshot(2))) == [("snapshot", 1, 2)]


def test_whoever_waits_for_what_is_not_there_is_named() -> None:
    hub = new_hub()
    [read] = hub.subscribe(ANA, SUBMISSION).reads
    assert hub.model_missing(read) == [ANA]
    assert hub.subscriptions == 0


def test_a_board_is_told_once_per_tick_with_the_latest_row_per_team() -> None:
    hub = new_hub()
    following(hub, BOARD, ANA, BOB)
    assert not hub.take(0, [rows(0, 1, "red"), rows(1, 2, "blue")]).deliveries
    hub.take(0, [rows(2, 3, "red")])
    turn = hub.tick(NOW)
    assert seen(turn) == [("rows", 2, {"red": 3, "blue": 2})]
    assert turn.deliveries[ANA][0] is turn.deliveries[BOB][0]
    assert not hub.tick(NOW).deliveries


def test_the_jurys_board_is_another_channel() -> None:
    hub = new_hub()
    following(hub, BOARD, ANA)
    following(hub, JURY_BOARD, BOB)
    hub.take(0, [rows(0, 1, "red", channel=JURY_BOARD.name)])
    assert hub.tick(NOW).deliveries.keys() == {BOB}


def test_rows_that_the_snapshot_has_are_not_told_again() -> None:
    hub = new_hub()
    [read] = hub.subscribe(ANA, BOARD).reads
    hub.take(0, [rows(0, 1, "red"), rows(1, 2, "red")])
    hub.model_read(read, snapshot(2))
    assert not hub.tick(NOW).deliveries
    hub.take(0, [rows(2, 3, "red")])
    assert seen(hub.tick(NOW)) == [("rows", 2, {"red": 3})]


def test_who_does_not_keep_up_gets_one_joined_change_later() -> None:
    hub = new_hub()
    following(hub, BOARD, ANA, BOB)
    hub.take(0, [rows(0, 1, "red")])
    assert hub.tick(NOW, congested={ANA}).deliveries.keys() == {BOB}
    hub.take(0, [rows(1, 2, "blue"), rows(2, 3, "red")])
    turn = hub.tick(NOW)
    assert seen(turn, ANA) == [("rows", 2, {"red": 3, "blue": 2})]
    assert seen(turn, BOB) == [("rows", 2, {"blue": 2, "red": 3})]


def test_who_did_not_keep_up_gets_the_rest_although_nothing_more_comes() -> None:
    hub = new_hub()
    following(hub, BOARD, ANA)
    hub.take(0, [rows(0, 1, "red")])
    assert not hub.tick(NOW, congested={ANA}).deliveries
    assert seen(hub.tick(NOW)) == [("rows", 0, {"red": 1})]


def test_a_reset_becomes_a_snapshot_for_all() -> None:
    hub = new_hub()
    following(hub, BOARD, ANA, BOB)
    hub.take(0, [rows(0, 1, "red"), reset(1, 2, epoch="1.thawed")])
    turn = hub.tick(NOW)
    assert not turn.deliveries
    [read] = turn.reads
    turn = hub.model_read(read, snapshot(2, epoch="1.thawed"))
    assert seen(turn, ANA) == seen(turn, BOB) == [("snapshot", 1, 2)]
    assert turn.deliveries[ANA][0].place == Place(epoch="T:1.thawed", offset=1)


def test_a_reset_while_the_board_is_read_leads_to_one_more_snapshot() -> None:
    hub = new_hub()
    [read] = hub.subscribe(ANA, BOARD).reads
    hub.take(0, [reset(0, 1)])
    assert seen(hub.model_read(read, snapshot(0))) == [("snapshot", -1, 0)]
    [again] = hub.tick(NOW).reads
    assert seen(hub.model_read(again, snapshot(1))) == [("snapshot", 0, 1)]
    assert not hub.tick(NOW).reads


@pytest.mark.parametrize("between", [reset(1, 2), rows(1, 2, "red", epoch="1.thawed")], ids=["reset", "thawed"])
def test_a_board_is_not_recovered_across_a_change_of_its_kind(between: Announced) -> None:
    hub = new_hub()
    hub.take(0, [rows(0, 1, "red"), between])
    assert hub.subscribe(ANA, BOARD, Place(epoch="T:1", offset=0)).reads


def test_a_thawed_board_is_recovered_in_its_epoch() -> None:
    hub = new_hub()
    hub.take(0, [rows(0, 1, "red", epoch="1.thawed"), rows(1, 2, "red", epoch="1.thawed")])
    turn = hub.subscribe(ANA, BOARD, Place(epoch="T:1.thawed", offset=0))
    assert seen(turn) == [("recovered", 0, 1), ("rows", 1, {"red": 2})]


def test_a_record_that_is_no_announcement_is_passed_over() -> None:
    hub = new_hub()
    following(hub, SUBMISSION, ANA)
    hub.skip(0, 0)
    assert hub.consumed == {0: 1}
    assert seen(hub.take(0, [told(1, 1)])) == [("case", 1, 1)]
