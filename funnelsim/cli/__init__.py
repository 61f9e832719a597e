"""The command line: what the library says, in a terminal and in CI.

Exit codes: 0 fine, 1 a guard is broken, 2 the input is wrong, 69 a cluster failed, 70 a fault of funnelsim, 74
something could not be written, 130 stopped by Ctrl-C, 141 nobody reads the output any more. What was asked for goes to
stdout, errors to stderr.
"""

from __future__ import annotations


def main() -> None:
    """Run the command line, and exit with its code."""
    try:
        from funnelsim.cli.commands import app
        from funnelsim.cli.ending import OUTPUT, ending, prepare_streams, writing

        prepare_streams()
        with ending(), writing(OUTPUT):  # of help; commands look after themselves
            app(prog_name="funnelsim")
    except KeyboardInterrupt:  # while all this was loaded
        raise SystemExit(130) from None
