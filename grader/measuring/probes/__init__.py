"""Probes: token sequences on which a kind of head cannot hide, pure in (tokenizer, seed)."""
