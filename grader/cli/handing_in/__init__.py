"""Submissions handed in to a queue, and offline work after them."""
