raise newException(ValueError, "as it should")
