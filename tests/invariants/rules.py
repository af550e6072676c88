"""What must hold of any log, whatever was killed: pure, each rule a generator of violations."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Final

from tests.invariants.raw_log import RawLog, RawRecord

Truth = dict[str, RawRecord]
"""By judging, the verdict that counts: the first in partition order."""


def violations(log: RawLog, *, settled: bool = True) -> list[str]:
    """Every violation, in words; `settled` says that no work is under way, so that all must be judged."""
    rules: list[Callable[[RawLog], Iterator[str]]] = [
        no_verdict_without_an_accept,
        repeats_of_a_submission_are_alike,
        progress_belongs_to_a_job,
        commits_follow_verdicts,
        only_given_up_work_is_a_judge_error,
        the_feed_repeats_its_sources_in_order,
    ]
    if settled:
        rules += [every_accept_has_a_verdict, the_feed_is_complete]
    return [violation for rule in rules for violation in rule(log)]


def truth(log: RawLog) -> Truth:
    """The verdict that counts, per judging."""
    first: Truth = {}
    for record in log.named("VerdictReached"):
        first.setdefault(record.value["judging_id"], record)
    return first


def accepted(log: RawLog) -> dict[str, RawRecord]:
    """Per submission, its first acceptance."""
    first: dict[str, RawRecord] = {}
    for record in log.named("SubmissionReceived"):
        first.setdefault(record.value["submission_id"], record)
    return first


def differing_repeats(log: RawLog) -> int:
    """How many later verdicts say something else than the one that counts: flaky, not wrong."""
    first = truth(log)
    return sum(
        record.value["verdict"] != first[record.value["judging_id"]].value["verdict"]
        for record in log.named("VerdictReached")
    )


def every_accept_has_a_verdict(log: RawLog) -> Iterator[str]:
    """Invariant 1: every accepted submission gets a final verdict."""
    judged = {record.value["submission_id"] for record in truth(log).values()}
    for submission_id, record in accepted(log).items():
        if submission_id not in judged:
            yield f"accepted at {record.position}, never judged: {submission_id}"


def no_verdict_without_an_accept(log: RawLog) -> Iterator[str]:
    """Invariant 2: nothing is judged that was not accepted."""
    known = accepted(log)
    for record in log.named("VerdictReached", "JudgingStarted", "CaseJudged", "JudgingRequested"):
        if record.value["submission_id"] not in known:
            yield f"{record.name} at {record.position} without an accepted submission"


def repeats_of_a_submission_are_alike(log: RawLog) -> Iterator[str]:
    """An id that was sent again may stand twice in the log, but never as something else."""
    known = accepted(log)
    for record in log.named("SubmissionReceived"):
        if _claim(record.value) != _claim(known[record.value["submission_id"]].value):
            yield f"{record.position} reuses {record.value['submission_id']} for something else"


def progress_belongs_to_a_job(log: RawLog) -> Iterator[str]:
    """Executors report only on judgings that they were asked for."""
    asked = {record.value["judging_id"] for record in log.named("JudgingRequested")}
    for record in log.named("JudgingStarted", "CaseJudged", "VerdictReached"):
        if record.value["judging_id"] not in asked:
            yield f"{record.name} at {record.position} for a judging that nobody asked for"


def commits_follow_verdicts(log: RawLog) -> Iterator[str]:
    """Invariant 3: a committed offset never passes a job whose verdict is not in the log."""
    judged = truth(log)
    for record in log.named("JudgingRequested"):
        committed = log.committed.get((record.topic, record.partition), 0)
        if record.offset < committed and record.value["judging_id"] not in judged:
            yield f"{record.position} is committed past, but its judging has no verdict"


def only_given_up_work_is_a_judge_error(log: RawLog) -> Iterator[str]:
    """Invariant 4: a JUDGE_ERROR leaves a dead letter, or answers a job that was given up before."""
    letters = {record.value["caused_by"] for record in log.named("DeadLettered")}
    jobs = defaultdict(set)
    for job in log.named("JudgingRequested"):
        jobs[job.value["judging_id"]].add((job.position, job.value["give_up"]))
    for record in truth(log).values():
        known = jobs[record.value["judging_id"]]
        if record.value["verdict"] == "JUDGE_ERROR" and not any(gone or at in letters for at, gone in known):
            yield f"JUDGE_ERROR at {record.position} without a dead letter"


def the_feed_repeats_its_sources_in_order(log: RawLog) -> Iterator[str]:
    """A repeat in `contest-feed` has the same id; what is new comes in its source's order."""
    last: dict[str, int] = {}
    ids: dict[str, str] = {}
    for record in _feed(log):
        source, event_id = str(record.value["caused_by"]), record.value["event_id"]
        stream, _, offset = source.rpartition(":")
        lane = f"{record.value['contest_id']} {stream}"
        copy = f"{lane}:{offset}"  # a rejudging moves several contests, each by a record of its own
        if copy in ids and ids[copy] != event_id:
            yield f"{record.position} repeats {source} under another id"
        if copy not in ids and int(offset) < last.get(lane, -1):
            yield f"{record.position} brings {source} after a later one of its source"
        ids.setdefault(copy, event_id)
        last[lane] = max(last.get(lane, -1), int(offset))


def the_feed_is_complete(log: RawLog) -> Iterator[str]:
    """All that moves a contest stands in `contest-feed`."""
    copied = Counter(str(record.value["caused_by"]) for record in _feed(log))
    sources = log.named("SubmissionReceived", "VerdictReached", "ContestRevised", "TeamRegistered", "ContestThawed")
    for record in sources:
        is_rejudged = record.value.get("rejudging_id") is not None  # moves a contest when it is applied
        moves = record.topic != "contest-feed" and record.value.get("contest_id") and not is_rejudged
        if moves and not copied[record.position]:
            yield f"{record.name} at {record.position} never came into contest-feed"
    told = {(str(record.value["caused_by"]), record.value["contest_id"]) for record in _feed(log)}
    answers: dict[str, RawRecord] = {}
    for record in log.named("RejudgingApplied", "RejudgingReverted"):
        answers.setdefault(str(record.value["caused_by"]), record)  # of two answers to a request the first counts
    for record in answers.values():
        for contest_id in record.value["contest_ids"]:
            if (record.position, contest_id) not in told:
                yield f"{record.name} at {record.position} never came into the feed of {contest_id}"


CLAIMED: Final = ("user_id", "language", "problem_id", "contest_id", "team_id", "files", "entry_point", "submitted_at")


def _claim(value: dict[str, Any]) -> dict[str, Any]:
    return {name: value[name] for name in CLAIMED}


def _feed(log: RawLog) -> Iterator[RawRecord]:
    return (record for record in log.records if record.topic == "contest-feed" and record.name)
