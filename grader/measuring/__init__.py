"""From a transformer to the scores of its heads. Scores follow from the code here and in `grader.kinds`."""
