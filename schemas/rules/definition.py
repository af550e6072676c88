"""The canonical definition of a problem: one sequence of bytes per definition, whose sha256 is the revision.

JSON with sorted keys, no white space, UTF-8. What is None is left out, so that an optional field that is added later
leaves every earlier revision as it is. Who wrote it is no part of it.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from schemas.events import ProblemRevised
from schemas.ids import LanguageId, ProblemId, ProblemRevision, Sha256
from schemas.values import Comparison, ComparisonKind, Limits, ProblemCase, Stub


class DefinitionUnreadable(ValueError):
    """The bytes are no definition of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A problem as its author wrote it; inputs and answers of cases are blobs."""

    problem_id: ProblemId
    title: str
    statement: str
    difficulty: str | None
    tags: tuple[str, ...]
    editorial: str | None
    limits: Limits
    comparison: Comparison
    cases: tuple[ProblemCase, ...]
    all_cases: bool
    stubs: tuple[Stub, ...]


def definition_of(event: ProblemRevised) -> Definition:
    """The definition that the revision brought."""
    return Definition(
        problem_id=event.problem_id,
        title=event.title,
        statement=event.statement,
        difficulty=event.difficulty,
        tags=event.tags,
        editorial=event.editorial,
        limits=event.limits,
        comparison=event.comparison,
        cases=event.cases,
        all_cases=event.all_cases,
        stubs=event.stubs,
    )


def canonical(definition: Definition) -> bytes:
    """The bytes of the definition: the same for equal definitions, whoever writes them and whenever."""
    body = _without_none(
        {
            "problem_id": definition.problem_id,
            "title": definition.title,
            "statement": definition.statement,
            "difficulty": definition.difficulty,
            "tags": list(definition.tags),
            "editorial": definition.editorial,
            "limits": _limits_body(definition.limits),
            "comparison": _comparison_body(definition.comparison),
            "cases": [_case_body(case) for case in definition.cases],
            "all_cases": definition.all_cases,
            "stubs": [_stub_body(stub) for stub in definition.stubs],
        }
    )
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def revision_of(content: bytes) -> ProblemRevision:
    """The revision whose canonical definition that is: its sha256, which is also the blob's name."""
    return ProblemRevision(hashlib.sha256(content).hexdigest())


def parse(content: bytes) -> Definition:
    """The definition from its canonical bytes; `DefinitionUnreadable` says what is wrong with others."""
    try:
        return _definition(json.loads(content))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DefinitionUnreadable(f"no definition of a problem: {type(error).__name__}: {error}") from error


def _without_none(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


def _limits_body(limits: Limits) -> dict[str, Any]:
    return {
        "cpu_time_ms": limits.cpu_time_ms,
        "memory_bytes": limits.memory_bytes,
        "output_bytes": limits.output_bytes,
        "wall_time_ms": limits.wall_time_ms,
    }


def _comparison_body(comparison: Comparison) -> dict[str, Any]:
    tolerances = {"absolute": comparison.absolute, "relative": comparison.relative}
    # float() because 1 and 1.0 are one tolerance and must be one revision.
    given = {name: float(value) for name, value in tolerances.items() if value is not None}
    return {"kind": comparison.kind.value, **given}


def _case_body(case: ProblemCase) -> dict[str, Any]:
    return {
        "name": case.name,
        "input_sha256": case.input_sha256,
        "answer_sha256": case.answer_sha256,
        "sample": case.sample,
    }


def _stub_body(stub: Stub) -> dict[str, Any]:
    return {"language": stub.language, "before": stub.before, "starter": stub.starter, "after": stub.after}


def _definition(body: dict[str, Any]) -> Definition:
    return Definition(
        problem_id=ProblemId(body["problem_id"]),
        title=body["title"],
        statement=body["statement"],
        difficulty=body.get("difficulty"),
        tags=tuple(body["tags"]),
        editorial=body.get("editorial"),
        limits=Limits(**body["limits"]),
        comparison=_comparison(body["comparison"]),
        cases=tuple(_case(case) for case in body["cases"]),
        all_cases=body["all_cases"],
        stubs=tuple(_stub(stub) for stub in body["stubs"]),
    )


def _comparison(body: dict[str, Any]) -> Comparison:
    known = body["kind"] in ComparisonKind.__members__.values()
    kind = ComparisonKind(body["kind"]) if known else ComparisonKind.UNKNOWN
    return Comparison(kind=kind, absolute=body.get("absolute"), relative=body.get("relative"))


def _case(body: dict[str, Any]) -> ProblemCase:
    return ProblemCase(
        name=body["name"],
        input_sha256=Sha256(body["input_sha256"]),
        answer_sha256=Sha256(body["answer_sha256"]),
        sample=body["sample"],
    )


def _stub(body: dict[str, Any]) -> Stub:
    return Stub(
        language=LanguageId(body["language"]), before=body["before"], starter=body["starter"], after=body["after"]
    )
