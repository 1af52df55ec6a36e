"""The routes of webhooks and their deliveries."""

from __future__ import annotations

from app.http import schemas_webhooks as s
from app.http.operation import Operation, json_of

_ALL = "/api/webhooks"
_ONE = _ALL + "/{webhook_id}"

WEBHOOKS: tuple[Operation, ...] = (
    Operation("webhooks.index", "get", _ALL, "Your webhooks", {200: ("Oldest first", s.WebhookList)}),
    Operation(
        "webhooks.add",
        "post",
        _ALL,
        "Be told when jobs end (Standard Webhooks)",
        {201: ("The webhook, and its secret this once", s.WebhookWithSecret)},
        (400, 409, 413, 415, 422),
        body=json_of(s.NewWebhook),
    ),
    Operation("webhooks.show", "get", _ONE, "A webhook", {200: ("It", s.WebhookDocument)}, (404,)),
    Operation(
        "webhooks.change",
        "patch",
        _ONE,
        "Change a webhook, disable or enable it",
        {200: ("As it is now", s.WebhookDocument)},
        (400, 404, 413, 415, 422),
        body=json_of(s.ChangeWebhook),
    ),
    Operation(
        "webhooks.remove", "delete", _ONE, "End a webhook and its deliveries", {204: ("Gone", None)}, (404,)
    ),
    Operation(
        "webhooks.rotate",
        "post",
        _ONE + "/rotate",
        "A new secret; the old one signs beside it for a while",
        {201: ("The webhook, and its new secret this once", s.WebhookWithSecret)},
        (400, 404, 413, 415, 422),
        body=json_of(s.RotateSecret),
    ),
    Operation(
        "webhooks.test",
        "post",
        _ONE + "/test",
        "Send a message of the type webhook.test",
        {202: ("Its delivery, due now", s.DeliveryDocument)},
        (404, 409),
    ),
    Operation(
        "webhooks.list_deliveries",
        "get",
        _ONE + "/deliveries",
        "What was and is to be told, newest first",
        {200: ("A page", s.DeliveryPage)},
        (404, 422),
        query=s.DeliveryQuery,
    ),
    Operation(
        "webhooks.replay",
        "post",
        _ONE + "/deliveries/{delivery_id}/replay",
        "Send a message once more, under its old id",
        {202: ("Its delivery, due now", s.DeliveryDocument)},
        (404, 409),
    ),
    Operation(
        "webhooks.replay_failed",
        "post",
        _ONE + "/replay",
        "Send once more all that failed for good",
        {202: ("How many are due again", s.ReplayedDeliveries)},
        (400, 404, 409, 413, 415, 422),
        body=json_of(s.ReplayFailed),
    ),
)
