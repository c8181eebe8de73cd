"""Calibration: thresholds among measured heads, and what to look at before one trusts them."""
