"""The interface's document is valid, and the answers are what it says."""

from collections.abc import Iterator

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from starlette.routing import Route
from starlette.testclient import TestClient
from tests.contract.api_sky import ALERT, alert, client, desk
from tests.contract.api_sky import unit_status as status
from tests.naive import warned
from tests.naive.warned import warnings_in

from skypact.runtime.warning import ReleaseDesk
from skypact.serve.app import UnitParts
from skypact.serve.openapi import PREFIX
from skypact.serve.operations import OPERATIONS

ITEM = "north.3.1767262558100000"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("page")
    warnings = warnings_in(folder)
    warnings.append_alerts([warned.alert()])
    decisions = ReleaseDesk(warnings, lambda: warned.NOW_S)
    parts = UnitParts(status, None, lambda _: [ALERT], desk(), warnings=decisions)
    with client(folder, parts) as made:
        yield made


@pytest.fixture(scope="module")
def document(api) -> dict:
    answer = api.get("/api/v1/openapi.json")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.1"
    return answer.json()


def strict(schema: object) -> object:
    """The same schema, in which an object has no members but those that are named."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    told = {key: strict(part) for key, part in schema.items()}
    if "properties" in schema and isinstance(schema["properties"], dict) and "type" in schema:
        told["additionalProperties"] = False
    return told


def faults(document: dict, schema: dict, value: object) -> list[str]:
    whole = {**schema, "components": strict(document["components"])}
    return [error.message for error in OAS31Validator(whole).iter_errors(value)]


def test_the_document_is_openapi_3_1(document):
    validate(document, cls=OpenAPIV31SpecValidator)


def test_the_check_of_the_document_can_fail(document):
    wrong = {**document, "paths": {"/x": {"get": {"responses": {"200": {}}}}}}
    with pytest.raises(OpenAPIValidationError):
        validate(wrong, cls=OpenAPIV31SpecValidator)


def test_every_route_is_in_the_document_and_every_path_has_a_route(api, document):
    routes = {r.path for r in api.app.routes if isinstance(r, Route)}
    served = {p for p in routes if p.startswith(PREFIX)} - {f"{PREFIX}/openapi.json"}
    assert served == set(document["paths"])


def example_of(operation) -> str:
    known = {"alerts": alert().id, "warnings": warned.alert().id}.get(operation.tag, ITEM)
    path = operation.path.replace("{number}", "3").replace("{id}", known)
    skipped = {"at", "unit", "callsign", "icao", "class", "datetime", "track"}
    query = [
        f"{p.name}={p.example}"
        for p in operation.parameters
        if p.place == "query" and p.example and p.name not in skipped
    ]
    return f"{PREFIX}{path}?{'&'.join(query)}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: o.name)
def test_answers_follow_their_schema(api, document, operation):
    sent = {"reason": "a balloon"} if operation.needs_body else None
    answer = api.request(operation.method, example_of(operation), json=sent)
    code = 202 if operation.accepted else 200
    assert answer.status_code == code, answer.text
    described = document["paths"][PREFIX + operation.path][operation.method.lower()]
    told = described["responses"][str(code)]["content"]
    assert answer.headers["content-type"] in told
    schema = told[answer.headers["content-type"]]["schema"]
    assert faults(document, schema, answer.json()) == []
    assert faults(document, schema, {"surely": "not"})


@pytest.mark.parametrize(
    "parameter",
    [p for o in OPERATIONS for p in o.parameters if p.example],
    ids=lambda p: p.name,
)
def test_every_example_can_be_read(parameter):
    parameter.read(parameter.example)


def test_problems_follow_their_schema(api, document):
    answer = api.get("/api/v1/tracks?limit=x")
    responses = document["paths"]["/api/v1/tracks"]["get"]["responses"]
    schema = responses["400"]["content"]["application/problem+json"]["schema"]
    assert faults(document, schema, answer.json()) == []
    assert faults(document, schema, {"status": "x"})
