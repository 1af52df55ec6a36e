"""One's own account and keys; and, for administrators, users."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response, jsonify, request

from app.accounts import people
from app.errors import NotFound
from app.http import parsing
from app.http.context import caller, owner_id, platform
from app.http.schemas_accounts import ChangeUser, NewKey, NewUser, RotateKey, UserQuery
from app.jobs import quotas
from app.jobs.limits import TIERS
from app.jobs.status import instant
from app.store import accounts as rows
from app.store import admission
from app.store.database import AnyRow

account = Blueprint("account", __name__, url_prefix="/api/account")
users = Blueprint("users", __name__, url_prefix="/api/users")  # needs the scope “admin”


@account.get("")
def show() -> Response:
    with platform().db.read() as conn:
        row = rows.owner(conn, owner_id())
        assert row is not None
        waiting, running = admission.counts(conn, owner_id())
        today = quotas.standing(conn, row.id, row.tier)
    use = {"used": today.used, "left": today.left, "renews_at": instant(today.renews_at)}
    about = {"id": row.id, "name": row.name, "tier": row.tier, "limits": asdict(TIERS[row.tier])}
    return jsonify(**about, running_jobs=running, waiting_jobs=waiting, jobs_today=use)


@account.get("/keys")
def keys() -> Response:
    return jsonify(keys=[_key(row) for row in people.keys_of(platform().db, owner_id())])


@account.post("/keys")
def add_key() -> tuple[Response, int]:
    return _made(_new_key(owner_id()))


@account.post("/keys/<key_id>/rotate")
def rotate_key(key_id: str) -> tuple[Response, int]:
    asked = parsing.checked(RotateKey, parsing.json_body(request))
    giver = caller().scopes
    return _made(people.rotate_key(platform().db, owner_id(), key_id, grace_s=asked.grace_s, giver=giver))


@account.delete("/keys/<key_id>")
def revoke_key(key_id: str) -> Response:
    people.revoke_key(platform().db, owner_id(), key_id)
    return Response(status=204)


@users.get("")
def index() -> Response:
    asked = parsing.query(UserQuery, request.args.items(multi=True))
    with platform().db.read() as conn:
        found = rows.owners(conn, asked.cursor or "", asked.limit + 1)
    page = found[: asked.limit]
    more = page[-1].id if len(found) > asked.limit else None
    return jsonify(users=[_user(row) for row in page], next_cursor=more)


@users.post("")
def add_user() -> tuple[Response, int]:
    asked = parsing.checked(NewUser, parsing.json_body(request))
    return jsonify(_the_user(people.add_user(platform().db, asked.name, asked.tier))), 201


@users.patch("/<user_id>")
def change_user(user_id: str) -> Response:
    asked = parsing.checked(ChangeUser, parsing.json_body(request))
    people.change_tier(platform().db, user_id, asked.tier)
    return jsonify(_the_user(user_id))


@users.post("/<user_id>/keys")
def add_key_for(user_id: str) -> tuple[Response, int]:
    """A user's first key has to come from somebody else."""
    return _made(_new_key(user_id))


def _new_key(holder: str) -> people.NewKey:
    asked = parsing.checked(NewKey, parsing.json_body(request))
    return people.add_key(
        platform().db,
        holder,
        label=asked.label,
        scopes=set(asked.scopes),
        days=asked.days,
        giver=caller().scopes,
    )


def _made(key: people.NewKey) -> tuple[Response, int]:
    response = jsonify(id=key.key_id, secret=key.secret)
    response.headers["Cache-Control"] = "no-store"
    return response, 201


def _key(row: AnyRow) -> dict[str, object]:
    times = {"created_at": instant(row.created_at), "expires_at": instant(row.expires_at)}
    return {"id": row.id, "prefix": row.prefix, "label": row.label, "scopes": row.scopes, **times}


def _user(row: AnyRow) -> dict[str, object]:
    return {"id": row.id, "name": row.name, "tier": row.tier, "created_at": instant(row.created_at)}


def _the_user(user_id: str) -> dict[str, object]:
    with platform().db.read() as conn:
        row = rows.owner(conn, user_id)
    if row is None:
        raise NotFound("There is no such user.")
    return _user(row)
