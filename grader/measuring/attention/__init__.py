"""Attention as a transformer computes it: streamed layer by layer."""
