"""What every HTTP service shares: who asks, how it is refused, how it is."""
