"""The gallery: what students found and wish to show, as a static site that is made from the ledger alone."""
