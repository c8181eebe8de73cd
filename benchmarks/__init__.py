"""What is measured against whom, each with one command; nothing here is a test."""
