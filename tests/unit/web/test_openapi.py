"""The document says what the server serves, and every call of it can be read."""

import re

import jsonschema_rs

from ussd_gateway.web.routes import ROUTES


async def the_document(api):
    response = await api.get("/api/v1/openapi.json")
    assert response.status == 200
    return await response.json()


def served(application) -> set[tuple[str, str]]:
    """Method and address of everything under /api/, as the server has it."""
    return {
        (route.method, resource.canonical)
        for resource in application.router.resources()
        for route in resource
        if resource.canonical.startswith("/api/") and route.method != "HEAD"
    }


async def test_it_lists_what_the_server_serves(api):
    document = await the_document(api)
    listed = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
        if path.startswith("/api/")
    }
    assert listed == served(api.app)
    assert document["openapi"].startswith("3.1.")


async def test_every_body_is_described(api):
    document = await the_document(api)
    schemas = document["components"]["schemas"]
    for route in ROUTES:
        operation = document["paths"].get(route.path, {}).get(route.method.lower())
        if operation is None or route.body is None:
            assert not (operation and "requestBody" in operation)
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
