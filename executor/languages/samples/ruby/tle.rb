number = 0
number ^= 1 while number < 2
