"""The service without its processes: what a platform hands in becomes a row, a report, and an answer."""
