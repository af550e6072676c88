var number: int = "no number"
