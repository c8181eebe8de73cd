"""The rows of LTI: registered platforms, launches, and the places in gradebooks where scores go."""
