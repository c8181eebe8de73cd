"""Reports for people and for programs: formats, pages, drawings, and the words that they share."""
