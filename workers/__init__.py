"""The processes of the service; what they do is in `grader.service`."""
