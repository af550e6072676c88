"""Comparing two tables: cells, rows, and streams of partitions."""

from collections.abc import AsyncIterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from projections.upkeep.comparison import TableKey, differences
from projections.upkeep.scan import Partition, paired
from projections.upkeep.task import Difference, Kind, State, Verdict, after_comparison

KEY = TableKey(partition=("owner",), clustering=("place",))


def row(place: int, line: str | None) -> dict[str, object]:
    return {"owner": "ada", "place": place, "line": line}


def test_what_differs_is_told_by_cell_and_what_is_missing_by_row() -> None:
    live = [row(1, "a"), row(2, "b"), row(3, "c")]
    replayed = [row(1, "a"), row(2, "x"), row(4, "d")]
    assert list(differences("lists", KEY, live, replayed)) == [
        Difference(table="lists", key="owner=ada, place=2", column="line", live="b", replayed="x"),
        Difference(table="lists", key="owner=ada, place=3", column="", live="{'line': 'c'}", replayed=None),
        Difference(table="lists", key="owner=ada, place=4", column="", live=None, replayed="{'line': 'd'}"),
    ]


def test_a_long_cell_is_told_short() -> None:
    [found] = differences("lists", KEY, [row(1, "a" * 10_000)], [row(1, None)])
    assert found.live is not None
    assert (len(found.live), found.live[-1], found.replayed) == (300, "…", None)


async def stream(tokens: Sequence[int]) -> AsyncIterator[Partition]:
    for token in tokens:
        yield Partition(token, (token,), [{"token": token}])


@given(st.sets(st.integers()), st.sets(st.integers()))
async def test_partitions_meet_whatever_either_side_lacks(live: set[int], other: set[int]) -> None:
    pairs = [
        (one and one.token, two and two.token) async for one, two in paired(stream(sorted(live)), stream(sorted(other)))
    ]
    assert [one for one, _ in pairs if one is not None] == sorted(live)
    assert [two for _, two in pairs if two is not None] == sorted(other)
    assert len(pairs) == len(live | other)
    assert all(one is None or two is None or one == two for one, two in pairs)


def test_a_rebuild_mends_unless_it_was_to_switch_only_if_all_is_equal() -> None:
    equal, different = Verdict(compared=9, differing=0), Verdict(compared=9, differing=1)
    said = [
        after_comparison(kind, verdict, only_if_equal=only)
        for kind, verdict, only in (
            (Kind.REBUILD, equal, False),
            (Kind.REBUILD, different, False),
            (Kind.REBUILD, equal, True),
            (Kind.REBUILD, different, True),
            (Kind.VERIFY, equal, False),
        )
    ]
    assert said == [State.RETIRING, State.RETIRING, State.RETIRING, State.CLEARING, State.CLEARING]
