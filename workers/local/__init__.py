"""The local stack: real PostgreSQL, Redis, API, workers, beat and Flower as plain processes of one user.

`python -m workers.local up | down | status | env`; the integration tests start their servers from here too.
"""
