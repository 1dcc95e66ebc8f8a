"""FastAPI, sync, on SQLAlchemy Core (psycopg) and pydantic: the peer on PostgreSQL."""

import os

import core
from fastapi import FastAPI, HTTPException
from shapes import View
from sqlalchemy import create_engine
from tables import CLAIM, COUNTS, FLAG_COUNTS, FLAGS, RETRACTED, REVIEWS, SIDE

engine = create_engine(os.environ["PEER_DATABASE"], pool_size=8)
app = FastAPI()

STATEMENTS = {
    "counts": COUNTS,
    "flag_counts": FLAG_COUNTS,
    "flags": FLAGS,
    "retracted": RETRACTED,
    "reviews": REVIEWS,
}


@app.get("/v1/claims/{slug}/view")
def view(slug: str) -> View:
    with engine.connect() as connection:
        claim_rows = connection.execute(CLAIM, {"slug": slug}).all()
        if not claim_rows:
            raise HTTPException(404)
        claim = {"claim": claim_rows[0].id}
        read = {name: connection.execute(query, claim).all() for name, query in STATEMENTS.items()}
        for side in ("supports", "disputes"):
            read[side] = connection.execute(SIDE, {**claim, "stance": side}).all()
    return core.view(claim_rows, read)
