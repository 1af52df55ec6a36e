"""What is measured, each a program of its own: `run_X.py VIDEO FOLDER [METHOD]` writes FOLDER/slides.json.

Peers run in environments of their own and import nothing of ours but `cuts` beside them. They are asked as
their authors meant it, with the options that they have by default.
"""
