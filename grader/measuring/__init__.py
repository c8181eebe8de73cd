"""From a transformer to the scores of its heads. What a score follows from is in this folder and in `grader.kinds`."""
