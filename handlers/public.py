"""What Freiton serves beside the API, without a token: the contract, its documentation, its health."""

import json

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from swagger_ui_bundle import swagger_ui_path

from data import store
from handlers import contract
from handlers.envelope import DONE, JSON

DOCS = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Freiton API</title>
    <link rel="icon" href="docs/favicon-32x32.png">
    <link rel="stylesheet" href="docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/start.js"></script>
  </body>
</html>
"""
# Swagger UI sets styles and shows its own icons as data.
POLICY = (
    "default-src 'none'; connect-src 'self'; img-src 'self' data:; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
START = 'SwaggerUIBundle({url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null});'


def live(request: Request) -> Response:
    """Answer that the process runs."""
    return Response(DONE, media_type=JSON)


def ready(request: Request) -> Response:
    """Answer that requests can be served.

    :raises store.Unavailable: the database cannot be read and written now.
    """
    store.check()
    return Response(DONE, media_type=JSON)


def _asset(name: str, media_type: str) -> Response:
    return Response((swagger_ui_path / name).read_bytes(), media_type=media_type)


ENDPOINTS = {
    "/openapi.yaml": Response(contract.PATH.read_bytes(), media_type="application/yaml"),
    "/openapi.json": Response(json.dumps(contract.read(), ensure_ascii=False), media_type="application/json"),
    "/docs": HTMLResponse(DOCS, headers={"Content-Security-Policy": POLICY}),
    "/docs/start.js": Response(START, media_type="text/javascript"),
    "/docs/swagger-ui.css": _asset("swagger-ui.css", "text/css"),
    "/docs/swagger-ui-bundle.js": _asset("swagger-ui-bundle.js", "text/javascript"),
    "/docs/favicon-32x32.png": _asset("favicon-32x32.png", "image/png"),
    "/health/live": live,
    "/health/ready": ready,
}
