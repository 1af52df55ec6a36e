"""The stages of a lecture, each a function from Work to Product."""
