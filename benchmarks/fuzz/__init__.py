"""Fuzzing of everything that is read: mutated inputs for the real code, which must answer each properly and soon."""
