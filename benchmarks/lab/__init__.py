"""A laboratory: Lectern’s heart, workers, child processes and storage, with kinds of jobs that do as told.

    python -m benchmarks.lab.api --port N            the API, as asgi.py serves it
    python -m benchmarks.lab.worker worker | beat    workers, as celery_worker.py runs them
    benchmarks.lab.stack.Stack                       starts them as processes, with servers of their own

Nothing here is part of the product; what runs is the product with another repertoire.
"""
