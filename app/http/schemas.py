"""Request bodies and answers as pydantic models: what is checked is what OpenAPI says."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.http.schemas_operating import Placed, ScalingStep

Priority = Literal["low", "normal", "high", "critical"]
Status = Literal["queued", "running", "cancelling", "succeeded", "failed", "cancelled"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SubmitBody(_Strict):
    """What a job is made of, as JSON: exactly one of `upload` and `url` for kinds that need a source.

    A deck beside the recording comes in the same two ways, as `deck` or `deck_url`.
    """

    kind: str = Field("lecture", max_length=40)
    title: str = Field("", max_length=300)
    priority: Priority = "normal"
    params: dict[str, Any] = Field(default_factory=dict)
    upload: str | None = Field(None, max_length=60, description="upload_id from POST /api/uploads")
    url: str | None = Field(None, max_length=2000, description="http(s) address of the recording")
    deck: str | None = Field(None, max_length=60, description="upload_id of the deck: a PDF or PPTX")
    deck_url: str | None = Field(None, max_length=2000, description="http(s) address of the deck")
    webhook_url: str | None = Field(None, max_length=2000, description="is told of this job's end")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.upload is not None and self.url is not None:
            raise ValueError("Give either an upload or a url, not both.")
        if self.deck is not None and self.deck_url is not None:
            raise ValueError("Give either a deck or a deck_url, not both.")
        return self


class SubmitJob(SubmitBody):  # the JSON body of POST /api/jobs
    group: str | None = Field(None, max_length=60, description="id of a group that it joins")


class SubmitForm(_Strict):
    """Form fields of POST /api/jobs beside the files; `params` is JSON, `params.X` sets one parameter."""

    kind: str = Field("lecture", max_length=40)
    title: str = Field("", max_length=300)
    priority: Priority = "normal"
    deck_url: str | None = Field(None, max_length=2000)
    webhook_url: str | None = Field(None, max_length=2000)
    group: str | None = Field(None, max_length=60)


class ListQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    status: Status | None = None
    kind: str | None = Field(None, max_length=40)
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=200, description="`next_cursor` of the page before")


class StageDocument(BaseModel):
    id: int
    name: str
    chunk: int
    state: str
    queue: str
    progress: float = Field(ge=0, le=1)
    note: str | None = None
    failures: int
    losses: int
    worker: str | None
    started_at: str | None
    ended_at: str | None
    error: dict[str, Any] | None
    weight: float = Field(description="of the job's progress; chunks of one name share it")
    chunks_weight: float | None = Field(None, description="of the chunks that it has yet to split into")


class JobDocument(Placed):
    id: str
    kind: str
    status: Status
    title: str
    priority: Priority
    params: dict[str, Any]
    source: dict[str, Any]
    deck: dict[str, Any] | None
    webhook: str | None = Field(description="id of the webhook at its `webhook_url`")
    version: int = Field(description="grows with every change; also the id of events")
    created_at: str
    started_at: str | None
    ended_at: str | None
    error: dict[str, Any] | None
    warnings: list[str]
    progress: float = Field(ge=0, le=1)
    stages: list[StageDocument]
    links: dict[str, str]


class JobSummary(Placed):
    id: str
    kind: str
    status: Status
    title: str
    priority: Priority
    version: int
    created_at: str
    started_at: str | None
    ended_at: str | None
    error: dict[str, Any] | None
    links: dict[str, str]


class JobPage(BaseModel):
    jobs: list[JobSummary]
    next_cursor: str | None


class UploadDocument(BaseModel):
    upload_id: str
    filename: str
    size: int
    expires_in_s: int


class SlideDocument(BaseModel):
    number: int
    start_s: float
    end_s: float
    intervals: list[tuple[float, float]]
    width: int
    height: int
    text: str
    image_name: str = Field(description="the picture's path among the artifacts")
    image: str
    provisional: bool = Field(description="found while the rest is looked at; number and all may change")
    deck_page: int | None = Field(description="the page of the deck that it shows, and `image` then is")
    recorded_image: str | None = Field(description="the recording's own picture, where `image` is the deck's")
    annotated_image: str | None = Field(description="with what was written on it, where `image` is without")


class SlideList(BaseModel):
    slides: list[SlideDocument]


class ArtifactDocument(BaseModel):
    name: str
    media_type: str
    size: int
    stage: str
    url: str


class ArtifactList(BaseModel):
    artifacts: list[ArtifactDocument]


class MetricDocument(BaseModel):
    stage: str
    chunk: int
    outcome: str
    processing_time: float
    cpu_time: float
    queue_wait: float
    peak_memory_usage: int
    input_bytes: int
    output_bytes: int
    worker: str
    reused: bool
    at: str


class MetricList(BaseModel):
    metrics: list[MetricDocument]


class Component(BaseModel):
    status: Literal["ok", "down"]
    detail: str = ""


class Health(BaseModel):
    status: Literal["ok", "degraded", "down"]
    components: dict[str, Component]


class Simple(BaseModel):
    status: str


class StageAverage(BaseModel):
    stage: str
    runs: int
    processing_time: float
    cpu_time: float
    queue_wait: float
    peak_memory_usage: int


class Stats(BaseModel):
    jobs: dict[str, int]
    queues: dict[str, dict[str, int]]
    stages: list[StageAverage]
    scaling: list[ScalingStep] = Field(description="the last 20 steps, newest first")


class FieldError(BaseModel):
    field: str
    detail: str


class Problem(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | None = None
    errors: list[FieldError] | None = None


class UploadQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    filename: str | None = Field(None, max_length=4000)


class KnownUpload(_Strict):
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="of the whole content")
    filename: str | None = Field(None, max_length=4000)


class ArtifactQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    download: bool = Field(False, description="1: as an attachment")


class TranscriptQuery(ArtifactQuery):
    format: Literal["json", "vtt", "srt", "txt"] = "json"
