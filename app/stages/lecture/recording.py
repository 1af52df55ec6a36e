"""The recording itself: fetched if need be, and looked at before anybody works on it."""

from __future__ import annotations

from app.lectures.media import probe
from app.stages.work import Product, Work
from app.storage.fetch import fetch


def prepare(work: Work) -> Product:
    """Have the recording at hand and know what it holds. Raises BadMedia if it is none."""
    digest = work.source.get("digest")
    fetched_name = ""
    if digest is None:
        options = work.options
        digest, size, fetched_name = fetch(
            work.source["url"],
            work.storage,
            max_bytes=options.max_source_bytes,
            timeout_s=options.url_fetch_timeout_s,
            allow_private=options.allow_private_urls,
            progress=work.progress("fetching the recording"),
        )
        work.files[digest] = size
    media = probe(work.storage.path(digest))
    result = {
        "digest": digest,
        "fetched_name": fetched_name,
        "media": media.model_dump(mode="json"),
        "warnings": list(media.warnings),
    }
    return Product(result)
