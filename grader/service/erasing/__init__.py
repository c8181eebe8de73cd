"""Erasing a student: everywhere where the service keeps something, so that nothing of that student is left.

The ledger's rows, the queue's streams and its log of writes, recomputed sentences, and logs.
"""
