"""Pictures: attention patterns, the map of all heads, bars, clouds of scores."""
