"""The routes of batches and groups."""

from __future__ import annotations

from app.http import schemas_following as following
from app.http import schemas_groups as s
from app.http.operation import Operation, json_of

_GROUPS = "/api/groups"
_ONE = _GROUPS + "/{group_id}"
_KEY = (("Idempotency-Key", "the same key and body twice make one batch"),)
_SAME, _NO_MORE = ("Unchanged", None), ("Nothing more to come", None)

GROUPS: tuple[Operation, ...] = (
    Operation(
        "batch.create",
        "post",
        "/api/jobs/batch",
        "Submit up to 10,000 jobs, all or none; they become a group",
        {
            202: ("Accepted; see Location", s.BatchDocument),
            200: ("An earlier request with this Idempotency-Key made this batch", s.BatchDocument),
        },
        (400, 413, 415, 422, 429),
        headers=_KEY,
        body=json_of(s.SubmitBatch),
    ),
    Operation(
        "groups.create",
        "post",
        _GROUPS,
        "Make an empty group; jobs join it by `group`",
        {201: ("The group", s.GroupDocument)},
        (400, 415, 422),
        body=json_of(s.NewGroup),
    ),
    Operation(
        "groups.index",
        "get",
        _GROUPS,
        "List groups, newest first",
        {200: ("A page", s.GroupPage)},
        (422,),
        query=s.GroupQuery,
    ),
    Operation(
        "groups.show",
        "get",
        _ONE,
        "How the jobs of a group stand; with `wait` as a long poll",
        {200: ("Counts, a second old at most; its ETag changes with them", s.GroupDocument), 304: _SAME},
        (404, 422),
        query=following.GroupWaitQuery,
        headers=(("If-None-Match", "an ETag from before; `wait` waits for another, else for the end"),),
    ),
    Operation(
        "groups.events",
        "get",
        _ONE + "/events",
        "Follow a group by server-sent events: `change` (all that the group's document has), `end`",
        {200: ("Events until its last job has ended", "text/event-stream"), 204: _NO_MORE},
        (404, 422),
        query=following.GroupEventsQuery,
        headers=(("Last-Event-ID", "the id of the last `change`: it is not told again"),),
    ),
    Operation(
        "groups.jobs",
        "get",
        _ONE + "/jobs",
        "The jobs of a group, in the batch's order",
        {200: ("A page", s.GroupJobs)},
        (404, 422),
        query=s.GroupJobsQuery,
    ),
    Operation(
        "groups.cancel",
        "post",
        _ONE + "/cancel",
        "Cancel the jobs of a group, 500 a call",
        {200: ("Which, and how many are left", s.GroupActed)},
        (404,),
    ),
    Operation(
        "groups.retry",
        "post",
        _ONE + "/retry",
        "Run the failed and cancelled jobs of a group again, 500 a call",
        {200: ("Which, and how many are left", s.GroupActed)},
        (404,),
    ),
    Operation(
        "groups.delete",
        "delete",
        _ONE,
        "Forget a group, its jobs and all that they made",
        {204: ("Gone", None)},
        (404, 409),
    ),
)
