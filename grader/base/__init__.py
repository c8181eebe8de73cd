"""The ground floor: errors, the language of messages, folders, files and environment variables."""
