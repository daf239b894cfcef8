"""`python -m shadowbench.cli`, where the command is not on the path."""

from shadowbench.cli import main

main()
