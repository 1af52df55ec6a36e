"""Telling owners elsewhere that something ended: the outbox, its senders, and how both are managed."""
