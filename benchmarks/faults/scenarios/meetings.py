"""Parents that end at the same moment, each of which could take another to be the last."""

from __future__ import annotations

from typing import Any

from app.composition import build_platform
from app.jobs.submit import NewJob, submit_many
from app.settings import load
from benchmarks.faults.rig import Rig
from benchmarks.faults.scenarios import Size
from benchmarks.lab.catalogue import CATALOGUE
from benchmarks.lab.repertoire import LAB
from workers.celery_app import make_celery
from workers.celery_queue import CeleryQueue

_BATCH = 500

_MEETINGS = """
WITH ends AS (
  SELECT job_id, count(*) AS ended, max(at) FILTER (WHERE data->>'stage' <> 'meet') AS last
  FROM events WHERE type = 'stage.succeeded' GROUP BY job_id
), starts AS (
  SELECT job_id, count(*) AS times, min(at) AS first FROM events
  WHERE type = 'stage.started' AND data->>'stage' = 'meet' GROUP BY job_id
), effects AS (
  SELECT job_id, (array_agg(began ORDER BY at DESC))[1] AS last_began,
         (array_agg(at ORDER BY at DESC))[2] AS before
  FROM lab_effects WHERE stage <> 'meet' GROUP BY job_id
)
SELECT count(*),
       count(*) FILTER (WHERE ended = 4 AND times = 1 AND first >= last),
       count(*) FILTER (WHERE last_began <= before)
FROM ends JOIN starts USING (job_id) JOIN effects USING (job_id)
"""


def fan_in(rig: Rig, size: Size) -> dict[str, Any]:
    """Thousands of jobs in which three stages end at the same stroke of the clock; a fourth, in another
    queue, waits.

    `released_once`: the fourth was started once, after all three. `at_once`: the last of the three had begun
    to end before the one before it had, so that their transactions met.
    """
    settings = load({k: v for k, v in rig.stack.environ.items() if k.isupper()})
    platform = build_platform(settings, CeleryQueue(make_celery(settings, CATALOGUE), timeout_s=5.0), LAB)
    rounds = size.of(60, 1000, 5000)
    for first in range(0, rounds, _BATCH):
        for made in submit_many(platform, [NewJob("local", "meet")] * min(_BATCH, rounds - first)):
            rig.load.acknowledge(made.job_id)
    rig.settle(size.of(120, 300, 900))
    platform.db.close()
    ended, once, at_once = rig.query(_MEETINGS)[0]
    assert ended == once == rounds, (rounds, ended, once)
    assert at_once >= size.of(0, 50, 250), "too few met to show anything"
    return {"rounds": rounds, "released_once": once, "at_once": at_once}
