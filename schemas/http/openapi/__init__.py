"""What each service's API looks like, as JSON beside this file; a test holds each to its code."""

import json
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent

Description = dict[str, Any]


def described(service: str) -> Description:
    """The OpenAPI document of a service, as it is checked in."""
    document: Description = json.loads((FOLDER / f"{service}.json").read_text())
    return document


def merged(*documents: Description, title: str) -> Description:
    """One document for them all: paths by method and components by name; the first one's words win."""
    paths: dict[str, dict[str, Any]] = {}
    components: dict[str, dict[str, Any]] = {}
    for document in documents:
        for path, methods in document["paths"].items():
            paths[path] = {**methods, **paths.get(path, {})}
        for kind, named in document.get("components", {}).items():
            components[kind] = {**named, **components.get(kind, {})}
    info = {"title": title, "version": documents[0]["info"]["version"]}
    return {"openapi": documents[0]["openapi"], "info": info, "paths": paths, "components": components}


def text_of(document: Description) -> str:
    """The document as it is checked in."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
