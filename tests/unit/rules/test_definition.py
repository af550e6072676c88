"""A definition is one sequence of bytes, and comes back whole from it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import ProblemRevised
from schemas.ids import EventId, LanguageId, ProblemId, ProblemRevision, Sha256, UserId
from schemas.rules.definition import Definition, DefinitionUnreadable, canonical, definition_of, parse, revision_of
from schemas.values import Comparison, ComparisonKind, Limits, ProblemCase, Stub

A = Sha256("a" * 64)
B = Sha256("b" * 64)
SMALL = Definition(
    problem_id=ProblemId("sum"),
    title="Größte",
    statement="x",
    difficulty=None,
    tags=("b", "a"),
    editorial=None,
    limits=Limits(cpu_time_ms=2000, memory_bytes=1024, output_bytes=10, wall_time_ms=7000),
    comparison=Comparison(kind=ComparisonKind.FLOAT, absolute=1e-6, relative=1.0),
    cases=(ProblemCase(name="1", input_sha256=A, answer_sha256=B, sample=True),),
    all_cases=False,
    stubs=(Stub(language=LanguageId("c"), before="<", starter="", after=">"),),
)
BYTES = (
    '{"all_cases":false,"cases":[{"answer_sha256":"' + B + '","input_sha256":"' + A + '","name":"1","sample":true}],'
    '"comparison":{"absolute":1e-06,"kind":"float","relative":1.0},'
    '"limits":{"cpu_time_ms":2000,"memory_bytes":1024,"output_bytes":10,"wall_time_ms":7000},"problem_id":"sum",'
    '"statement":"x","stubs":[{"after":">","before":"<","language":"c","starter":""}],"tags":["b","a"],'
    '"title":"Größte"}'
).encode()


def test_the_bytes_of_a_definition_never_change() -> None:
    assert canonical(SMALL) == BYTES


def test_a_whole_number_and_its_float_are_one_tolerance() -> None:
    whole = replace(SMALL, comparison=replace(SMALL.comparison, relative=1))
    assert canonical(whole) == BYTES


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
numbers = st.integers(0, 2**40)
tolerances = st.none() | st.floats(0, 1)
digests = st.sampled_from([A, B])
definitions = st.builds(
    Definition,
    problem_id=texts.map(ProblemId),
    title=texts,
    statement=texts,
    difficulty=st.none() | texts,
    tags=st.lists(texts, max_size=2).map(tuple),
    editorial=st.none() | texts,
    limits=st.builds(Limits, cpu_time_ms=numbers, memory_bytes=numbers, output_bytes=numbers, wall_time_ms=numbers),
    comparison=st.builds(Comparison, kind=st.sampled_from(ComparisonKind), absolute=tolerances, relative=tolerances),
    cases=st.lists(
        st.builds(ProblemCase, name=texts, input_sha256=digests, answer_sha256=digests, sample=st.booleans()),
        max_size=2,
    ).map(tuple),
    all_cases=st.booleans(),
    stubs=st.lists(
        st.builds(Stub, language=texts.map(LanguageId), before=texts, starter=texts, after=texts), max_size=2
    ).map(tuple),
)


@given(definitions)
def test_a_definition_comes_back_whole(definition: Definition) -> None:
    assert parse(canonical(definition)) == definition


@given(definitions, definitions)
def test_two_definitions_have_two_revisions(one: Definition, other: Definition) -> None:
    assert (revision_of(canonical(one)) == revision_of(canonical(other))) is (one == other)


def test_a_comparison_that_a_later_version_knows_is_unknown() -> None:
    later = BYTES.replace(b'"float"', b'"checker"')
    assert parse(later).comparison.kind is ComparisonKind.UNKNOWN


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"null", b"\xff", BYTES[:-1], BYTES.replace(b"sample", b"simple")]
)
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(DefinitionUnreadable):
        parse(content)


def test_a_revision_brings_its_definition_without_its_author() -> None:
    values = {name: getattr(SMALL, name) for name in get_type_hints(Definition)}
    event = ProblemRevised(
        event_id=EventId("e"),
        occurred_at=datetime(2026, 9, 1, tzinfo=UTC),
        caused_by=None,
        revision=ProblemRevision(revision_of(BYTES)),
        author_id=UserId("setter"),
        **values,
    )
    assert definition_of(event) == SMALL
