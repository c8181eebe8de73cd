"""The web door: submissions, results and pages over HTTP."""
