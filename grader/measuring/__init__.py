"""From a transformer to the scores of its heads. Scores follow from the code here and in `grader.kinds`."""

import os

os.environ.setdefault("MKL_DISABLE_FAST_MM", "1")  # else each thread keeps the buffers of its products, 3 MB and more
