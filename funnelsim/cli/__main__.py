"""``python -m funnelsim.cli`` does what ``funnelsim`` does."""

from funnelsim.cli import main

main()
