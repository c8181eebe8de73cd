"""An autograder for transformer interpretability: claims about attention heads, verified by measurement."""

__version__ = "0.1.0"
