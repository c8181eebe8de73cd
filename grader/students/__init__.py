"""Students: XP, achievements, hints, offline work; and a whole class."""
