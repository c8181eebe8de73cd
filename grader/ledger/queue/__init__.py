"""The queue's rows: submissions that came in, their grading, the answers that are owed, and dead letters."""
