"""The picture of a slide.

In: looks at it while they pass, and later the file. Out: which frames its picture is made from, and what of
each to use (`shots`, `plate`, `uncovered`); and the image (`images`), put together from these (`composite`)
without what was written on the slide by hand (`unwritten`, `ink`, `pieces`).
"""
