"""The description of the write side that is checked in is the one that the code makes.

To write it anew: `python -m ingest_api.write_openapi`.
"""

from ingest_api.app import make_api
from schemas.http.openapi import FOLDER, described, merged, text_of
from tests.unit.ingest_api.write_side import WriteSide


async def test_the_checked_in_description_is_current(write_side: WriteSide) -> None:
    document = make_api(write_side.ports()).openapi()
    assert (FOLDER / "ingest_api.json").read_text() == text_of(document), "run python -m ingest_api.write_openapi"


def test_every_reference_in_it_resolves() -> None:
    document = described("ingest_api")

    def references(node: object) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if "$ref" in node else set()
            return own.union(*map(references, node.values()))
        return set().union(*map(references, node)) if isinstance(node, list) else set()

    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= known


def test_two_services_share_paths_but_not_methods() -> None:
    about = {"openapi": "3.1.0", "info": {"version": "1"}}
    writes = about | {"paths": {"/a": {"post": 1}}, "components": {"schemas": {"X": 1}}}
    reads = about | {"paths": {"/a": {"get": 2}, "/b": {"get": 3}}}
    assert merged(writes, reads, title="judgestream") == {
        "openapi": "3.1.0",
        "info": {"title": "judgestream", "version": "1"},
        "paths": {"/a": {"get": 2, "post": 1}, "/b": {"get": 3}},
        "components": {"schemas": {"X": 1}},
    }
