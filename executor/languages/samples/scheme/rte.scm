(error "as it should")
