"""The processes of the service; their logic is in `grader.service`."""
