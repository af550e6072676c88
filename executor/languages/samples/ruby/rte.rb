nil.length
