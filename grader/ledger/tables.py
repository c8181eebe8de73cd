"""The tables of the ledger's database. Every change of them is a migration."""

import sqlalchemy as sa

METADATA = sa.MetaData()

REPORTS = sa.Table(
    "reports",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("submission", sa.Text, nullable=False, index=True),
    sa.Column("first_of", sa.Text, unique=True),  # the submission again; null in a regrade
    sa.Column("platform", sa.String(64), nullable=False, server_default="local"),
    sa.Column("student", sa.Text, nullable=False),
    sa.Column("exercise", sa.Text, nullable=False),
    sa.Column("exercise_version", sa.Integer, nullable=False),
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("identity", sa.String(64)),  # see `schema.content`
    sa.Column("replaces", sa.Integer, sa.ForeignKey("reports.id"), unique=True),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("report", sa.Text, nullable=False),
    sa.Column("created_at", sa.String(32), nullable=False),
    sqlite_autoincrement=True,
)
sa.Index("reports_student", REPORTS.c.platform, REPORTS.c.student, REPORTS.c.exercise, REPORTS.c.identity)

SUBMISSIONS = sa.Table(
    "submissions",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("platform", sa.String(64), nullable=False),
    sa.Column("submission_id", sa.String(128), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),  # of everything that was handed in
    sa.Column("content", sa.String(64)),  # of what is graded; null where it cannot be read
    sa.Column("student", sa.Text),
    sa.Column("course", sa.Text),  # as the platform named it
    sa.Column("exercise", sa.Text),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("received_at", sa.String(32), nullable=False),
    sa.Column("credit", sa.Float, nullable=False),  # the part of the score that lateness leaves
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("wake_at", sa.String(32), nullable=False),  # the time at which the dispatcher looks at it again
    sa.Column("lease", sa.String(32)),  # the token of the worker that is grading it
    sa.Column("tried_at", sa.String(32)),
    sa.Column("failed_at", sa.String(32)),
    sa.Column("losses", sa.Integer, nullable=False, server_default="0"),  # of a process that graded it
    sa.Column("lost_at", sa.String(32)),
    sa.Column("finished_at", sa.String(32)),
    sa.Column("reason", sa.Text, nullable=False),  # of the last failure
    sa.Column("problems", sa.Text, nullable=False),  # the reasons why it was rejected, as JSON
    sa.Column("next_allowed", sa.String(32)),
    sa.Column("report", sa.Integer, sa.ForeignKey("reports.id")),
    sa.Column("waits_for", sa.Text),  # what is wrong with its exercise; null if nothing is
    sa.Column("revision", sa.Integer, nullable=False, server_default="0"),  # of its answer
    sa.UniqueConstraint("platform", "submission_id", name="submissions_once"),
    sqlite_autoincrement=True,
)
sa.Index("submissions_waiting", SUBMISSIONS.c.state, SUBMISSIONS.c.wake_at)
sa.Index("submissions_student", SUBMISSIONS.c.platform, SUBMISSIONS.c.student, SUBMISSIONS.c.exercise)
sa.Index("submissions_failed", SUBMISSIONS.c.failed_at)
sa.Index("submissions_lost", SUBMISSIONS.c.lost_at)
sa.Index("submissions_finished", SUBMISSIONS.c.state, SUBMISSIONS.c.finished_at)

DELIVERIES = sa.Table(
    "deliveries",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("submission", sa.Integer, sa.ForeignKey("submissions.id"), nullable=False),
    sa.Column("channel", sa.String(16), nullable=False),  # `stream`, `webhook` or `lti`
    sa.Column("message", sa.String(64), nullable=False),  # its id, the same over all tries
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("wake_at", sa.String(32)),  # the time of the next try; null once it is delivered
    sa.Column("reason", sa.Text, nullable=False),  # of the last failure
    sa.Column("delivered_at", sa.String(32)),
    sa.Column("line_item", sa.Integer),  # of `line_items`, by the channel `lti`
    sqlite_autoincrement=True,
)
sa.Index("deliveries_waiting", DELIVERIES.c.wake_at)
sa.Index("deliveries_submission", DELIVERIES.c.submission)

