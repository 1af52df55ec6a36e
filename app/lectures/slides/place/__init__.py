"""Where in the picture the slide is.

In: small pictures from all over a recording. Out, once for the whole recording: of a screen a `Crop`, if
the slides take part of it (`cropping` asks `bars`, `window` and `dark_rim`); of a projection filmed in a
room a `Region` (`region`), which `straighten` finds again in each frame and makes a rectangle of.
"""
