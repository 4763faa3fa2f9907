"""`symdiff completion`: what a shell needs to complete commands, options and names."""

from __future__ import annotations

import click

from symdiff.cli.options import command, output
from symdiff.cli.streams import deliver

EXAMPLES = """
symdiff completion bash -o symdiff.bash
symdiff completion zsh
symdiff completion fish
"""


@command("completion", examples=EXAMPLES)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@output("Write the script to FILE.")
def completion(shell: str, output: str) -> int:
    """Print the script that completes symdiff's commands, options and the names of a formula in a shell.

    \b
    bash: symdiff completion bash >> ~/.bashrc
    zsh:  symdiff completion zsh >> ~/.zshrc
    fish: symdiff completion fish > ~/.config/fish/completions/symdiff.fish
    """
    from symdiff.cli.complete import script

    deliver(script(shell), output)
    return 0