DEAD_LETTERS = sa.Table(
    "dead_letters",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("source", sa.String(96), nullable=False),  # the stream or list that it came from
    sa.Column("entry", sa.String(64), nullable=False),  # its id there
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False),  # its fields as JSON; only the beginning if they are too long
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("came_at", sa.String(32), nullable=False),
    sa.Column("replayed_at", sa.String(32)),  # or dismissed
    sa.UniqueConstraint("source", "entry", name="dead_letters_once"),
    sqlite_autoincrement=True,
)

HINTS = sa.Table(
    "hints",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("platform", sa.String(64), nullable=False, server_default="local"),
    sa.Column("student", sa.Text, nullable=False),
    sa.Column("exercise", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("rung", sa.String(16), nullable=False),  # the name of the kind's hint
    sa.Column("cost", sa.Integer, nullable=False),
    sa.Column("taken_at", sa.String(32), nullable=False),
    sa.UniqueConstraint("platform", "student", "exercise", "kind", "rung", name="hints_once"),
    sqlite_autoincrement=True,
)

HANDED_IN = sa.Table(  # submissions that were graded at this terminal and then handed in to a platform
    "handed_in",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("queue", sa.Text, nullable=False),  # the server's address
    sa.Column("platform", sa.String(64), nullable=False),
    sa.Column("submission_id", sa.String(128), nullable=False),  # computed from student and content
    sa.Column("refused", sa.Integer, nullable=False),  # number of times
    sa.Column("state", sa.String(16), nullable=False),  # its last state on the platform
    sa.Column("again_at", sa.String(32)),  # the time from which it may be handed in again; null for never
    sa.Column("reason", sa.Text, nullable=False),  # of the refusal
    sa.UniqueConstraint("queue", "platform", "submission_id", name="handed_in_once"),
    sqlite_autoincrement=True,
)

VERSIONS = sa.Table(  # of exercises, as they were when their first submission was graded
    "versions",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("exercise", sa.String(64), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("content", sa.Text, nullable=False),  # the part that decides grades, as JSON
    sa.Column("used_at", sa.String(32), nullable=False),
    sa.UniqueConstraint("exercise", "version", name="versions_once"),
    sqlite_autoincrement=True,
)

TOKENS = sa.Table(  # of the web door
    "tokens",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("platform", sa.String(64), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),  # the token itself is nowhere
    sa.Column("scopes", sa.Text, nullable=False),  # separated by spaces
    sa.Column("student", sa.Text),  # the only one whose work it opens; null for the platform's own
    sa.Column("made_at", sa.String(32), nullable=False),
    sa.Column("expires_at", sa.String(32)),  # null for never
    sa.Column("used_at", sa.String(32)),  # to the hour
    sa.Column("revoked_at", sa.String(32)),
    sa.Column("role", sa.String(16)),  # as which somebody signs in with it; null if nobody does
    sa.Column("course", sa.Text),  # the only one that it opens
    sqlite_autoincrement=True,
)

ROSTER = sa.Table(  # the students of a course, as its instructor or its platform listed them
    "roster",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("platform", sa.String(64), nullable=False),
    sa.Column("course", sa.Text, nullable=False),  # as the platform named it; empty if it named none
    sa.Column("student", sa.Text, nullable=False),
    sa.Column("section", sa.Text, nullable=False),  # empty for none
    sa.Column("name", sa.Text, nullable=False),  # empty unless it was given
    sa.Column("listed_at", sa.String(32)),
    sa.UniqueConstraint("platform", "course", "student", name="roster_once"),
    sqlite_autoincrement=True,
)
sa.Index("roster_student", ROSTER.c.platform, ROSTER.c.student)

ADJUSTMENTS = sa.Table(  # decisions for one student on one exercise; an undone one stays, and counts no more
    "adjustments",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("platform", sa.String(64), nullable=False),
    sa.Column("student", sa.Text, nullable=False),
    sa.Column("exercise", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("value", sa.Text, nullable=False),  # the deadline, the number of attempts, or the score
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("made_by", sa.Text, nullable=False),
    sa.Column("made_at", sa.String(32), nullable=False),
    sa.Column("undone_by", sa.Text),
    sa.Column("undone_at", sa.String(32)),
    sqlite_autoincrement=True,
)
sa.Index("adjustments_student", ADJUSTMENTS.c.platform, ADJUSTMENTS.c.student, ADJUSTMENTS.c.exercise)

ERASURES = sa.Table(  # that students were erased; not who
    "erasures",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("erased_by", sa.Text, nullable=False),
    sa.Column("erased_at", sa.String(32), nullable=False),
    sa.Column("submissions", sa.Integer, nullable=False),
    sa.Column("reports", sa.Integer, nullable=False),
    sqlite_autoincrement=True,
)

MEASUREMENTS = sa.Table(  # of every head of an exercise's transformer, while they are under way
    "measurements",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("exercise", sa.String(64), nullable=False),
    sa.Column("done", sa.Float, nullable=False),  # 0 to 1
    sa.Column("told_at", sa.String(32), nullable=False),
    sa.UniqueConstraint("exercise", name="measurements_once"),
    sqlite_autoincrement=True,
)

SESSIONS = sa.Table(  # of people at the web door's pages
    "sessions",
    METADATA,
    sa.Column("digest", sa.String(64), primary_key=True),  # of what the browser shows
    sa.Column("platform", sa.String(64), nullable=False),
    sa.Column("student", sa.Text, nullable=False),  # empty for somebody who is no student
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("course", sa.Text),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("framed_by", sa.Text, nullable=False),  # origins, separated by spaces
    sa.Column("token", sa.Integer, sa.ForeignKey("tokens.id")),  # with which it began; null after a launch
    sa.Column("ends_at", sa.String(32), nullable=False),
)
sa.Index("sessions_ends_at", SESSIONS.c.ends_at)

LTI_REGISTRATIONS = sa.Table(  # of platforms that registered themselves; those of `platforms.yaml` are not here
    "lti_registrations",
    METADATA,
    sa.Column("platform", sa.String(64), primary_key=True),
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("client_id", sa.Text, nullable=False),
    sa.Column("deployments", sa.Text, nullable=False),  # as JSON
    sa.Column("auth_login_url", sa.Text, nullable=False),
    sa.Column("auth_token_url", sa.Text, nullable=False),
    sa.Column("jwks_url", sa.Text, nullable=False),
    sa.Column("audience", sa.Text, nullable=False),
    sa.Column("registered_at", sa.String(32), nullable=False),
)

LTI_INVITATIONS = sa.Table(  # links by which a platform may register once
    "lti_invitations",
    METADATA,
    sa.Column("digest", sa.String(64), primary_key=True),  # of the token in the link
    sa.Column("platform", sa.String(64), nullable=False),
    sa.Column("until", sa.String(32), nullable=False),
    sa.Column("used_at", sa.String(32)),
)

LTI_NONCES = sa.Table(  # of launches that were let in: each is good once
    "lti_nonces",
    METADATA,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("until", sa.String(32), nullable=False),  # from then on, its launch would be too old anyway
)
sa.Index("lti_nonces_over", LTI_NONCES.c.until)

LTI_COURSES = sa.Table(  # the addresses at which platforms list the members of courses
    "lti_courses",
    METADATA,
    sa.Column("platform", sa.String(64), primary_key=True),
    sa.Column("course", sa.String(256), primary_key=True),
    sa.Column("memberships_url", sa.Text, nullable=False),
)

LINE_ITEMS = sa.Table(  # the places of students' scores in platforms' gradebooks, and what was sent there last
    "line_items",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("platform", sa.String(64), nullable=False),
    sa.Column("course", sa.Text, nullable=False),  # empty if the platform names none
    sa.Column("exercise", sa.Text, nullable=False),
    sa.Column("student", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("sought", sa.Text),  # where it is to be found or made; null if the link named it
    sa.Column("score", sa.Float),  # sent last; null for no grade
    sa.Column("stamp", sa.String(32)),  # the time that was sent with it; null before the first
    sa.Column("answer", sa.String(8), nullable=False),  # of the platform: `taken`, `refused` or `unknown`
    sa.Column("trouble", sa.Text, nullable=False),  # for the operator; empty if there is none
    sa.Column("busy_until", sa.String(32)),  # a courier is sending; null if none is
    sa.Column("launched_at", sa.String(32)),  # the last time
    sa.UniqueConstraint("platform", "student", "url", name="line_items_once"),
    sqlite_autoincrement=True,
)
sa.Index("line_items_student", LINE_ITEMS.c.platform, LINE_ITEMS.c.student, LINE_ITEMS.c.exercise)
sa.Index("line_items_sought", LINE_ITEMS.c.platform, LINE_ITEMS.c.sought)
