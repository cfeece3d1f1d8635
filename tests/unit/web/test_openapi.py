"""The document says what the server serves, and every call of it can be read."""

import re

import jsonschema_rs

from ussd_gateway.web.pages import is_page
from ussd_gateway.web.routes import ROUTES


async def the_document(api):
    response = await api.get("/api/v1/openapi.json")
    assert response.status == 200
    return await response.json()


def served(application) -> set[tuple[str, str]]:
    """Method and address of everything but the pages, as the server has it."""
    return {
        (route.method, resource.canonical)
        for resource in application.router.resources()
        for route in resource
        if not is_page(resource.canonical)
    }


async def test_it_lists_what_the_server_serves(api):
    document = await the_document(api)
    listed = {
        (method.upper(), path) for path, operations in document["paths"].items() for method in operations
    }
    assert listed == served(api.app)
    assert document["openapi"].startswith("3.1.")


async def test_every_body_is_described(api):
    document = await the_document(api)
    schemas = document["components"]["schemas"]
    for route in ROUTES:
        operation = document["paths"][route.path][route.method.lower()]
        if route.body is None:
            content = operation.get("requestBody", {}).get("content", {})
            assert set(content) == ({"application/x-www-form-urlencoded"} if route.form else set())
            continue
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        name = schema["$ref"].removeprefix("#/components/schemas/")
        assert set(schemas[name].get("properties", {})) == set(route.body.model_fields), route.path


async def test_its_parts_fit_together(api):
    document = await the_document(api)
    schemas = document["components"]["schemas"]
    wanted = set(re.findall(r"'#/components/schemas/([^']+)'", str(document)))
    assert wanted <= set(schemas)
    for schema in schemas.values():
        jsonschema_rs.meta.validate(schema)
    ids = [
        operation["operationId"]
        for operations in document["paths"].values()
        for operation in operations.values()
    ]
    assert len(ids) == len(set(ids))


async def test_parameters_of_an_address_are_those_in_it(api):
    document = await the_document(api)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            named = [each["name"] for each in operation["parameters"] if each["in"] == "path"]
            assert named == re.findall(r"{(\w+)}", path)
