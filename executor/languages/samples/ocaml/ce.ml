let number : int = "no number"
