"""The list of erasures: who must stay erased when an older copy of the ledger is brought back.

It lies beside the ledger and not in it, so that a backup from before an erasure does not undo it. It holds no name,
only a keyed hash of platform and student: it recognises a student in a ledger, and names nobody who is in none.
"""

import hmac
import json
import secrets
from datetime import datetime
from hashlib import sha256

from grader.base import home
from grader.base.errors import GraderError
from grader.base.files import PRIVATE, write_once, write_whole
from grader.base.names import plain
from grader.ledger import KnownStudent

FILE, KEY = "erasures.jsonl", "erasures.key"
"""The list, and the key of its hashes; both belong to every backup, and the newest list counts."""
KEY_BYTES = 32


class ListedErasures:
    """The list of one grader's home."""

    def __init__(self) -> None:
        """Read the list, and make its key if there is none.

        Raises:
            GraderError: It cannot be read or written.
        """
        folder = home.writable_folder()
        self.path = folder / FILE
        try:
            self._key = write_once(folder / KEY, secrets.token_bytes(KEY_BYTES))
            text = self.path.read_text("utf-8") if self.path.exists() else ""
            lines = [json.loads(line) for line in text.splitlines()]
            self._listed = {str(line["student"]): str(line["erased_at"]) for line in lines}
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise GraderError(f"{folder}: the list of erasures cannot be read ({error}); bring it back") from None

    def when(self, who: KnownStudent) -> datetime | None:
        """Return when the student was erased; None for never."""
        text = self._listed.get(self._digest(who))
        return datetime.fromisoformat(text) if text else None

    def add(self, who: KnownStudent, when: datetime) -> None:
        """Write the student down, before anything is erased: what was begun must be finished after a restore, too."""
        self._listed[self._digest(who)] = when.isoformat()
        lines = (f"{json.dumps({'student': student, 'erased_at': at})}\n" for student, at in self._listed.items())
        write_whole(self.path, "".join(lines).encode(), PRIVATE)

    def _digest(self, who: KnownStudent) -> str:
        return hmac.new(self._key, f"{who.platform}\0{plain(who.student)}".encode(), sha256).hexdigest()
