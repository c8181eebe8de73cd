"""Exercises, found by id, loaded and checked; and the submissions to them."""

from grader.exercises.loading import (
    FILE_NAME,
    RESERVED,
    SIZE_LIMIT,
    VARIABLE,
    available,
    beyond_decoder,
    folder_of,
    folders,
    load,
    once,
    own_folders,
    read,
    shipped,
    students_page,
    within,
)

__all__ = [
    "FILE_NAME",
    "RESERVED",
    "SIZE_LIMIT",
    "VARIABLE",
    "available",
    "beyond_decoder",
    "folder_of",
    "folders",
    "load",
    "once",
    "own_folders",
    "read",
    "shipped",
    "students_page",
    "within",
]
