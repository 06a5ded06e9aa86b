"""Several applications in one driver, one right after the other."""

import sys

from talk import hear, session

from exporter import Counter

before = Counter("before", "Counted right before a session begins")
within = Counter("within", "Counted right after a session began and right before it ends")


def main():
    """Run three applications at the same address of the UI."""
    for number in range(1, 4):
        before.inc(number)
        spark = session("local[1]", **{"spark.ui.port": sys.argv[1]})
        within.inc(10 * number)
        hear("next")
        within.inc(1)
        spark.stop()


if __name__ == "__main__":
    main()
