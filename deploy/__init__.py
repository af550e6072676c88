"""How judgestream runs: the set-up of a machine, the local stack, the demo."""
