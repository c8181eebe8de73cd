"""Heads replaced: what a transformer is worse at without them, and what other heads then see."""
