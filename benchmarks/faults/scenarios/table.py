"""The table of faults, in the order in which they are told of."""

from __future__ import annotations

from benchmarks.faults.scenarios import Scenario, burdens, deaths, meetings, schedule, servers

RECOVERY = "recovery_p99_s"  # of all that a scenario measured
TABLE = (
    Scenario(
        "kills",
        "kill -9 of a worker's child, or of a whole worker, under load",
        "p99 ≤ 30 s",
        {RECOVERY: 30},
        deaths.kills,
        workers=3,
    ),
    Scenario(
        "commit-publish",
        "a crash between commit and publish",
        "≤ 15 s",
        {RECOVERY: 15},
        deaths.between_commit_and_publish,
    ),
    Scenario(
        "broker-gone",
        "Redis flushed; killed and started empty",
        "≤ 30 s",
        {RECOVERY: 30},
        servers.broker_gone,
    ),
    Scenario(
        "black-hole", "Redis black-holed for 60 s", "≤ 30 s after it", {RECOVERY: 30}, servers.black_hole
    ),
    Scenario(
        "database",
        "PostgreSQL restarted every 5–40 s",
        "100 %, 503",
        {"not_503": 0},
        servers.database_restarts,
    ),
    Scenario("tenfold", "each message delivered 10 times", "0 double", {}, servers.tenfold),
    Scenario("lost-commit", "the answer to every tenth COMMIT lost", "0 double", {}, servers.lost_commit),
    Scenario("fan-in", "three parents that end at once, 5,000 times", "1 release", {}, meetings.fan_in),
    Scenario("frozen", "SIGSTOP of a worker past its lease", "refused", {}, deaths.frozen),
    Scenario(
        "poison",
        "jobs that crash, hog memory, never end",
        "≤ 3 attempts",
        {"attempts": 3, "neighbours_harmed": 0},
        burdens.poison,
        burdens.POISON_LIMITS,
    ),
    Scenario(
        "beats",
        "two beats; none for 5 min",
        "one a slot",
        {"missed_made_up": 0},
        schedule.beats,
        {"BEAT_TICK_S": "1"},
    ),
    Scenario(
        "rolling",
        "rolling restart of API and workers",
        "0 failed",
        {"failed_requests": 0},
        deaths.rolling_restart,
    ),
    Scenario("flood", "one tenant submits 10,000 jobs", "others ≤ 2 ×", {"grew": 2}, burdens.flood),
    Scenario("disk-full", "the files' disk is full", "100 % clean", {}, burdens.disk_full),
)
