"""Dialler campaigns and their result codes."""

from typing import Any

from starlette.responses import Response

from data import campaigns
from data.lists.pages import Page
from handlers.responses.envelope import done, found, listed
from handlers.responses.preconditions import Asked, require


def list_dialler_campaigns(clients_id: int, **page: Any) -> Response:
    """Answer with the client's campaigns (contract: listDiallerCampaigns)."""
    return listed(campaigns.list_all(clients_id, Page(**page)))


def get_dialler_campaign(clients_id: int, dialler_campaigns_id: int) -> Response:
    """Answer with one campaign (contract: getDiallerCampaign)."""
    return found([campaigns.get(clients_id, dialler_campaigns_id)])


def find_dialler_campaigns(clients_id: int, name: str) -> Response:
    """Answer with the campaigns whose name contains a text (contract: findDiallerCampaigns)."""
    return found(campaigns.find(clients_id, name))


def list_dialler_result_codes(clients_id: int, dialler_campaigns_id: int, languages_id: int) -> Response:
    """Answer with a campaign's result codes in a language (contract: listDiallerResultCodes)."""
    return found(campaigns.list_result_codes(clients_id, dialler_campaigns_id, languages_id))


def clone_dialler_campaign(clients_id: int, body: dict[str, Any]) -> Response:
    """Copy a campaign and answer with the copy (contract: cloneDiallerCampaign)."""
    return found([campaigns.clone(clients_id, body["source"], body["destination"], body.get("userData"))])


def delete_dialler_campaign(clients_id: int, dialler_campaigns_id: int, precondition: Asked = None) -> Response:
    """Delete a campaign (contract: deleteDiallerCampaign)."""
    with require(precondition, lambda: [get_dialler_campaign(clients_id, dialler_campaigns_id)]):
        campaigns.delete(clients_id, dialler_campaigns_id)
    return done()


def delete_dialler_campaign_by_name(clients_id: int, name: str, precondition: Asked = None) -> Response:
    """Delete the campaign of that name (contract: deleteDiallerCampaignByName)."""
    with require(
        precondition,
        lambda: [found([campaigns.get_by_name(clients_id, name)]), find_dialler_campaigns(clients_id, name)],
    ):
        campaigns.delete_by_name(clients_id, name)
    return done()
