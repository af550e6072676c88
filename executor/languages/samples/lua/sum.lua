local sum = 0
for word in io.read('l'):gmatch('%S+') do sum = sum + math.tointeger(word) end
print(sum)
