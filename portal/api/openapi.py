"""How the doors of the API are described in OpenAPI 3.1: keys with their scopes, and every problem they may answer."""

from functools import cache
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from drf_spectacular.utils import OpenApiParameter

KEY_PARAMETER = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]{1,64}$"},
    OpenApiParameter.HEADER,
    required=True,
    description="Chosen by the caller, new for every act. The same request under the same key gets the same answer.",
)
"""For doors that answer through `idempotency.answer_once`."""

_STRING = {"type": "string"}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `detail` is a sentence for people, `code` a word for programs.",
    "properties": {
        "type": _STRING,
        "title": _STRING,
        "status": {"type": "integer"},
        "code": _STRING,
        "detail": _STRING,
        "request_id": _STRING,
        "alternatives": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pointer": _STRING, "code": _STRING, "detail": _STRING},
                "required": ["pointer", "code", "detail"],
            },
        },
    },
    "required": ["type", "title", "status", "code", "detail"],
}
MEANINGS = {
    400: "The request cannot be read: no valid JSON, nested too deep, or too many parameters.",
    401: "Nobody is signed in, or the key does not work.",
    403: "The key lacks the scope, or the person the right.",
    404: "It does not exist, or the caller may not see it.",
    406: "Only JSON is offered.",
    409: "Refused for the reason given; nothing was done.",
    413: "The body is too large.",
    415: "Only JSON is taken.",
    422: "Some fields, or the Idempotency-Key, were not understood; or a name is not known here.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
    503: "The platform is busy; nothing was done.",
}


class DoorSchema(AutoSchema):
    """Names the scope a key needs, and the problems, so that no view has to."""

    def get_auth(self) -> list[dict[str, Any]]:
        door: Any = self.view
        scope = door.scope_of(self.method)
        return [{"key": [scope] if scope else []} if "key" in one else one for one in super().get_auth()]

    def get_override_parameters(self) -> list[Any]:
        door: Any = self.view
        asked = door.asks.get(self.method)
        return [asked] if asked else []

    def get_request_serializer(self) -> Any:
        door: Any = self.view
        taken = door.takes.get(self.method)
        return taken and taken(partial=self.method == "PATCH")

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(path, path_regex, path_prefix, method, registry)
        if operation is not None:
            component = ResolvedComponent("Problem", ResolvedComponent.SCHEMA, schema=PROBLEM, object="Problem")
            registry.register_on_missing(component)
            content = {"application/problem+json": {"schema": component.ref}}
            for status in self._problems(operation, path):
                answer = {"description": MEANINGS[status], "content": content}
                operation["responses"].setdefault(str(status), answer)
        return operation

    def _problems(self, operation: dict[str, Any], path: str) -> list[int]:
        found = {400, 401, 403, 406, 422, 429, 503}
        if self.method != "GET":
            found |= {404, 409, 413, 415}
        if operation.get("parameters"):
            found |= {404}
        if "{" in path:
            found |= {404, 409}
        return sorted(found)


@cache
def description(language: str) -> dict[str, Any]:
    """The API's description in a language; it is the same on every host and changes with the code only."""
    found: dict[str, Any] = SchemaGenerator(urlconf=settings.PUBLIC_SCHEMA_URLCONF).get_schema(
        request=None, public=True
    )
    return found


class ShapeExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # registers itself
    """A shape has the fields that are named, and no others."""

    target_class = "portal.api.shapes.Shape"
    match_subclasses = True

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return {**schema, "additionalProperties": False}


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # as above
    target_class = "portal.api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A key of an organisation: sp_<prefix>_<secret>."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # as above
    target_class = "portal.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
