"""How the API is described. Resources read their requests themselves, so their bodies are named here by model."""

import re
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import Response

COMPONENTS: Final = "#/components/schemas/{model}"
PATH_PARAMETER: Final = re.compile(r"\{(\w+)\}")
JSON: Final = "application/json"

Endpoint = Callable[[Request], Awaitable[Response]]
Description = dict[str, Any]


class ProblemDocument(BaseModel):
    """RFC 9457; `type` is stable, further members depend on it."""

    type: str
    title: str
    status: int
    detail: str | None = None


class DirectRoute(APIRoute):
    """A route whose endpoint gets the request as it is, so that limits hold before a body is read."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint itself, without FastAPI's reading of body and dependencies."""
        endpoint: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return endpoint


def add_route(
    app: FastAPI,
    method: str,
    path: str,
    endpoint: Endpoint,
    *,
    answer: type[BaseModel],
    status: int = 200,
    body: type[BaseModel] | None = None,
    media_types: tuple[str, ...] = (JSON,),
    headers: tuple[str, ...] = (),
) -> None:
    """Serves `endpoint` there, and describes it."""
    parameters = [_parameter(name, "path", required=True) for name in PATH_PARAMETER.findall(path)]
    parameters += [_parameter(name, "header", required=False) for name in headers]
    described: Description = {"parameters": parameters, "security": [{"bearer": []}]}
    schema = {"$ref": COMPONENTS.format(model=body.__name__)} if body else {"type": "string", "format": "binary"}
    if body is not None or media_types != (JSON,):
        content = {media_type: {"schema": schema} for media_type in media_types}
        described["requestBody"] = {"required": True, "content": content}
    app.router.add_api_route(
        path,
        endpoint,
        methods=[method],
        status_code=status,
        response_model=answer,
        operation_id=f"{method.lower()}_{re.sub(r'[^a-z0-9]+', '_', path.removeprefix('/api/v1/'))}".rstrip("_"),
        openapi_extra=described,
        responses={"default": {"model": ProblemDocument, "description": "Refused"}},
        route_class_override=DirectRoute,
    )


def describe(app: FastAPI, bodies: tuple[type[BaseModel], ...]) -> None:
    """Makes `app.openapi()` hold the models of the bodies too."""

    def openapi() -> Description:
        _, definitions = models_json_schema([(body, "validation") for body in bodies], ref_template=COMPONENTS)
        document = get_openapi(title=app.title, version=app.version, routes=app.routes)
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update(definitions["$defs"])
        components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way of extending the document


def _parameter(name: str, where: str, *, required: bool) -> Description:
    return {"name": name, "in": where, "required": required, "schema": {"type": "string"}}
