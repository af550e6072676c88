"""What a newcomer finds: five problems, a contest that runs, three teams, and programs that get every verdict."""
