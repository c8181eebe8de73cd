"""The explorer: one page on which heads are looked at, claimed and handed in."""
