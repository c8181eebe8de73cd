"""From scores and claims to a report: thresholds applied, points counted, hashes taken."""
