"""What happened is written down for whoever wants to be told, in the transaction in which it happened."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Connection

from app.jobs.model import JobStatus
from app.store import deliveries, webhooks
from app.store.database import AnyRow


def job_ended(conn: Connection, job: AnyRow, status: JobStatus) -> None:
    """Called in the transaction that ends the job; for an owner without webhooks it is one look."""
    base = f"/api/jobs/{job.id}"
    links = {"self": base, "artifacts": f"{base}/artifacts"}
    about = {"id": job.id, "kind": job.kind, "status": status.value, "title": job.title}
    record(conn, job.owner_id, f"job.{status.value}", {**about, "links": links}, job.webhook_id)


def record(
    conn: Connection, owner_id: str, type_: str, data: dict[str, Any], named: str | None = None
) -> None:
    """One message an event; its id is the same for all who are told. `links` in `data` are paths.

    `named`: a webhook that is told whatever its events are.
    """
    hooks = webhooks.listening(conn, owner_id)
    told = [hook.id for hook in hooks if type_ in hook.events or hook.id == named]
    if told:
        message_id = new_message_id()
        deliveries.add(conn, [delivery(hook, owner_id, message_id, type_, data) for hook in told])


def new_message_id() -> str:
    return f"msg_{uuid.uuid4().hex}"


def delivery(
    webhook_id: str, owner_id: str, message_id: str, type_: str, data: dict[str, Any]
) -> dict[str, Any]:
    """A row for one message to one webhook."""
    about = {"webhook_id": webhook_id, "owner_id": owner_id, "message_id": message_id}
    return {"id": f"dlv_{uuid.uuid4().hex}", **about, "type": type_, "data": data}
