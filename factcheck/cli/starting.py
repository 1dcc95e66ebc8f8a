"""`factcheck start`, which is `make run`: from an empty machine to a service with something in it."""

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from factcheck import keys, schema, seeding
from factcheck.auth import ApiKey, Role
from factcheck.cli.keys import OPERATOR
from factcheck.cli.serving import serve
from factcheck.config import Settings
from factcheck.db import Database, now


@click.command()
@click.pass_obj
@click.pass_context
def start(context: click.Context, settings: Settings) -> None:
    """Set up the database with the seed dossier, print how to try it, and serve: `make run`."""
    schema.upgrade(settings.database_url)
    database = Database(settings)
    summary = seeding.load(database, settings.max_flags)
    with database.writing() as session:
        admin = _first_admin(session)
        name = f"make run {now():%Y-%m-%d %H:%M:%S.%f}"
        _, secret = keys.issue(session, OPERATOR, name=name, role=Role.editor)
        session.commit()
    database.dispose()
    address = f"http://{settings.host}:{settings.port}"
    click.echo(
        f"""
{summary}
Pages     {address}/
API docs  {address}/docs
Key       {secret}   (role editor; a new one at each start)
{admin}

Read both sides of a claim:
  curl {address}/v1/claims/safety-report-exonerates-baldwin/view

Post a statement:
  curl {address}/v1/statements -H 'Authorization: Bearer {secret}' \\
    -H 'Content-Type: application/json' -d @seed/example-statement.json
"""
    )
    context.invoke(serve, workers=1)


def _first_admin(session: Session) -> str:
    """Make the key that can make others where there is none yet, and return the line that tells it."""
    admins = select(ApiKey.id).where(ApiKey.role == Role.admin, ApiKey.revoked_at.is_(None))
    if session.scalar(admins.limit(1)):
        return "Admin     as printed at the first start; another: factcheck key create --role admin --name N"
    _, secret = keys.issue(session, OPERATOR, name="first admin", role=Role.admin)
    return f"Admin     {secret}   (makes keys at /v1/keys; shown this once, so keep it)"
