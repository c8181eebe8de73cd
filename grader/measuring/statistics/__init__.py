"""Statistics of answers: shares and hits, blind heads, pooling, intervals."""
