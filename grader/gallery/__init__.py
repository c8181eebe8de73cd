"""The gallery: a static site of confirmed claims that students want to show, made from the ledger alone."""
