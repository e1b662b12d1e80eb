"""Operations of the dialler: campaigns and their result codes."""

from typing import Any

from starlette.responses import Response

from data import campaigns
from data.lists.pages import Page
from handlers.responses.envelope import done, found, listed
from handlers.responses.idempotency import Keyed, answer_once
from handlers.responses.preconditions import Asked, require


def list_dialler_campaigns(clients_id: int, **page: Any) -> Response:
    """Return a page of the client's campaigns (contract: listDiallerCampaigns).

    :param clients_id: ID of the client account.
    :param page: the fields of `Page`, from the query parameters.
    :raises BadPage: the filter or the cursor is wrong.
    """
    return listed(campaigns.list_all(clients_id, Page(**page)))


def get_dialler_campaign(clients_id: int, dialler_campaigns_id: int) -> Response:
    """Return one campaign (contract: getDiallerCampaign).

    :param clients_id: ID of the client account.
    :param dialler_campaigns_id: ID of the campaign.
    :raises store.NotFound: the client has no such campaign.
    """
    return found([campaigns.get(clients_id, dialler_campaigns_id)])


def find_dialler_campaigns(clients_id: int, name: str) -> Response:
    """Return the campaigns whose name contains a text (contract: findDiallerCampaigns).

    :param clients_id: ID of the client account.
    :param name: the text.
    """
    return found(campaigns.find(clients_id, name))


def list_dialler_result_codes(clients_id: int, dialler_campaigns_id: int, languages_id: int) -> Response:
    """Return a campaign's result codes in a language (contract: listDiallerResultCodes).

    :param clients_id: ID of the client account.
    :param dialler_campaigns_id: ID of the campaign.
    :param languages_id: 1 for English, 2 for German.
    :raises store.NotFound: the client has no such campaign.
    """
    return found(campaigns.list_result_codes(clients_id, dialler_campaigns_id, languages_id))


def clone_dialler_campaign(clients_id: int, body: dict[str, Any], keyed: Keyed = None) -> Response:
    """Copy a campaign, and return the copy (contract: cloneDiallerCampaign).

    :param clients_id: ID of the client account.
    :param body: `source` and `destination`, the names of the two campaigns, and `userData`.
    :param keyed: the request's `Idempotency-Key`; None if it has none.
    :raises store.NotFound: the client has no campaign of the name `source`.
    :raises store.Conflict: the client has a campaign of the name `destination`, or another request has the key.
    """
    names = body["source"], body["destination"]
    return answer_once(clients_id, keyed, lambda: found([campaigns.clone(clients_id, *names, body.get("userData"))]))


def delete_dialler_campaign(clients_id: int, dialler_campaigns_id: int, precondition: Asked = None) -> Response:
    """Delete a campaign, and return the bare status (contract: deleteDiallerCampaign).

    :param clients_id: ID of the client account.
    :param dialler_campaigns_id: ID of the campaign.
    :param precondition: the request's `If-Match` and `If-None-Match`; None if it has neither.
    :raises store.NotFound: the client has no such campaign.
    :raises Problem: 412; the record is not as the precondition asks.
    """
    with require(precondition, lambda: [get_dialler_campaign(clients_id, dialler_campaigns_id)]):
        campaigns.delete(clients_id, dialler_campaigns_id)
    return done()


def delete_dialler_campaign_by_name(clients_id: int, name: str, precondition: Asked = None) -> Response:
    """Delete the campaign of that name, and return the bare status (contract: deleteDiallerCampaignByName).

    :param clients_id: ID of the client account.
    :param name: the exact name.
    :param precondition: the request's `If-Match` and `If-None-Match`; None if it has neither.
    :raises store.NotFound: the client has no such campaign.
    :raises Problem: 412; the record is not as the precondition asks.
    """
    with require(
        precondition,
        lambda: [found([campaigns.get_by_name(clients_id, name)]), find_dialler_campaigns(clients_id, name)],
    ):
        campaigns.delete_by_name(clients_id, name)
    return done()
