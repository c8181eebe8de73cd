"""Report -> terminal, JSON, HTML, Gradescope, JUnit: one file per format, and nothing imported unasked."""
