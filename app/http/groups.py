"""Groups of jobs: made, listed, watched, cancelled, retried, deleted."""

from __future__ import annotations

import re

from flask import Blueprint, Response, jsonify, request

from app.errors import BadInput
from app.http import holding, parsing, presenting
from app.http.context import owner_id, platform
from app.http.following_groups import GroupFollower, GroupPoll, last_mark
from app.http.schemas_following import GroupWaitQuery
from app.http.schemas_groups import GroupJobsQuery, GroupQuery, NewGroup
from app.jobs import groups, placing
from app.jobs.model import JobStatus
from app.store import groups as rows

blueprint = Blueprint("groups", __name__, url_prefix="/api/groups")
_JOB_ID = re.compile(r"job_[0-9a-f]{32}")


@blueprint.post("")
def create() -> tuple[Response, int, dict[str, str]]:
    asked = parsing.checked(NewGroup, parsing.json_body(request))
    group_id = groups.make(platform(), owner_id(), asked.name)
    document = groups.read(platform(), owner_id(), group_id)
    return jsonify(document), 201, {"Location": document["links"]["self"]}


@blueprint.get("")
def index() -> Response:
    asked = parsing.query(GroupQuery, request.args.items(multi=True))
    before = parsing.decode_cursor(asked.cursor) if asked.cursor is not None else None
    with platform().db.read() as conn:
        found = rows.groups(conn, owner_id(), before, asked.limit + 1)
    page = found[: asked.limit]
    more = len(found) > asked.limit
    cursor = parsing.encode_cursor(page[-1].created_at, page[-1].id) if more else None
    return jsonify(groups=[groups.brief(row) for row in page], next_cursor=cursor)


@blueprint.get("/<group_id>")
def show(group_id: str) -> Response:
    """The edge answers this one and the next itself; here they serve plain WSGI servers and HEAD."""
    asked = parsing.query(GroupWaitQuery, request.args.items(multi=True))
    known = request.headers.get("If-None-Match")
    return holding.polled(GroupPoll(platform(), owner_id(), group_id, known), asked.wait, known)


@blueprint.get("/<group_id>/events")
def events(group_id: str) -> Response:
    last = last_mark(request.headers.get("Last-Event-ID"), request.args.items(multi=True))
    follower = GroupFollower(platform(), owner_id(), group_id, last)
    return holding.streamed(follower, resumed=last is not None)


@blueprint.get("/<group_id>/jobs")
def jobs(group_id: str) -> Response:
    """In the order in which a batch named them."""
    asked = parsing.query(GroupJobsQuery, request.args.items(multi=True))
    if asked.cursor is not None and not _JOB_ID.fullmatch(asked.cursor):
        raise BadInput("This cursor did not come from an earlier page.", field="cursor")
    with platform().db.read() as conn:
        groups.owned(conn, owner_id(), group_id)
        found = rows.jobs(
            conn, group_id, status=asked.status, after=asked.cursor or "", limit=asked.limit + 1
        )
    page = found[: asked.limit]
    cursor = page[-1].id if len(found) > asked.limit else None
    places = placing.of(platform(), [row.id for row in page if row.status == JobStatus.QUEUED])
    shown = [presenting.summary(row, places.get(row.id, {})) for row in page]
    return jsonify(jobs=shown, next_cursor=cursor)


@blueprint.post("/<group_id>/cancel")
def cancel(group_id: str) -> Response:
    return _acted(groups.cancel(platform(), owner_id(), group_id))


@blueprint.post("/<group_id>/retry")
def retry(group_id: str) -> Response:
    return _acted(groups.retry(platform(), owner_id(), group_id))


@blueprint.delete("/<group_id>")
def delete(group_id: str) -> Response:
    groups.delete(platform(), owner_id(), group_id)
    return Response(status=204)


def _acted(done: groups.Acted) -> Response:
    return jsonify(jobs=done.jobs, left=done.left)
