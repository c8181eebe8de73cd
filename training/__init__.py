"""How the embedded transformer was made: all of its text, its tokenizer, its training, in one command."""
