"""The command line: `judgestream COMMAND`."""

import typer

from judgestream.commands.board import board
from judgestream.commands.submit import submit
from judgestream.commands.token import token

main = typer.Typer(
    name="judgestream",
    help="Submit to judgestream and follow what it judges.",
    no_args_is_help=True,
    add_completion=False,
)
main.command()(submit)
main.command()(board)
main.command()(token)

if __name__ == "__main__":
    main()
