"""The students of a course as their instructor sees them: who they are, how far they are, what was decided."""
