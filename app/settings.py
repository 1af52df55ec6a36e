"""One frozen Settings, read from the environment here and nowhere else."""

from __future__ import annotations

import difflib
import logging
import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.errors import BadConfiguration

MiB = 1024 * 1024
_PAUSES = r"\d{1,6}(\.\d+)?(,\d{1,6}(\.\d+)?)*"
_READ_URL = re.compile(r"DATABASE_READ_URL_(\d+)")


class Settings(BaseModel):
    """Every setting is an environment variable of the same name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    # Where things are kept
    database_url: str = Field("", description="PostgreSQL (or sqlite:///FILE with USE_CELERY=false)")
    database_read_urls: tuple[str, ...] = Field((), description="from DATABASE_READ_URL_1 … n")
    redis_url: str = Field("", description="else built from REDIS_HOST, REDIS_PORT and REDIS_DB")
    redis_host: str = ""
    redis_port: int = Field(6379, ge=1, le=65535)
    redis_db: int = Field(0, ge=0)
    storage_path: Path = Field(Path(".lectern/files"), description="folder of uploads and results")
    lectern_state: Path = Field(Path(".lectern"), description="folder of the local stack's servers and logs")

    # Who does the work
    use_celery: bool = Field(True, description="false: threads, memory and SQLite in one process")
    celery_broker_url: str = Field("", description="default: REDIS_URL")
    celery_result_backend: str = Field("", description="optional; stages never use it")
    worker_concurrency: int = Field(0, ge=0, le=64, description="0: as the worker's profile says")
    auto_scale: bool = Field(False, description="workers are started and drained as the load asks for")
    min_workers: int = Field(1, ge=0, le=100, description="the autoscaler leaves so many in each pool")
    max_workers: int = Field(10, ge=1, le=1000, description="the autoscaler makes no more in all")
    scale_tick_s: float = Field(5.0, gt=0, description="how often the autoscaler looks")
    scale_up_queue: int = Field(20, ge=0, description="more workers when more stages wait in a queue")
    scale_up_wait_s: float = Field(300.0, gt=0, description="… or one has waited for so long")
    scale_up_busy_s: float = Field(300.0, gt=0, description="… or more than 90 % were busy for so long")
    scale_down_queue: int = Field(5, ge=1, description="fewer only when fewer stages wait")
    scale_down_idle_s: float = Field(1800.0, gt=0, description="… and less than 30 % were busy for so long")
    scale_cooldown_s: float = Field(60.0, gt=0, description="a pool is left alone after each change for")
    instance_id: str = Field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}")
    worker_max_memory_mb: int = Field(0, ge=0, description="--max-memory-per-child; 0: as the profile says")

    # The HTTP side
    api_auth: Literal["local", "keys"] = Field(
        "keys",
        description="keys: every request needs one; local: none is needed, on 127.0.0.1 only",
    )
    first_api_key: str = Field(
        "", repr=False, description="the local user's first key, 32 characters or more; else one is made"
    )
    public_url: str = Field("", description="how users reach the API; for links in results")
    trusted_proxies: int = Field(
        0, ge=0, le=10, description="proxies in front that add to X-Forwarded-For; 0: it is not believed"
    )
    api_threads: int = Field(8, ge=1, le=128, description="Flask threads in each API process")
    max_upload_bytes: int = Field(8 * 1024 * MiB, ge=1)
    max_deck_bytes: int = Field(512 * MiB, ge=1, description="of the PDF or PPTX beside a recording")
    url_fetch_timeout_s: float = Field(600.0, gt=0)
    allow_private_urls: bool = Field(False, description="only for tests: lets URLs lead to this machine")
    webhook_timeout_s: float = Field(15.0, gt=0, le=60, description="for one try, answer included")
    webhook_retries_s: str = Field(
        "5,300,1800,7200,18000,36000,50400,72000,86400", description="pauses before a webhook's next tries"
    )
    flower_basic_auth: str = Field("", description="user:password of Flower; it does not start without")

    # How a job lives
    lease_s: float = Field(15.0, ge=1, description="a stage is taken back when unheard of for so long")
    publish_window: int = Field(32, ge=1, description="messages in a queue; 8 times that while it runs fast")
    republish_after_s: float = Field(8.0, gt=0, description="a message that got lost is sent again after")
    stage_soft_limit_s: float = Field(3000.0, gt=0)
    stage_hard_limit_s: float = Field(3600.0, gt=0)
    stage_silence_s: float = Field(360.0, gt=0, description="a parser that reports nothing for so long hangs")
    stage_memory_mb: int = Field(4096, ge=256, description="resident memory of one stage's process at most")
    max_failures: int = Field(3, ge=1)
    max_losses: int = Field(10, ge=1)
    backoff_base_s: float = Field(5.0, gt=0)
    job_ttl_days: float = Field(30.0, gt=0, description="ended jobs are removed after")
    upload_ttl_hours: float = Field(24.0, gt=0, description="uploads that no job uses are removed after")
    status_ttl_s: int = Field(3600, ge=1, description="how long an ended job's status stays cached")
    status_revalidate_s: float = Field(3.0, gt=0, description="a running job's cached status is trusted for")

    beat_tick_s: float = Field(30.0, gt=0, description="how often beat looks for due jobs of the schedule")
    drain_s: float = Field(10.0, ge=0, description="a stopping worker finishes its stage for so long")

    # What the stages use
    whisper_model: str = Field("tiny.en", description="tiny.en is packaged; small … come from the hub")
    whisper_threads: int = Field(2, ge=1)
    audio_chunk_s: float = Field(300.0, ge=4, description="length of the pieces of transcription")
    video_part_s: float = Field(300.0, ge=4, description="length of the pieces of looking for slides")
    ocr_language: str = "eng"

    # Logs
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_json: bool = False

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, values: Any) -> Any:
        """Fill what follows from other settings, so that no reader repeats the rule."""
        v = dict(values)
        use_celery = str(v.get("use_celery", "true")).strip().lower() not in ("false", "0", "no", "off")
        if not v.get("redis_url") and v.get("redis_host"):
            v["redis_url"] = f"redis://{v['redis_host']}:{v.get('redis_port', 6379)}/{v.get('redis_db', 0)}"
        if not v.get("database_url") and not use_celery:
            v["database_url"] = f"sqlite:///{v.get('lectern_state', '.lectern')}/lectern.db"
        url = v.get("database_url", "")
        if url.startswith("postgres://"):  # as Render and Heroku still write it
            v["database_url"] = "postgresql://" + url.removeprefix("postgres://")
        v["celery_broker_url"] = v.get("celery_broker_url") or v.get("redis_url", "")
        return v

    @model_validator(mode="after")
    def _consistent(self) -> Settings:
        if self.use_celery:
            if not self.database_url.startswith("postgresql"):
                raise ValueError("DATABASE_URL must name a PostgreSQL database (or set USE_CELERY=false)")
            if not self.celery_broker_url.startswith(("redis://", "rediss://", "redis+socket://", "unix://")):
                raise ValueError("REDIS_URL must be set, like redis://localhost:6379/0")
        if self.stage_soft_limit_s > self.stage_hard_limit_s:
            raise ValueError("STAGE_SOFT_LIMIT_S must not be above STAGE_HARD_LIMIT_S")
        if self.scale_down_queue > self.scale_up_queue:
            raise ValueError("SCALE_DOWN_QUEUE must not be above SCALE_UP_QUEUE")
        if not re.fullmatch(_PAUSES, self.webhook_retries_s) or len(self.webhook_pauses_s) > 20:
            raise ValueError("WEBHOOK_RETRIES_S must be up to 20 numbers of seconds, like 5,300,1800")
        if self.flower_basic_auth and ":" not in self.flower_basic_auth:
            raise ValueError("FLOWER_BASIC_AUTH must look like user:password")
        if self.first_api_key and (len(self.first_api_key) < 32 or not self.first_api_key.isascii()):
            raise ValueError("FIRST_API_KEY must be 32 or more letters and digits that nobody can guess")
        return self

    @property
    def webhook_pauses_s(self) -> tuple[float, ...]:
        return tuple(float(pause) for pause in self.webhook_retries_s.split(","))

    @property
    def embedded(self) -> bool:
        return not self.use_celery


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment; raises BadConfiguration with a sentence for each mistake."""
    env = os.environ if environ is None else environ
    known = {name.upper(): name for name in Settings.model_fields}
    values: dict[str, Any] = {known[k]: v for k, v in env.items() if k in known and v != ""}
    replicas = sorted((int(m[1]), v) for k, v in env.items() if (m := _READ_URL.fullmatch(k)) and v)
    if replicas:
        values["database_read_urls"] = tuple(url for _, url in replicas)
    hints = misspelt(env)
    for hint in hints:  # only a warning: the variable may be another program's
        logging.getLogger("lectern").warning(hint)
    try:
        return Settings(**values)
    except ValidationError as error:
        lines = []
        for e in error.errors():
            where = str(e["loc"][0]).upper() + ": " if e["loc"] else ""
            lines.append(where + e["msg"].removeprefix("Value error, "))
        raise BadConfiguration("Wrong settings.\n" + "\n".join(f"  {x}" for x in lines + hints)) from None


def misspelt(environ: Mapping[str, str]) -> list[str]:
    """A 'did you mean' for each variable that is almost, but not quite, a setting of ours."""
    known = [name.upper() for name in Settings.model_fields if name != "database_read_urls"]
    hints = []
    for name in environ:
        if name in known or _READ_URL.fullmatch(name):
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.87)
        if near:
            hints.append(f"{name} is not a setting; did you mean {near[0]}?")
    return hints
