"""Renders a described lecture (slides, script) into a recording whose truth is known exactly."""
