"""Benchmarks, each run by one command; none of them is a test."""
