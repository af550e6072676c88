"""What bare table names stand for."""

import pytest

from projections.models import CQL_FOLDER
from projections.models.catalog import MODELS
from projections.models.model import Model
from projections.models.submission_lists import USER_SUBMISSIONS_MODEL
from projections.upkeep.generations import (
    ServingNames,
    definitions,
    for_all_generations,
    in_generation,
    table_in,
    table_of,
)
from schemas.cql_versions import Version, read_versions

STATEMENTS = (
    "INSERT INTO boards (a) VALUES (?) USING TIMESTAMP ?",
    "SELECT * FROM boards WHERE contest_id = ?",
    "UPDATE boards SET a = ?",
    "DELETE FROM boards WHERE a = ?",
    "CREATE TABLE IF NOT EXISTS boards (a int PRIMARY KEY)",
    "ALTER TABLE boards ADD IF NOT EXISTS b text",
    "DROP TABLE IF EXISTS boards",
)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_is_told_for_any_generation(statement: str) -> None:
    assert table_in(statement) == "boards"
    assert in_generation(statement, 1) == statement
    assert in_generation(statement, 12) == statement.replace("boards", "boards_g12", 1)


def test_the_first_generation_has_bare_names() -> None:
    assert [table_of("boards", generation) for generation in (1, 2)] == ["boards", "boards_g2"]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_table_of_a_model_is_defined_in_a_cql_file(model: Model) -> None:
    for table, statements in definitions(model, read_versions(CQL_FOLDER)).items():
        assert statements[0].startswith(f"CREATE TABLE IF NOT EXISTS {table} ")


def test_no_table_is_of_two_models() -> None:
    tables = [table for model in MODELS for table in model.own_tables]
    assert len(tables) == len(set(tables))


def test_changes_of_a_table_come_after_what_makes_it() -> None:
    text = "CREATE TABLE IF NOT EXISTS a (b int PRIMARY KEY); ALTER TABLE a ADD IF NOT EXISTS c int;"
    model = Model(name="a", version=1, topics=(), begin=USER_SUBMISSIONS_MODEL.begin)
    made, changed = definitions(model, [Version(number=1, name="one", text=text)])["a"]
    assert (made[:6], changed[:5]) == ("CREATE", "ALTER")


def test_a_table_that_nothing_defines_is_told() -> None:
    with pytest.raises(ValueError, match="no CQL file defines boards"):
        definitions(Model(name="boards", version=1, topics=(), begin=USER_SUBMISSIONS_MODEL.begin), [])


def test_later_files_change_the_generations_that_are_kept() -> None:
    stands_for = for_all_generations(MODELS, {USER_SUBMISSIONS_MODEL.projection: (3, 4)})
    change = "ALTER TABLE user_submissions ADD IF NOT EXISTS c text"
    assert stands_for(change) == [
        change.replace("user_submissions", "user_submissions_g3"),
        change.replace("user_submissions", "user_submissions_g4"),
    ]
    other = "ALTER TABLE boards ADD IF NOT EXISTS c text"
    assert stands_for(other) == [other]


def test_readers_ask_the_generation_that_serves_and_leave_other_tables_alone() -> None:
    names = ServingNames(MODELS)
    reading = "SELECT bucket FROM user_submissions_buckets WHERE owner = ?"
    checkpoints = "SELECT next_offset FROM projection_checkpoints WHERE projection = ?"
    assert names(reading) == reading
    names.serve({USER_SUBMISSIONS_MODEL.projection: 3})
    assert "FROM user_submissions_buckets_g3 " in names(reading)
    assert names(checkpoints) == checkpoints
    names.serve({})
    assert names(reading) == reading
