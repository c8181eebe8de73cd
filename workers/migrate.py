"""`python -m workers.migrate`: brings the ledger's tables up to date; every process does so as well."""

import sys

from grader.base.errors import GraderError
from grader.ledger import SCHEMA, Ledger

if __name__ == "__main__":
    try:
        with Ledger() as ledger:
            sys.stdout.write(f"{ledger.where}: schema {SCHEMA}\n")
    except GraderError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
