"""Run `grade`: the entry point, which takes over Ctrl-C before everything that takes time."""

from grader.base import interrupt


def main() -> None:
    """Run the command line."""
    interrupt.prepare()
    from grader.cli import main as run

    run()


if __name__ == "__main__":
    main()
