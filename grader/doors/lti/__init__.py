"""The LTI 1.3 tool: courses of Canvas, Moodle and others come in here, and their grades go back."""
