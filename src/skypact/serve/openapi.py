"""The document of the interface for programs, made from its operations.

Source: OpenAPI Specification 3.1.0; its schemas are JSON Schema 2020-12.
"""

from importlib.metadata import version
from typing import Any, Final

import msgspec

from skypact.serve.operation import JSON, Operation
from skypact.serve.operations import OPERATIONS
from skypact.serve.problem import MEDIA_TYPE, TITLES, ProblemDetails
from skypact.serve.query import Parameter
from skypact.serve.status import PACKAGE

PREFIX: Final = "/api/v1"
_REF: Final = "#/components/schemas/{name}"
TAGS: Final = {
    "live": "The picture as it is now.",
    "unit": "The unit, its sensors, sources and outputs.",
    "alerts": "What was found, and the measures that follow from it.",
    "warnings": "Warnings of the public: drafts that wait for a person, and what is decided.",
    "history": "The picture's past as OGC API Features, part 1.",
}
EVERYWHERE: Final = ("bad-parameter", "unauthorized", "forbidden", "wrong-host", "busy")
"""Problems of every operation."""


def _parameter(parameter: Parameter) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "description": parameter.text,
        "schema": parameter.schema,
    }
    if parameter.schema.get("type") == "array":
        told |= {"style": "form", "explode": False}
    return told


def statuses(operation: Operation) -> dict[int, list[str]]:
    """Kinds of problems of an operation by status."""
    found: dict[int, list[str]] = {}
    for kind in (*EVERYWHERE, *operation.problems):
        found.setdefault(TITLES[kind][0], []).append(kind)
    return dict(sorted(found.items()))


def _request(operation: Operation) -> dict[str, Any]:
    """Say what may be sent along."""
    if operation.body is None:
        return {}
    schema = {"$ref": _REF.format(name=operation.body.__name__)}
    return {
        "requestBody": {"required": operation.needs_body, "content": {JSON: {"schema": schema}}}
    }


def _responses(operation: Operation, schema: dict[str, Any]) -> dict[str, Any]:
    content = {operation.media_type: {"schema": schema}}
    answers: dict[str, Any] = {"200": {"description": operation.text, "content": content}}
    if operation.pin is not None:
        answers["304"] = {"description": "Nothing new since the entity tag in If-None-Match."}
    problem = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(name=ProblemDetails.__name__)}}}
    if operation.accepted:
        answers["202"] = {"description": operation.accepted, "content": content}
    for status, kinds in statuses(operation).items():
        text = "; ".join(TITLES[kind][1] for kind in kinds)
        answers[str(status)] = {"description": text, "content": problem}
    return answers


def document() -> dict[str, Any]:
    """Return the whole document as plain values."""
    types = [operation.answer for operation in OPERATIONS]
    bodies = [operation.body for operation in OPERATIONS if operation.body is not None]
    schemas, components = msgspec.json.schema_components(
        [*types, *bodies, ProblemDetails], ref_template=_REF
    )
    paths = {
        PREFIX + operation.path: {
            operation.method.lower(): {
                "operationId": operation.name,
                "tags": [operation.tag],
                "summary": operation.text,
                "parameters": [_parameter(p) for p in operation.parameters],
                **_request(operation),
                "responses": _responses(operation, schema),
            }
        }
        for operation, schema in zip(OPERATIONS, schemas, strict=False)
    }
    told = {
        "openapi": "3.1.0",
        "info": {
            "title": "Skypact unit",
            "version": version(PACKAGE),
            "description": "The air picture of one unit: live, past, and how the unit fares. "
            "Beyond loopback every request needs a token.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(told))
    return plain
