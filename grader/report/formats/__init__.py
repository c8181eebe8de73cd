"""A report in each of its formats, one file a format; strangers to each other."""
