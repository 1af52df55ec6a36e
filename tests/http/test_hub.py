"""The hub wakes whoever follows a job, over memory and over a real Redis, across its outage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from app.cache import Cache
from app.cache.memory import MemoryCache
from app.cache.redis import RedisCache
from app.http.hub import Hub, heard
from app.jobs.status import channel
from workers.local.servers import start_redis, stop_redis


@pytest.fixture(params=["memory", "redis"])
def cache(request: pytest.FixtureRequest) -> Iterator[Cache]:
    if request.param == "memory":
        yield MemoryCache()
        return
    made = RedisCache(request.getfixturevalue("redis_url"))
    yield made
    made.close()


async def until(truth: Callable[[], bool], seconds: float = 15.0) -> None:
    async with asyncio.timeout(seconds):
        while not truth():  # noqa: ASYNC110 - what is waited for is not ours to signal
            await asyncio.sleep(0.05)


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_followers_of_a_job_are_woken_and_others_not(cache: Cache) -> None:
    async def story() -> None:
        hub = Hub(cache)
        with hub.follow("job_1") as ear, hub.follow("job_1") as second, hub.follow("job_2") as other:
            listening = asyncio.create_task(hub.run())
            await until(lambda: hub.connected)
            assert await heard(ear, 5)  # whoever came before the connection stood looks once
            second.clear()
            other.clear()
            await asyncio.to_thread(cache.notify, channel("job_1"), b"7")
            await asyncio.to_thread(cache.notify, channel("job_1"), b"progress")
            assert await heard(ear, 5)
            assert await heard(second, 5)
            assert not await heard(other, 0.3)
        await asyncio.to_thread(cache.notify, channel("job_1"), b"8")  # nobody is left, nobody minds
        await stop(listening)

    asyncio.run(story())


@pytest.mark.services
def test_an_outage_of_redis_is_noticed_and_outlived(tmp_path: Path) -> None:
    url = start_redis(tmp_path, durable=False)
    cache = RedisCache(url)

    async def story() -> None:
        hub = Hub(cache)
        listening = asyncio.create_task(hub.run())
        with hub.follow("job_1") as ear:
            await until(lambda: hub.connected)
            assert hub.poll_s > 5
            ear.clear()
            await asyncio.to_thread(stop_redis, tmp_path)
            assert await heard(ear, 15)  # told to look for itself
            assert not hub.connected
            assert hub.poll_s <= 1
            again = await asyncio.to_thread(start_redis, tmp_path, durable=False)
            assert again == url
            await until(lambda: hub.connected)
            assert await heard(ear, 5)  # what was said meanwhile is lost, so it looks again
        await stop(listening)

    try:
        asyncio.run(story())
    finally:
        stop_redis(tmp_path)
        cache.close()
