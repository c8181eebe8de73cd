"""The page with a server beside it, which computes patterns and takes claims."""
