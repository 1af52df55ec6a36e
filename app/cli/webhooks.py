"""Webhooks: where the server tells that a job has ended."""

from __future__ import annotations

from argparse import Namespace
from urllib.parse import quote

from app.cli.client import Json
from app.cli.connection import connect
from app.cli.exits import Exit
from app.cli.output import Output
from app.cli.progress import plain


def add_command(options: Namespace, output: Output) -> Exit:
    """The secret is on standard output this once: as a line of its own, or with --quiet alone."""
    body: Json = {"url": options.address, "label": options.label}
    if options.event:
        body["events"] = options.event
    made = connect(options, output).post("/api/webhooks", body=body)
    secret = plain(made["secret"])
    text = f"{plain(made['id'])}\nSecret, shown this once: {secret}"
    output.result(made, secret if output.quiet else text)
    return Exit.OK


def list_command(options: Namespace, output: Output) -> Exit:
    """All webhooks; or the messages to one of them."""
    api = connect(options, output)
    if options.id:
        page = api.get(_path(options.id, "deliveries"), params={"state": options.state, "limit": 200})
        lines = [plain(d["id"]) if output.quiet else _delivery(d) for d in page["deliveries"]]
        output.result(page, "\n".join(lines) or ("" if output.quiet else "No messages."))
        return Exit.OK
    found = api.get("/api/webhooks")
    lines = [plain(w["id"]) if output.quiet else _webhook(w) for w in found["webhooks"]]
    output.result(found, "\n".join(lines) or ("" if output.quiet else "No webhooks."))
    return Exit.OK


def test_command(options: Namespace, output: Output) -> Exit:
    document = connect(options, output).post(_path(options.id, "test"))
    output.result(document, plain(document["id"]) if output.quiet else _look(options.id))
    return Exit.OK


def replay_command(options: Namespace, output: Output) -> Exit:
    """One message, or all that failed for good."""
    api = connect(options, output)
    if options.delivery:
        document = api.post(_path(options.id, "deliveries", options.delivery, "replay"))
        output.result(document, plain(document["id"]) if output.quiet else _look(options.id))
        return Exit.OK
    body: Json = {"since": options.since} if options.since else {}
    document = api.post(_path(options.id, "replay"), body=body)
    output.result(document, f"{document['replayed']} messages are sent again.")
    return Exit.OK


def remove_command(options: Namespace, output: Output) -> Exit:
    connect(options, output).call("DELETE", _path(options.id))
    output.result({"id": options.id, "removed": True}, f"{options.id} removed")
    return Exit.OK


def _path(webhook_id: str, *rest: str) -> str:
    return "/".join(["/api/webhooks", *(quote(part, safe="") for part in (webhook_id, *rest))])


def _look(webhook_id: str) -> str:
    return f"On its way. See what came of it with: lectern webhooks list {webhook_id}"


def _webhook(webhook: Json) -> str:
    events = ",".join(plain(event) for event in webhook["events"])
    line = f"{plain(webhook['id'])}  {plain(webhook['status']):<8}  {plain(webhook['url'])}  {events}"
    return f"{line}  {plain(webhook['label'])}  {plain(webhook['error'])}".rstrip()


def _delivery(delivery: Json) -> str:
    last = (delivery["attempts"] or [{}])[-1]
    line = f"{plain(delivery['id'])}  {plain(delivery['created_at'])[:19]}  {plain(delivery['state']):<9}"
    tries = f"{delivery['tries']} tried"
    return f"{line}  {plain(delivery['type']):<14}  {tries}  {plain(last.get('error'))}".rstrip()
