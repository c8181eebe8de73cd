"""Interventions: the outputs of heads replaced, and what that does to predictions and to later heads."""
