"""Which moments of a recording to look at, and what moves in them.

In: frames and packets. Out: looks in time order, from `Survey` (`screen`: key frames, and more where
something is in doubt) or `CameraSurvey` (`camera`: everything, straightened). `motion` tells what moves at
one moment and how noisy the picture is, `memory` what goes on counting as moving, `doubt` how far to decode
between two key frames, `sampling` at which frames to look there, `standing` whether a camera films at all.
"""
