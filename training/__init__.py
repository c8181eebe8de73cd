"""The making of the embedded transformer: all of its text, its tokenizer, its training, in one command."""
