"""Flask, for gunicorn."""

from typing import Any

from flask import Flask, abort, request

from tests.bench.contestants import storage

app = Flask(__name__)
# In the order in which they are, as in the other answers.
app.json.sort_keys = False
tokens = storage.list_tokens()
BASE = storage.BASE.replace("{ClientsID}", "<int:clients_id>")


@app.before_request
def authorise() -> None:
    """Let the request pass if its token is that of the client account, or abort with 401."""
    token = request.authorization.token if request.authorization else ""
    if not storage.is_valid(tokens, token or "", (request.view_args or {}).get("clients_id", 0)):
        abort(401)


@app.get(f"{BASE}/acd/events/types")
def list_event_types(clients_id: int) -> Any:
    """Answer with the event types."""
    return storage.list_envelope(storage.list_event_types(), "ID")


@app.get(f"{BASE}/dialler/campaigns")
def list_campaigns(clients_id: int) -> Any:
    """Answer with the client's campaigns."""
    return storage.list_envelope(storage.list_campaigns(clients_id), "Name")


@app.get(f"{BASE}/dialler/campaigns/<int:campaign_id>")
def get_campaign(clients_id: int, campaign_id: int) -> Any:
    """Answer with one campaign."""
    try:
        return storage.found_envelope([storage.get_campaign(clients_id, campaign_id)])
    except storage.NotFound:
        abort(404)
