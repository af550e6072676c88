"""The command line: `judgestream COMMAND`."""

import typer

from judgestream.commands.board import board
from judgestream.commands.dead_letters import dead_letters
from judgestream.commands.languages import languages
from judgestream.commands.projections import projections
from judgestream.commands.rejudge import rejudge
from judgestream.commands.status import status
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
main.command()(status)
main.add_typer(rejudge, name="rejudge")
main.add_typer(dead_letters, name="dead-letters")
main.add_typer(projections, name="projections")
main.add_typer(languages, name="languages")

if __name__ == "__main__":
    main()
