"""The commands that speak to the API. Each returns its exit code or raises CommandError."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from app.cli import results
from app.cli.client import Api, Json
from app.cli.connection import connect
from app.cli.exits import CommandError, Exit
from app.cli.grouping import submit_group
from app.cli.output import Output
from app.cli.progress import ENDED, follow, job_path, plain, standing
from app.cli.submitting import hand_in, order_of
from app.cli.view import JobView, bar, describe_job


def watch(api: Api, job_id: str, output: Output) -> Json:
    """Show the job until it ends; Ctrl-C leaves it running and says how to come back to it."""
    try:
        with JobView(output.screen(), quiet=output.quiet) as view:
            return follow(api, job_id, view, live=view.live)
    except KeyboardInterrupt:
        raise CommandError(
            f"The job goes on. Follow it with: lectern status {job_id} --watch", Exit.INTERRUPTED
        ) from None


def submit_command(options: Namespace, output: Output) -> Exit:
    if len(options.sources) > 1 or options.group is not None:
        return submit_group(options, output)
    api = connect(options, output)
    job = hand_in(api, order_of(options, options.sources[0]), output)
    job_id = str(job["id"])
    if not (options.wait or options.out):
        hint = f"Follow it with: lectern status {plain(job_id)} --watch"
        output.result(job, plain(job_id) if output.quiet else hint)
        return Exit.OK
    document = watch(api, job_id, output)
    if options.out and document["status"] == "succeeded":
        names = [str(a["name"]) for a in results.artifacts(api, job_id)]
        with bar(output.screen(), "fetching", quiet=output.quiet) as progress:
            results.fetch(api, job_id, [*names, results.SLIDES], Path(options.out), progress)
    return _tell_end(document, output)


def _tell_end(document: Json, output: Output) -> Exit:
    output.result(document, plain(document["id"]) if output.quiet else describe_job(document))
    if document["status"] == "succeeded":
        return Exit.OK
    if output.quiet:  # the id alone would not say why
        why = plain((document.get("error") or {}).get("message")) or "no reason was given"
        output.aside(f"The job {plain(document['id'])} {plain(document['status'])}: {why}")
    return Exit.FAILED


def list_command(options: Namespace, output: Output) -> Exit:
    api = connect(options, output)
    jobs: list[Json] = []
    cursor: str | None = None
    while len(jobs) < options.limit:
        wanted = {"limit": min(options.limit - len(jobs), 200), "cursor": cursor}
        page = api.get("/api/jobs", params={"status": options.status, "kind": options.kind, **wanted})
        jobs += page["jobs"]
        cursor = page.get("next_cursor")
        if not cursor:
            break
    lines = [
        f"{plain(j['id']):<36}  {plain(j['status']):<10}  {plain(j['kind']):<12}"
        f"  {plain(j.get('created_at'))[:19]:<19}  {plain(j.get('title'))}"
        + (f"  ({where})" if (where := standing(j)) else "")
        for j in jobs
    ]
    text = "\n".join(plain(j["id"]) for j in jobs) if output.quiet else "\n".join(lines) or "No jobs."
    output.result({"jobs": jobs, "next_cursor": cursor}, text)
    return Exit.OK


def status_command(options: Namespace, output: Output) -> Exit:
    api = connect(options, output)
    if options.watch:
        return _tell_end(watch(api, options.id, output), output)
    document = api.get(job_path(options.id))
    output.result(document, plain(document["status"]) if output.quiet else describe_job(document))
    return Exit.OK


def get_command(options: Namespace, output: Output) -> Exit:
    """List what a job made; with names or --all, fetch it."""
    api = connect(options, output)
    listed = results.artifacts(api, options.id)
    if not (options.names or options.all):
        lines = [f"{int(a['size']):>12}  {plain(a['name'])}" for a in listed]
        output.result({"artifacts": listed}, "\n".join(lines) or "Nothing yet.")
        return Exit.OK
    names = [str(a["name"]) for a in listed] + [results.SLIDES] if options.all else options.names
    with bar(output.screen(), "fetching", quiet=output.quiet) as progress:
        written = results.fetch(api, options.id, names, Path(options.out), progress)
    files = [{"path": str(path), "size": path.stat().st_size} for path in written]
    output.result({"files": files}, "\n".join(str(path) for path in written) or "Nothing yet.")
    return Exit.OK


def cancel_command(options: Namespace, output: Output) -> Exit:
    return _order(options, output, "cancel")


def retry_command(options: Namespace, output: Output) -> Exit:
    return _order(options, output, "retry")


def _order(options: Namespace, output: Output, verb: str) -> Exit:
    api = connect(options, output)
    document = api.post(job_path(options.id, verb))
    output.result(document, f"{options.id} {plain(document.get('status', 'asked to ' + verb))}")
    return Exit.OK


def remove_command(options: Namespace, output: Output) -> Exit:
    api = connect(options, output)
    if options.cancel:
        api.call("POST", job_path(options.id, "cancel"), accept=frozenset({409}))  # 409: it has ended
        follow_up = watch(api, options.id, Output(as_json=output.as_json, quiet=True))
        assert follow_up["status"] in ENDED
    api.call("DELETE", job_path(options.id))
    output.result({"id": options.id, "removed": True}, f"{options.id} removed")
    return Exit.OK


def health_command(options: Namespace, output: Output) -> Exit:
    """The state of each component; UNREACHABLE when the server is not well."""
    api = connect(options, output)
    response = api.call("GET", "/api/health", accept=frozenset({503}), repeatable=False)
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict) or "status" not in document:
        raise CommandError(f"What answers at {api.url} is not Lectern.", Exit.UNREACHABLE)
    lines = [f"{plain(document['status'])}  {api.url}"]
    for name, part in (document.get("components") or {}).items():
        lines.append(f"  {plain(name):<12} {plain(part.get('status'))}  {plain(part.get('detail'))}".rstrip())
    output.result(document, "\n".join(lines))
    return Exit.OK if document["status"] == "ok" else Exit.UNREACHABLE
