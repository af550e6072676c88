"""How fast this machine is, held against its pool: measured in the sandbox, published, and, if told so, obeyed."""
