"""The service without its processes: a submission becomes a row, a report, and an answer."""
