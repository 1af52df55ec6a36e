"""The routes of accounts, keys and users."""

from __future__ import annotations

from app.http import schemas_accounts as s
from app.http.operation import Operation, json_of

_KEYS = "/api/account/keys"
_USERS = "/api/users"

ACCOUNTS: tuple[Operation, ...] = (
    Operation(
        "session.sign_in",
        "post",
        "/api/session",
        "Sign in from a browser: the key becomes a cookie that no script can read",
        {200: ("Who you are", s.SignedIn)},
        (400, 401, 415, 422, 503),
        body=json_of(s.SignIn),
    ),
    Operation(
        "session.sign_out", "delete", "/api/session", "Forget the cookie", {204: ("Gone", None)}, (401,)
    ),
    Operation(
        "account.show",
        "get",
        "/api/account",
        "Your account: tier, limits and what you use of them",
        {200: ("Your account", s.AccountDocument)},
    ),
    Operation("account.keys", "get", _KEYS, "Your keys that still work", {200: ("Newest first", s.KeyList)}),
    Operation(
        "account.add_key",
        "post",
        _KEYS,
        "Make a key; its scopes must be among those of the key that asks",
        {201: ("The key, and its secret this once", s.MadeKey)},
        (400, 403, 415, 422),
        body=json_of(s.NewKey),
    ),
    Operation(
        "account.rotate_key",
        "post",
        _KEYS + "/{key_id}/rotate",
        "A new secret in place of an old one",
        {201: ("The new key, and its secret this once", s.MadeKey)},
        (400, 403, 404, 415, 422),
        body=json_of(s.RotateKey),
    ),
    Operation(
        "account.revoke_key", "delete", _KEYS + "/{key_id}", "End a key", {204: ("Gone", None)}, (404,)
    ),
    Operation(
        "users.index",
        "get",
        _USERS,
        "Users (scope admin)",
        {200: ("A page, by id", s.UserPage)},
        (403, 422),
        query=s.UserQuery,
    ),
    Operation(
        "users.add_user",
        "post",
        _USERS,
        "Make a user (scope admin)",
        {201: ("The user", s.UserDocument)},
        (400, 403, 415, 422),
        body=json_of(s.NewUser),
    ),
    Operation(
        "users.change_user",
        "patch",
        _USERS + "/{user_id}",
        "Change a user's tier (scope admin)",
        {200: ("The user", s.UserDocument)},
        (400, 403, 404, 415, 422),
        body=json_of(s.ChangeUser),
    ),
    Operation(
        "users.add_key_for",
        "post",
        _USERS + "/{user_id}/keys",
        "Make a key for a user (scope admin)",
        {201: ("The key, and its secret this once", s.MadeKey)},
        (400, 403, 404, 415, 422),
        body=json_of(s.NewKey),
    ),
)
