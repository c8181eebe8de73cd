"""HTML pages that ask nothing of a network."""
