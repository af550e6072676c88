"""Pure rules: folds and decisions without I/O, clock or chance."""
