"""Users and keys, for administrators and for oneself. A secret is shown once, when it is made."""

from __future__ import annotations

from argparse import Namespace
from urllib.parse import quote

from app.cli.client import Json
from app.cli.connection import connect
from app.cli.exits import Exit
from app.cli.output import Output
from app.cli.progress import plain

_KEYS = "/api/account/keys"
_USERS = "/api/users"


def add_user(options: Namespace, output: Output) -> Exit:
    """Make a user and their first key."""
    api = connect(options, output)
    user = api.post(_USERS, body={"name": options.name, "tier": options.tier})
    key = api.post(f"{_USERS}/{user['id']}/keys", body={"label": "first"})
    document = {**user, "key": key}
    text = f"{plain(user['id'])}  {plain(user['name'])}  {plain(user['tier'])}\n{_secret(key)}"
    output.result(document, plain(key["secret"]) if output.quiet else text)
    return Exit.OK


def list_users(options: Namespace, output: Output) -> Exit:
    api = connect(options, output)
    users: list[Json] = []
    cursor: str | None = None
    while True:
        page = api.get(_USERS, params={"limit": 200, "cursor": cursor})
        users += page["users"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    lines = [f"{plain(u['id']):<24}  {plain(u['tier']):<10}  {plain(u['name'])}" for u in users]
    text = "\n".join(plain(u["id"]) for u in users) if output.quiet else "\n".join(lines)
    output.result({"users": users}, text)
    return Exit.OK


def change_tier(options: Namespace, output: Output) -> Exit:
    api = connect(options, output)
    user = api.call("PATCH", f"{_USERS}/{quote(options.id, safe='')}", body={"tier": options.tier}).json()
    output.result(user, f"{plain(user['id'])}  {plain(user['name'])}  {plain(user['tier'])}")
    return Exit.OK


def add_key(options: Namespace, output: Output) -> Exit:
    path = f"{_USERS}/{quote(options.user, safe='')}/keys" if options.user else _KEYS
    body = {"label": options.label, "scopes": options.scope or ["read", "write"], "days": options.days}
    return _made(connect(options, output).post(path, body=body), output)


def list_keys(options: Namespace, output: Output) -> Exit:
    document = connect(options, output).get(_KEYS)
    lines = [
        f"{plain(k['id']):<37}  {plain(k['prefix'])}…  {plain(','.join(k['scopes'])):<16}"
        f"  until {plain(k['expires_at'])[:10] or 'revoked':<10}  {plain(k['label'])}"
        for k in document["keys"]
    ]
    ids = [plain(k["id"]) for k in document["keys"]]
    output.result(document, "\n".join(ids if output.quiet else lines) or "No keys.")
    return Exit.OK


def rotate_key(options: Namespace, output: Output) -> Exit:
    path = f"{_KEYS}/{quote(options.id, safe='')}/rotate"
    return _made(connect(options, output).post(path, body={"grace_s": options.grace}), output)


def revoke_key(options: Namespace, output: Output) -> Exit:
    connect(options, output).call("DELETE", f"{_KEYS}/{quote(options.id, safe='')}")
    output.result({"id": options.id, "revoked": True}, f"{options.id} revoked")
    return Exit.OK


def _made(key: Json, output: Output) -> Exit:
    output.result(key, plain(key["secret"]) if output.quiet else _secret(key))
    return Exit.OK


def _secret(key: Json) -> str:
    return f"{plain(key['id'])}  {plain(key['secret'])}   (the secret is not shown again)"
