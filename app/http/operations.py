"""The table of operations: every route of the API, what it takes and what it answers."""

from __future__ import annotations

from pydantic import BaseModel

from app.http import schemas as s
from app.http import schemas_dead_letters as dead
from app.http import schemas_following as following
from app.http.forms import FILE_FORM, FORM
from app.http.operation import REF, Operation, json_of
from app.http.operations_accounts import ACCOUNTS
from app.http.operations_groups import GROUPS
from app.http.operations_operating import OPERATING
from app.http.operations_webhooks import WEBHOOKS


def _job(meaning: str) -> tuple[str, type[BaseModel]]:
    return meaning, s.JobDocument


_BYTES = "application/octet-stream"
_ANY = "*/*"  # the file's own type
_JOBS = "/api/jobs"
_ONE = "/api/jobs/{job_id}"
_RANGE = (("Range", "bytes=…"), ("If-None-Match", "an ETag from before"))
OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "jobs.create",
        "post",
        _JOBS,
        "Submit a job: a recording as file, upload or URL; a deck beside it likewise",
        {
            202: _job("Accepted; see Location"),
            200: _job("An earlier request with this Idempotency-Key made this job"),
        },
        (400, 413, 415, 422, 429),
        headers=(("Idempotency-Key", "the same key and body twice make one job"),),
        body={
            "multipart/form-data": {"schema": FORM},
            "application/json": {"schema": {"$ref": REF.format(model="SubmitJob")}},
        },
    ),
    Operation(
        "jobs.index",
        "get",
        _JOBS,
        "List jobs, newest first",
        {200: ("A page", s.JobPage)},
        (422,),
        query=s.ListQuery,
    ),
    Operation(
        "jobs.show",
        "get",
        _ONE,
        "A job; with `wait` as a long poll",
        {200: _job("The job; its ETag changes with it"), 304: ("Unchanged", None)},
        (404, 422),
        query=following.WaitQuery,
        headers=(("If-None-Match", "an ETag from before; `wait` waits for another version"),),
    ),
    Operation(
        "jobs.delete",
        "delete",
        _ONE,
        "Forget an ended job and all it made",
        {204: ("Gone", None)},
        (404, 409),
    ),
    Operation(
        "jobs.events",
        "get",
        _ONE + "/events",
        "Follow a job by server-sent events: `change` (id = version), `progress`, `end`",
        {200: ("Events until the job has ended", "text/event-stream"), 204: ("Nothing more to come", None)},
        (404, 422),
        query=following.EventsQuery,
        headers=(("Last-Event-ID", "resume after this version"),),
    ),
    Operation("jobs.cancel", "post", _ONE + "/cancel", "Cancel a job", {202: _job("Cancelling")}, (404, 409)),
    Operation(
        "jobs.retry",
        "post",
        _ONE + "/retry",
        "Run a failed or cancelled job again from where it stopped",
        {202: _job("Queued again")},
        (404, 409),
    ),
    Operation(
        "dead_letters.index",
        "get",
        "/api/dead-letters",
        "What failed for good, and why; newest first",
        {200: ("A page", dead.DeadLetterPage)},
        (422,),
        query=dead.DeadLetterQuery,
    ),
    Operation(
        "dead_letters.replay",
        "post",
        "/api/dead-letters/replay",
        "Run the jobs behind dead letters again: those that the filter finds, `{}` for all",
        {200: ("Sent on their way again", dead.Replayed)},
        (400, 415, 422),
        body={"application/json": {"schema": {"$ref": REF.format(model="DeadLetterFilter")}}},
    ),
    Operation("results.slides", "get", _ONE + "/slides", "Slides", {200: ("In order", s.SlideList)}, (404,)),
    Operation(
        "results.slide_image",
        "get",
        _ONE + "/slides/{number}/image",
        "A slide's picture",
        {200: ("The picture", "image/*"), 206: ("A part", "image/*"), 304: ("Unchanged", None)},
        (404, 416),
        headers=_RANGE,
    ),
    Operation(
        "results.transcript",
        "get",
        _ONE + "/transcript",
        "The transcript as JSON with word times, or as captions",
        {200: ("The transcript", _ANY), 206: ("A part", _ANY), 304: ("Unchanged", None)},
        (404, 416, 422),
        query=s.TranscriptQuery,
        headers=_RANGE,
    ),
    Operation(
        "results.artifacts",
        "get",
        _ONE + "/artifacts",
        "The files that the job made",
        {200: ("By name", s.ArtifactList)},
        (404,),
    ),
    Operation(
        "results.artifact",
        "get",
        _ONE + "/artifacts/{name}",
        "One of the files",
        {200: ("The file", _ANY), 206: ("A part", _ANY), 304: ("Unchanged", None)},
        (404, 416, 422),
        query=s.ArtifactQuery,
        headers=_RANGE,
    ),
    Operation(
        "results.recording",
        "get",
        _ONE + "/recording",
        "The recording itself",
        {200: ("The file", _ANY), 206: ("A part", _ANY), 304: ("Unchanged", None)},
        (404, 416, 422),
        query=s.ArtifactQuery,
        headers=_RANGE,
    ),
    Operation(
        "results.deck",
        "get",
        _ONE + "/deck",
        "The deck that was handed in beside the recording",
        {200: ("The file", _ANY), 206: ("A part", _ANY), 304: ("Unchanged", None)},
        (404, 416, 422),
        query=s.ArtifactQuery,
        headers=_RANGE,
    ),
    Operation(
        "recordings.by_digest",
        "get",
        "/api/recordings/{digest}",
        "A recording by the SHA-256 of its content, as study guides link to it",
        {200: ("The file", _ANY), 206: ("A part", _ANY), 304: ("Unchanged", None)},
        (404, 416, 422),
        query=s.ArtifactQuery,
        headers=_RANGE,
    ),
    Operation(
        "results.metrics",
        "get",
        _ONE + "/metrics",
        "Seconds and bytes of each run of a stage",
        {200: ("In the order of the runs", s.MetricList)},
        (404,),
    ),
    Operation(
        "uploads.create",
        "post",
        "/api/uploads",
        "Send a recording ahead of its job",
        {201: ("Stored", s.UploadDocument)},
        (413, 422),
        query=s.UploadQuery,
        body={_BYTES: {}, "multipart/form-data": {"schema": FILE_FORM}},
    ),
    Operation(
        "uploads.known",
        "post",
        "/api/uploads/known",
        "An upload of what you sent before, without sending it again",
        {201: ("It is here", s.UploadDocument)},
        (400, 404, 415, 422),
        body=json_of(s.KnownUpload),
    ),
    Operation(
        "health.health",
        "get",
        "/api/health",
        "What works and what does not",
        {200: ("It serves", s.Health), 503: ("It cannot serve", s.Health)},
    ),
    Operation("health.live", "get", "/api/health/live", "Is the process alive", {200: ("It is", s.Simple)}),
    Operation(
        "health.ready",
        "get",
        "/api/health/ready",
        "Can it serve requests",
        {200: ("It can", s.Health), 503: ("Not now", s.Health)},
    ),
    Operation(
        "health.short",
        "get",
        "/health",
        "As /api/health",
        {200: ("It serves", s.Health), 503: ("It cannot serve", s.Health)},
    ),
    Operation("stats.stats", "get", "/api/stats", "Counts and averages", {200: ("Now", s.Stats)}),
    Operation("pages.home", "get", "/", "The page for people", {200: ("HTML", "text/html")}),
    Operation("pages.docs", "get", "/api/docs", "This description, readable", {200: ("HTML", "text/html")}),
    Operation(
        "pages.openapi",
        "get",
        "/api/openapi.json",
        "This description",
        {200: ("OpenAPI 3.1", "application/json")},
    ),
    *ACCOUNTS,
    *OPERATING,
    *WEBHOOKS,
    *GROUPS,
)
