"""From looks in time order to states: stretches in which the recording shows one thing.

In: looks. Out: a `State` each, gap-free: a slide, a presenter, a video, black (`segment`). It takes more
than two looks to tell a slide that never stands still (`restless`), a twin before a camera (`twins`) and
what is filmed (`lively`).
"""
