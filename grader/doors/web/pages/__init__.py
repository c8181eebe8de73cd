"""The pages behind the web door: for students, for those who teach, and for operators."""
