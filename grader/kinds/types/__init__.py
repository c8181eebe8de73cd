"""The types of head, one in each file; the registry finds them here."""
