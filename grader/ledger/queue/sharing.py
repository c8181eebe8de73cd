"""Sharing: rows are chosen so that a platform with very many leaves room for the others."""

import sqlalchemy as sa


def chosen(connection: sa.Connection, query: "sa.Select[int, str]", limit: int, room: dict[str, int]) -> list[int]:
    """Return up to `limit` ids, in the query's order, of each platform only as many as it has room for.

    The query selects ids and platforms. Asked once it is enough, unless a platform with more than its room comes before
    the others: then the next time leaves it out. A platform that `room` does not name has room for all.
    """
    number, platform = query.selected_columns
    ids: list[int] = []
    while True:
        full = [name for name, left in room.items() if left <= 0]
        rows = connection.execute(query.where(platform.not_in(full), number.not_in(ids)).limit(limit)).all()
        for each, name in rows:
            left = room.setdefault(name, limit)
            if left > 0 and len(ids) < limit:
                ids.append(each)
                room[name] = left - 1
        if len(rows) < limit or len(ids) == limit:
            return ids
