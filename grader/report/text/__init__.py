"""Words and lines that several formats share."""
