"""A benchmark for the table of benchmarks."""

import sys


def command(parser):
    parser.add_argument("--times", type=int, default=1)
    parser.set_defaults(run=main)


def main(options):
    sys.stdout.write(" ".join(["toy"] * options.times) + "\n")
    return options.times
