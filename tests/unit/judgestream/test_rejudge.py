"""`judgestream rejudge` against a small web service of the test's own."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from judgestream.rejudgings import decision_on, standing
from tests.unit.judgestream.service import Service, serving

API = "/api/v1/rejudgings"
ID = "019f4a3e-5c1b-7d2a-9e0f-000000000001"
OPEN = f"PUT {API}/*"
ASKED = {"rejudging_id": ID, "position": "rejudging-requests:0:7"}
DECIDED = f"GET {API}/{ID}?after={quote(ASKED['position'], safe='')}"
OPENED = {"event": "opened", "at": "2026-11-21T12:58:00+00:00", "by": "judy", "reason": "case 3", "caused_by": ""}
OPENED["caused_by"] = ASKED["position"]
FIXED = "a" * 64
WHOLE: dict[str, Any] = {
    "rejudging_id": ID,
    "state": "judging",
    "reason": "case [3]",
    "requested_by": "judy",
    "filter": {"problem_ids": ["sum"], "user_ids": []},
    "override": {"problem_revision": None, "limits": {"cpu_time_ms": 2000}},
    "repeats": 2,
    "selected": 12,
    "total": 24,
    "done": 6,
    "rate_per_s": 2.5,
    "remaining_s": 95,
    "contest_ids": ["spring"],
    "history": [OPENED],
    "refusals": [],
}
REFUSAL = {
    "asked": "apply",
    "refusal": "judgings-open",
    "detail": "18 judgings are open; wait for them",
    "at": "2026-11-21T12:59:00+00:00",
    "by": "judy",
    "caused_by": ASKED["position"],
}


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as started:
        yield started


def whole(state: str, **more: Any) -> dict[str, Any]:
    return WHOLE | {"state": state} | more


def test_every_option_has_its_place_in_the_body(service: Service) -> None:
    service.will(OPEN, ASKED, status=202)
    service.will(DECIDED, whole("judging"))
    options = "-s s1 -s s2 -p sum -c spring -l cpp --user ada --team red --verdict WA --executor one --image-digest d"
    options += " --compiler 14 --software 1 --from 2026-01-01T00:00:00Z --before 2026-02-01T00:00:00Z"
    options += f" --revision {FIXED} --cpu-ms 2000 --memory-mib 64 --output-bytes 10 --wall-ms 9000"
    options += " --comparison float --absolute 0.1 --relative 0.2 --all-cases --image i --urgent --repeats 3"
    done = service.run("rejudge", "open", "--reason", "case 3", *options.split())
    assert done.exit_code == 0, done.output
    assert done.output == f"{ID} opened: 12 submissions\n"
    assert service.sent == [
        (
            OPEN,
            {
                "filter": {
                    "submission_ids": ["s1", "s2"],
                    "problem_ids": ["sum"],
                    "contest_ids": ["spring"],
                    "languages": ["cpp"],
                    "user_ids": ["ada"],
                    "team_ids": ["red"],
                    "verdicts": ["WA"],
                    "executor_ids": ["one"],
                    "image_digests": ["d"],
                    "compiler_versions": ["14"],
                    "software_versions": ["1"],
                    "submitted_from": "2026-01-01T00:00:00Z",
                    "submitted_before": "2026-02-01T00:00:00Z",
                },
                "override": {
                    "problem_revision": FIXED,
                    "limits": {
                        "cpu_time_ms": 2000,
                        "memory_bytes": 64 * 2**20,
                        "output_bytes": 10,
                        "wall_time_ms": 9000,
                    },
                    "comparison": {"kind": "float", "absolute": 0.1, "relative": 0.2},
                    "all_cases": True,
                    "image": "i",
                },
                "reason": "case 3",
                "priority": "urgent",
                "repeats": 3,
                "everything": False,
                "dry_run": False,
            },
        )
    ]


def test_what_was_not_said_is_not_in_the_body(service: Service) -> None:
    service.will(OPEN, ASKED, status=202)
    counted = {**OPENED, "event": "counted"}
    service.will(DECIDED, whole("counted", history=[counted], selected=1))
    done = service.run("rejudge", "open", "--reason", "r", "--all", "--dry-run", "--stop-at-failure", "--wait")
    assert (done.exit_code, done.output) == (0, f"{ID} counted: 1 submission\n")
    body = service.sent[0][1]
    assert (body["filter"], body["override"]) == ({}, {"all_cases": False})
    assert (body["everything"], body["dry_run"]) == (True, True)


def test_everything_is_meant_only_where_it_is_said(service: Service) -> None:
    done = service.run("rejudge", "open", "--reason", "r")
    assert done.exit_code == 2
    assert "--all" in done.output
    assert service.sent == []


def test_a_rejudging_is_waited_for_until_it_is_known_and_then_until_it_is_judged(service: Service) -> None:
    service.will(OPEN, ASKED, status=202)
    service.will(DECIDED, {"type": "t", "title": "not yet"}, status=404)
    service.will(DECIDED, whole("requested", history=[]), whole("judging"))
    service.will(f"GET {API}/{ID}", whole("judging"), whole("judging", done=9))
    service.will(f"GET {API}/{ID}", whole("judged", done=24, rate_per_s=None, remaining_s=None))
    done = service.run("rejudge", "open", "--reason", "r", "-p", "sum", "--wait")
    assert done.exit_code == 0
    for told in (f"{ID} opened: 12 submissions", "24 of 24", "limits.cpu_time_ms=2000", "problem_ids=sum", "case [3]"):
        assert told in done.output


def test_following_tells_programs_each_change_in_a_line(service: Service) -> None:
    service.will(f"GET {API}/{ID}", *(whole("judging", done=done) for done in (6, 6, 7)), whole("judged", done=24))
    done = service.run("rejudge", "follow", ID, "--json")
    lines = [json.loads(line) for line in done.output.splitlines()]
    assert [(line["state"], line["done"]) for line in lines] == [("judging", 6), ("judging", 7), ("judged", 24)]


def test_a_part_is_named_by_the_same_filters(service: Service) -> None:
    service.will(f"POST {API}/{ID}/apply", ASKED, status=202)
    applied = {**OPENED, "event": "applied", "changed": 3}
    service.will(DECIDED, whole("applied", history=[applied]))
    done = service.run("rejudge", "apply", ID, "--reason", "agreed", "-c", "spring", "--user", "ada")
    assert (done.exit_code, done.output) == (0, f"{ID} applied: the current verdict of 3 submissions\n")
    part = {"contest_ids": ["spring"], "user_ids": ["ada"]}
    assert service.sent == [(f"POST {API}/{ID}/apply", {"reason": "agreed", "part": part})]


@pytest.mark.parametrize("change", ["apply", "cancel", "revert", "pause", "resume"])
def test_what_is_decided_against_ends_with_status_1_and_says_why(service: Service, change: str) -> None:
    service.will(f"POST {API}/{ID}/{change}", ASKED, status=202)
    other = {**OPENED, "caused_by": "rejudging-requests:0:1"}
    service.will(DECIDED, whole("judging", history=[other]))
    service.will(DECIDED, whole("judging", history=[other], refusals=[{**REFUSAL, "asked": change}]))
    done = service.run("rejudge", change, ID, "--reason", "r")
    assert (done.exit_code, done.output) == (1, f"{change} refused: 18 judgings are open; wait for them\n")
    assert service.sent == [(f"POST {API}/{ID}/{change}", {"reason": "r"})]


def test_a_decision_that_does_not_come_is_not_waited_for_without_end(service: Service) -> None:
    service.will(f"POST {API}/{ID}/pause", ASKED, status=202)
    service.will(DECIDED, whole("judging", history=[]))
    done = service.run("rejudge", "pause", ID, "--reason", "r", "--patience", "0")
    assert done.exit_code == 4
    assert f"judgestream rejudge show {ID}" in done.output


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_command_that_may_have_been_carried_out_is_not_sent_again(service: Service, status: int) -> None:
    problem = {"type": "urn:judgestream:problem:unavailable", "title": "away", "detail": "it is started"}
    service.will(f"POST {API}/{ID}/apply", problem, status=status)
    done = service.run("rejudge", "apply", ID, "--reason", "r")
    assert done.exit_code == 3
    assert "look before you ask again" in done.output
    assert len(service.sent) == 1


def test_a_command_that_was_certainly_not_carried_out_is_sent_again(service: Service) -> None:
    problem = {"type": "urn:judgestream:problem:log-unavailable", "title": "no", "detail": "later"}
    service.will(f"POST {API}/{ID}/pause", problem, status=503)
    service.will(f"POST {API}/{ID}/pause", ASKED, status=202)
    service.will(DECIDED, whole("paused", history=[{**OPENED, "event": "paused"}]))
    done = service.run("rejudge", "pause", ID, "--reason", "r")
    assert (done.exit_code, done.output) == (0, f"{ID} paused\n")


def test_an_opening_whose_answer_was_lost_is_sent_again_under_its_id(service: Service) -> None:
    problem = {"type": "urn:judgestream:problem:outcome-unknown", "title": "?", "detail": "later"}
    service.will(OPEN, problem, status=503)
    service.will(OPEN, ASKED, status=202)
    service.will(DECIDED, whole("judging"))
    done = service.run("rejudge", "open", "--reason", "r", "-p", "sum")
    assert (done.exit_code, done.output) == (0, f"{ID} opened: 12 submissions\n")
    first, second = service.drawn
    assert (first == second, UUID(first).version) == (True, 7)


@pytest.mark.parametrize(("state", "status"), [("judging", 0), ("counted", 0), ("refused", 1)])
def test_an_opening_that_the_log_has_twice_was_decided_where_it_stands_first(
    service: Service, state: str, status: int
) -> None:
    first = "rejudging-requests:0:6"
    repeated = {**REFUSAL, "asked": "open", "refusal": "already-decided", "detail": "there is one"}
    no = {**REFUSAL, "asked": "open", "refusal": "selects-nothing", "detail": "nothing", "caused_by": first}
    decided = {"judging": [{**OPENED, "caused_by": first}], "counted": [{**OPENED, "event": "counted"}], "refused": []}
    service.will(OPEN, ASKED, status=202)
    refused = [no, repeated] if state == "refused" else [repeated]
    service.will(DECIDED, whole(state, history=decided[state], refusals=refused))
    done = service.run("rejudge", "open", "--reason", "r", "-p", "sum", "--dry-run")
    assert done.exit_code == status
    assert ("there is one" in done.output, "nothing" in done.output) == (False, status == 1)


def test_the_list_says_how_to_go_on(service: Service) -> None:
    service.will(f"GET {API}?limit=20", {"rejudgings": [WHOLE], "cursor": "Nw"})
    shown = service.run("rejudge", "list").output
    for told in (ID, "judging", "6/24", "judy", "case [3]", "--cursor Nw"):
        assert told in shown


def test_one_is_shown_with_all_that_was_decided(service: Service) -> None:
    service.will(f"GET {API}/{ID}", whole("judging", refusals=[REFUSAL]))
    shown = service.run("rejudge", "show", ID).output
    for told in ("6 of 24, 18 left, 2.5/s, 1 min 35 s to go", "opened", "2026-11-21 12:58:00 by judy: case 3"):
        assert told in shown
    assert "apply refused: 18 judgings are open" in shown


def test_a_part_and_what_is_not_decided_yet_are_shown(service: Service) -> None:
    applied = {**OPENED, "event": "applied", "changed": 3, "part": {"user_ids": ["ada"], "submitted_from": None}}
    asked = {"asked": "revert", "at": "2026-11-21T13:00:00+00:00", "by": "judy", "reason": "r", "position": "p"}
    service.will(f"GET {API}/{ID}", whole("applied", history=[applied], undecided=[asked], cases_stored=7))
    shown = service.run("rejudge", "show", ID).output
    for told in ("(3 changed), of user_ids=ada", "13:00:00 revert, not decided yet", "7 from stored outputs, 0 run"):
        assert told in shown


def test_what_was_asked_of_a_rejudging_that_never_was_is_shown(service: Service) -> None:
    unknown = {"filter": None, "override": None, "reason": None, "requested_by": None, "selected": None, "total": 0}
    service.will(f"GET {API}/{ID}", whole("refused", history=[], refusals=[REFUSAL], **unknown))
    shown = service.run("rejudge", "show", ID).output
    assert "apply refused" in shown
    assert "None" not in shown


def test_the_matrix_has_old_verdicts_down_and_new_ones_across(service: Service) -> None:
    rows = [{"old": "WA", "new": "AC", "count": 4}, {"old": "AC", "new": "AC", "count": 7}]
    rows.append({"old": None, "new": "TLE", "count": 1})
    service.will(f"GET {API}/{ID}/matrix", {"rows": rows, "flaky": 2})
    drawn = service.run("rejudge", "matrix", ID).output.translate(str.maketrans("│┃", "  "))
    lines = [line.split() for line in drawn.splitlines()]
    assert ["old", "\\", "new", "AC", "TLE"] in lines
    assert lines[-1][:2] == ["2", "flaky:"]
    assert [line for line in lines if line and line[0] in ("AC", "WA", "none")] == [
        ["AC", "7"],
        ["WA", "4"],
        ["none", "1"],
    ]


def test_changes_have_times_and_memory_before_and_after(service: Service) -> None:
    change = {"submission_id": "s1", "problem_id": "sum", "user_id": "ada", "old": "WA", "new": "AC", "flaky": True}
    change |= {"repeats": ["AC", "WA"], "cases_stored": 3, "cases_run": 1}
    change |= {"old_cpu_time_ms": 10, "new_cpu_time_ms": 12, "old_memory_bytes": 2**20, "new_memory_bytes": 2**20}
    service.will(f"GET {API}/{ID}/changes?limit=50", {"changes": [change], "cursor": None})
    shown = service.run("rejudge", "changes", ID).output
    for told in ("s1", "WA → AC", "10 ms → 12 ms", "1.0 MiB", "3 stored, 1 run", "flaky: AC WA"):
        assert told in shown


def test_the_diff_of_the_only_contest_says_who_rises_and_who_falls(service: Service) -> None:
    red = {"team_id": "red", "name": "Red", "rank_before": 2, "rank_after": 1, "solved_before": 1, "solved_after": 2}
    blue = {"team_id": "b", "name": "Blue", "rank_before": 1, "rank_after": 2, "solved_before": 1, "solved_after": 1}
    rows = [red | {"penalty_before": 20, "penalty_after": 50}, blue | {"penalty_before": 9, "penalty_after": 9}]
    service.will(f"GET {API}/{ID}", WHOLE)
    service.will(f"GET {API}/{ID}/diff?contest_id=spring", {"contest_id": "spring", "rows": rows})
    shown = service.run("rejudge", "diff", ID).output
    for told in ("▲", "2 → 1", "Red", "20 → 50", "▼", "1 → 2", "Blue"):
        assert told in shown


@pytest.mark.parametrize(("contests", "told"), [([], "has no submissions"), (["a", "b"], "--contest: a, b")])
def test_which_contest_is_asked_for_where_there_is_not_one(service: Service, contests: list[str], told: str) -> None:
    service.will(f"GET {API}/{ID}", whole("judged", contest_ids=contests))
    done = service.run("rejudge", "diff", ID)
    assert done.exit_code == 2
    assert told in done.output


LETTER = {"position": "dead-letters:0:7", "submission_id": "s1"}


def test_letters_are_retried_by_a_rejudging_of_what_they_tell_of(service: Service) -> None:
    service.will("GET /api/v1/dead-letters/dead-letters:0:7", LETTER)
    service.will("GET /api/v1/dead-letters/dead-letters:0:8", LETTER)
    service.will(OPEN, ASKED, status=202)
    service.will(DECIDED, WHOLE)
    done = service.run("dead-letters", "retry", "dead-letters:0:7", "dead-letters:0:8", "--reason", "disk was full")
    assert (done.exit_code, done.output) == (0, f"{ID} opened: 12 submissions\n")
    wanted = {"submission_ids": ["s1"], "verdicts": ["JUDGE_ERROR"]}
    assert service.sent == [(OPEN, {"filter": wanted, "reason": "disk was full", "dry_run": False})]


def test_a_letter_of_a_rejudging_is_retried_with_what_that_one_overrides(service: Service) -> None:
    other = "019f4a3e-5c1b-7d2a-9e0f-000000000002"
    service.will("GET /api/v1/dead-letters/dead-letters:0:7", LETTER)
    service.will("GET /api/v1/dead-letters/dead-letters:0:8", {**LETTER, "rejudging_id": other})
    service.will(f"GET {API}/{other}", WHOLE | {"rejudging_id": other})
    service.will(OPEN, ASKED, status=202)
    service.will(DECIDED, whole("refused", history=[], refusals=[{**REFUSAL, "asked": "open"}]), WHOLE)
    done = service.run("dead-letters", "retry", "dead-letters:0:7", "dead-letters:0:8", "--reason", "r")
    assert done.exit_code == 1, "the first was refused, and the second asked for all the same"
    assert f"{ID} opened: 12 submissions\n" in done.output
    override = {"problem_revision": None, "limits": {"cpu_time_ms": 2000}}
    again = {"filter": {"submission_ids": ["s1"]}, "override": override, "repeats": 2, "dry_run": False, "reason": "r"}
    assert service.sent[1] == (OPEN, again)


def test_a_letter_of_no_submission_is_not_retried(service: Service) -> None:
    service.will("GET /api/v1/dead-letters/dead-letters:0:9", {**LETTER, "submission_id": None})
    done = service.run("dead-letters", "retry", "dead-letters:0:9", "--reason", "r")
    assert done.exit_code == 2
    assert "of no submission" in done.output
    assert service.sent == []


def test_only_the_decision_about_the_own_request_counts() -> None:
    decision = decision_on(REFUSAL["caused_by"], {"history": [{**OPENED, "caused_by": "x:0:1"}], "refusals": [REFUSAL]})
    assert decision is not None
    assert (decision.refused, decision.entry) == (True, REFUSAL)
    assert decision_on("rejudging-requests:0:8", WHOLE) is None


def test_the_total_is_known_before_anything_is_done() -> None:
    now = standing({"state": "judging", "selected": 5, "repeats": 3})
    assert (now.done, now.total) == (0, 15)
