"""Tables of scores: what they hold, what they follow from, and where they are kept."""
