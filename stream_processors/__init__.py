"""Stream processors: what follows from events, as events: jobs from submissions, a contest's feed from its parts."""
