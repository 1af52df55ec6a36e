"""How two looks relate.

In: looks. Out: a `Relation`, as `relate` in `relation` says: the same slide, a build of it, a tweak,
another slide. It asks where they differ (`places`), and what of that is a pointer, text that gave way to
text, a figure drawn anew, a cover drawn off, a camera's exposure. `overlay` tells what lay over a slide for
a while, `edge_bits` which looks have too little in common to be compared, `noise` what the picture does by
itself.
"""
