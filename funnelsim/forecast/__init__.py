"""What follows from several runs: comparing scenarios."""
