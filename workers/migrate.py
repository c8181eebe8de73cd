"""`python -m workers.migrate`: bring the ledger's tables up to date, and say so; every process does it as well."""

import sys

from grader.base.errors import GraderError
from grader.ledger.database import SCHEMA, Database

if __name__ == "__main__":
    try:
        with Database() as database:
            sys.stdout.write(f"{database.where}: schema {SCHEMA}\n")
    except GraderError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
