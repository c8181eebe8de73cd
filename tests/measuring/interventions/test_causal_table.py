"""What is measured for minutes is measured once, whatever else is running."""

import multiprocessing
import time
from pathlib import Path

from grader.measuring.interventions.causal_table import CausalTable
from grader.measuring.tables.results import ResultStore

KEY = "0" * 64


def measure(folder: Path, begun: Path) -> None:
    """Measure for a second, and leave a line for it."""

    def table() -> CausalTable:
        with begun.open("a") as file:
            file.write("begun\n")
        time.sleep(1)
        return CausalTable(key=KEY, effects=())

    ResultStore(folder, (), "").kept(KEY, CausalTable, table, alone=True)


def test_two_processes_that_need_the_same_table_measure_it_once(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    both = [
        multiprocessing.get_context("spawn").Process(target=measure, args=(tmp_path / "causal", begun)) for _ in "ab"
    ]

    for each in both:
        each.start()
    for each in both:
        each.join(60)

    assert begun.read_text() == "begun\n"
    assert [each.exitcode for each in both] == [0, 0]


def test_a_folder_that_takes_no_lock_is_measured_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "causal").write_text("no folder")
    begun = tmp_path / "begun"

    measure(tmp_path / "causal", begun)

    assert begun.read_text() == "begun\n"
