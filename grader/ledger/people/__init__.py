"""The people in a ledger: rosters, what instructors decide for one student, and everything that is kept of one."""
