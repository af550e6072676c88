"""The contract that every service shares: ids, values, events, topics, pure rules and two ports."""
