"""Probes: token sequences that tell heads of a kind from others; they follow from tokenizer and settings alone."""
