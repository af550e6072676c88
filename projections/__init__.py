"""The read side: a projector that folds events into read models, and the services that show them."""
