"""A moment of the recording, and how to get at it.

In: a file. Out: what its packets tell without decoding (`packets`), frames decoded as sparingly as can be
(`frames`), and a `Look`: small luma, what moves in it, its edges (`look`). `middle` takes
medians of such arrays, `patches` finds what hangs together in a mask. Knows nothing of slides.
"""
