"""One file for each command: what it takes, what it does, and its exit status."""
