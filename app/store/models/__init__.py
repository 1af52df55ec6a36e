"""The tables, by concern."""

from app.store.models.base import Base
from app.store.models.contents import Artifact, File, Result, ResultFile, Slide, StageFile, Upload
from app.store.models.fleet import PausedQueue, ScalingStep, Worker
from app.store.models.groups import Group
from app.store.models.hooks import Delivery, Webhook
from app.store.models.people import ApiKey, DailyUse, Owner
from app.store.models.turns import ScheduledRun, Slot
from app.store.models.work import Event, Job, JobMetrics, StageRow

__all__ = [
    "ApiKey",
    "Artifact",
    "Base",
    "DailyUse",
    "Delivery",
    "Event",
    "File",
    "Group",
    "Job",
    "JobMetrics",
    "Owner",
    "PausedQueue",
    "Result",
    "ResultFile",
    "ScalingStep",
    "ScheduledRun",
    "Slide",
    "Slot",
    "StageFile",
    "StageRow",
    "Upload",
    "Webhook",
    "Worker",
]
