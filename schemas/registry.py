"""The schema registry, spoken to through Confluent's API: which id has which schema.

Subjects are record names (`judgestream.VerdictReached`), each under FULL_TRANSITIVE. Registering is done by one step
(`python -m schemas`), in the order that `avro/order.txt` fixes; services only look ids up. Whatever was answered once
is kept, so that the registry may be down from then on.
"""

import json
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Final, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from schemas.avro_schema import AvroSchema
from schemas.avro_versions import SchemaVersion, schema_versions
from schemas.codec import Codec
from schemas.eventlog.errors import LogMisconfigured, LogUnavailable
from schemas.eventlog.waiting import wait_for

COMPATIBILITY: Final = "FULL_TRANSITIVE"
TIMEOUT_S: Final = 5.0
REFUSALS: Final = frozenset({HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY})
CONTENT_TYPE: Final = "application/vnd.schemaregistry.v1+json"


class Registry:
    """Implements the codec's `SchemaSource`; thread-safe."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._schemas: dict[int, AvroSchema] = {}

    def register(self) -> dict[SchemaVersion, int]:
        """Registers every version that is not there yet and answers all ids.

        `LogMisconfigured` when the registry refuses one, which it does when it holds what contradicts ours.
        """
        known = set(self._call("GET", "/subjects"))
        for subject in sorted({version.subject for version in schema_versions()} - known):
            self._make_compatible(f"/config/{subject}")
        return {version: self._register(version) for version in schema_versions()}

    def ids(self) -> dict[SchemaVersion, int]:
        """The ids of every version; `LogUnavailable` when one is not registered yet."""
        return {version: self._id(version) for version in schema_versions()}

    def schema(self, schema_id: int) -> AvroSchema:
        """The schema of an id; `LogUnavailable` when the registry does not know it or does not answer."""
        schema = self.find(schema_id)
        if schema is None:
            raise LogUnavailable(f"the schema registry does not know the id {schema_id}")
        return schema

    def find(self, schema_id: int) -> AvroSchema | None:
        """The schema of an id, or None where the registry says that there is none; `LogUnavailable`."""
        if schema_id not in self._schemas:
            answer = self._answer("GET", f"/schemas/ids/{schema_id}")
            if answer.status == HTTPStatus.NOT_FOUND:
                return None
            self._schemas[schema_id] = json.loads(_content(answer)["schema"])
        return self._schemas[schema_id]

    def _make_compatible(self, path: str) -> None:
        """Another request may do the same: ours, not answered in time. The later one is refused then, and right too."""
        answer = self._answer("PUT", path, {"compatibility": COMPATIBILITY})
        if answer.status == HTTPStatus.CONFLICT and self._call("GET", path) == {"compatibilityLevel": COMPATIBILITY}:
            return
        _content(answer)

    def _register(self, version: SchemaVersion) -> int:
        return int(self._call("POST", f"/subjects/{version.subject}/versions", {"schema": version.text()})["id"])

    def _id(self, version: SchemaVersion) -> int:
        return int(self._call("POST", f"/subjects/{version.subject}", {"schema": version.text()})["id"])

    def _call(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        return _content(self._answer(method, path, body))

    def _answer(self, method: str, path: str, body: dict[str, str] | None = None) -> "_Answer":
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self._url}{path}", data, {"Content-Type": CONTENT_TYPE}, method=method)
        try:
            with urlopen(request, timeout=TIMEOUT_S) as answer:
                return _Answer(path, answer.status, answer.read())
        except HTTPError as refusal:
            with refusal:
                return _Answer(path, refusal.code, refusal.read())
        except (OSError, HTTPException) as error:
            raise LogUnavailable(f"the schema registry does not answer: {error}") from error


class _Answer(NamedTuple):
    path: str
    status: int
    body: bytes


def connect_codec(registry_url: str, *, deadline_s: float = 60.0) -> Codec:
    """A codec, as soon as every schema is registered; `LogUnavailable` after the deadline."""
    registry = Registry(registry_url)
    return Codec(wait_for("the schema registry and our schemas in it", registry.ids, deadline_s), registry)


def _content(answer: _Answer) -> Any:
    if answer.status in REFUSALS:
        raise LogMisconfigured(f"the schema registry refuses {answer.path}: {_text(answer)}")
    if answer.status != HTTPStatus.OK:
        raise LogUnavailable(f"the schema registry answers {answer.path} with {answer.status}: {_text(answer)}")
    return json.loads(answer.body)


def _text(answer: _Answer) -> str:
    return answer.body.decode(errors="replace")[:500]
