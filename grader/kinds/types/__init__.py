"""The types of head, one file each; the registry finds them here."""
