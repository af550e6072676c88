line = "more and more " * 1000
while True:
    print(line)
