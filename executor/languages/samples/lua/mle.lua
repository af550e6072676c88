local kept = {}
while true do kept[#kept + 1] = ('x'):rep(1 << 20) .. #kept end
