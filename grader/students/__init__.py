"""What a student has: XP, achievements, hints taken, offline work; and a whole class."""
