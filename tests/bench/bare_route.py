"""`python -m tests.bench.bare_route PORT`: the yardstick of ingest, a bare FastAPI route with the same body.

It reads and checks the JSON by the same pydantic model, and answers a constant 202: no identity, no log.
"""

import sys

import uvicorn
from fastapi import FastAPI

from ingest_api.submission_body import SubmissionBody

app = FastAPI()


@app.post("/api/v1/submissions", status_code=202)
async def submit(body: SubmissionBody) -> dict[str, str]:  # noqa: ARG001  # reading it is what is measured
    """Takes a submission, and does nothing with it."""
    return {"submission_id": "018f4a3e-5c1b-7d2a-9e0f-000000000000", "position": "submissions:0:0"}


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
