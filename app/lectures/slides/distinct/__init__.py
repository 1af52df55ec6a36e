"""From states to distinct slides, and what is left out of them.

In: states in time order, without those that are only how the next one comes (`coming`). Out: a `SlideBook`
(`dedupe`) with each slide once, when it was shown, and what was shown between. Once all are known,
`burnt_in`, `resized`, `portrait`, `rims`, `scrolled` and `programs` leave out what is no slide of its own;
what a window says in its bars is read by `program_bars` and understood by `program_words`.
"""
