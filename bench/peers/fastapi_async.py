"""FastAPI, async, on SQLAlchemy Core (aiosqlite) and pydantic: the strongest of the peers.

Tuned: statements built once, connections that stay in autocommit (no BEGIN and ROLLBACK around
reads), pydantic's own JSON without FastAPI's second validation, uvloop and httptools.
"""

import os

import core
from fastapi import FastAPI, HTTPException, Response
from sqlalchemy.ext.asyncio import create_async_engine
from tables import CLAIM, COUNTS, FLAG_COUNTS, FLAGS, RETRACTED, REVIEWS, SIDE

engine = create_async_engine(
    f"sqlite+aiosqlite:///{os.environ['PEER_DATABASE']}", isolation_level="AUTOCOMMIT", pool_size=8
)
app = FastAPI()

STATEMENTS = {
    "counts": COUNTS,
    "flag_counts": FLAG_COUNTS,
    "flags": FLAGS,
    "retracted": RETRACTED,
    "reviews": REVIEWS,
}


@app.get("/v1/claims/{slug}/view")
async def view(slug: str) -> Response:
    async with engine.connect() as connection:
        claim_rows = (await connection.execute(CLAIM, {"slug": slug})).all()
        if not claim_rows:
            raise HTTPException(404)
        claim = {"claim": claim_rows[0].id}
        read = {name: (await connection.execute(query, claim)).all() for name, query in STATEMENTS.items()}
        for side in ("supports", "disputes"):
            read[side] = (await connection.execute(SIDE, {**claim, "stance": side})).all()
    return Response(core.view(claim_rows, read).model_dump_json(), media_type="application/json")
