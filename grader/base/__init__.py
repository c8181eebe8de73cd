"""What every other part stands on: errors, the language of messages, folders, files, the environment."""
