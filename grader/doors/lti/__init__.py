"""The LTI 1.3 tool: people come in from a course, pick exercises for it, and their scores go back to its gradebook."""
