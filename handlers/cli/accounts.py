"""The commands for client accounts and bearer tokens."""

import click

from data import tokens
from data.store import Location
from handlers.cli.options import CLIENT, CLIENT_IDS, DATABASE, check_name, check_text, use_database


@click.group()
def client() -> None:
    """Client accounts.

    \b
    Example:
      freiton client add "Musterfirma GmbH"
    """


@client.command("add")
@click.argument("name", callback=check_name)
@DATABASE
@click.option("--id", "client_id", type=CLIENT_IDS, help="Its ID, for example its ClientsID at the vendor.")
def add_client(name: str, database: Location, client_id: int | None) -> None:
    """Add a client account and print its ID.

    \b
    Example:
      freiton client add "Musterfirma GmbH"
    """
    use_database(database, create=True)
    click.echo(tokens.add_client(name, client_id))


@client.command("list")
@DATABASE
def list_clients(database: Location) -> None:
    """List the client accounts: ID and name.

    \b
    Example:
      freiton client list
    """
    use_database(database)
    for row in tokens.list_clients():
        click.echo(f"{row['ID']}\t{row['Name']}")


@click.group()
def token() -> None:
    """Bearer tokens.

    \b
    Example:
      freiton token add --client 1
    """


@token.command("add")
@DATABASE
@CLIENT
@click.option("--name", default="", callback=check_text, help="What the token is for.")
def add_token(database: Location, clients_id: int, name: str) -> None:
    """Add a token for a client account and print it; it cannot be shown again.

    \b
    Example:
      freiton token add --client 1 --name "CRM connector"
    """
    use_database(database)
    click.echo(tokens.add_token(clients_id, name))


@token.command("list")
@DATABASE
def list_tokens(database: Location) -> None:
    """List the tokens: ID, client, when added and revoked (UTC), name.

    \b
    Example:
      freiton token list
    """
    use_database(database)
    for row in tokens.list_tokens():
        click.echo(f"{row['ID']}\t{row['ClientsID']}\t{row['dtCreated']}\t{row['dtRevoked'] or '-'}\t{row['Name']}")


@token.command("revoke")
@click.argument("token_id", metavar="ID", type=click.IntRange(1, 2**63 - 1))
@DATABASE
def revoke_token(token_id: int, database: Location) -> None:
    """Revoke the token with this ID, from the next request on.

    \b
    Example:
      freiton token revoke 1
    """
    use_database(database)
    tokens.revoke_token(token_id)
