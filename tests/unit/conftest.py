"""What holds for every unit test."""

from hypothesis import settings

# On a busy machine any example may take long once.
settings.register_profile("judgestream", deadline=None)
settings.load_profile("judgestream")
