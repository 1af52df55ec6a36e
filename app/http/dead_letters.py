"""Dead letters: what failed for good, why, and the way to send it off again."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from app.errors import BadInput
from app.http import parsing
from app.http.context import owner_id, platform
from app.http.schemas_dead_letters import DeadLetterFilter, DeadLetterQuery
from app.jobs import deadletters
from app.store.dead import Sieve

blueprint = Blueprint("dead_letters", __name__, url_prefix="/api/dead-letters")


@blueprint.get("")
def index() -> Response:
    asked = parsing.query(DeadLetterQuery, request.args.items(multi=True))
    before = _position(asked.cursor) if asked.cursor is not None else None
    rows = deadletters.look(platform(), _sieve(asked), before=before, limit=asked.limit + 1)
    page, last = rows[: asked.limit], None
    if len(rows) > asked.limit:
        last = parsing.encode_cursor(page[-1].ended_at, str(page[-1].id))
    return jsonify(dead_letters=[deadletters.document(row) for row in page], next_cursor=last)


@blueprint.post("/replay")
def replay() -> Response:
    asked = parsing.checked(DeadLetterFilter, parsing.json_body(request))
    done = deadletters.replay(platform(), _sieve(asked))
    return jsonify(replayed=done.jobs, left=done.left)


def _sieve(asked: DeadLetterFilter) -> Sieve:
    return Sieve(
        owner_id=owner_id(),
        job_id=asked.job_id,
        kind=asked.kind,
        stage=asked.stage,
        code=asked.code,
        digest=asked.digest,
    )


def _position(cursor: str) -> tuple[int, int]:
    at, stage_id = parsing.decode_cursor(cursor)
    if not (stage_id.isdecimal() and len(stage_id) < 19):
        raise BadInput("This cursor did not come from an earlier page.", field="cursor")
    return at, int(stage_id)
