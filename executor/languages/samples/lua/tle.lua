local number = 0
while number < 2 do number = number ~ 1 end
