"""Inputs with mistakes, made at random, that must be answered by the product's own errors."""
